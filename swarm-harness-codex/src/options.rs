//! What a user can choose.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::totals::Totals;

/// What Codex lets the commands do that it runs. `codex exec`, by which it is
/// called, cannot ask for more: what the sandbox forbids fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sandbox {
    /// Everything: `--dangerously-bypass-approvals-and-sandbox`. **The
    /// default**, since an agent that works unattended must be able to build,
    /// test and commit. Run it where that is acceptable: in a container or a
    /// virtual machine, or as a user that owns nothing else.
    #[default]
    Off,
    /// Writes in the worktree, the
    /// [`writable_roots`](Codex::writable_roots), `/tmp` and `TMPDIR`; no
    /// network.
    ///
    /// Codex protects `.git`. So that the agent can commit in a linked
    /// worktree, the parts that a commit writes to are made writable: the
    /// worktree's own folder, and `objects`, `refs` and `logs` of the
    /// repository; not its configuration and hooks. With that an agent can also
    /// move other branches. See [`protect_git`](Codex::protect_git).
    WorkspaceWrite,
    /// Reads only.
    ReadOnly,
}

/// The options of Codex, and with them the adapter.
///
/// It runs unattended: see [`Sandbox`] for what that means by default. Two of
/// Codex's own defaults are changed: it sends no analytics, for which it would
/// wait up to 5 s at the end of each turn, and loads no plugins, for which it
/// would ask other hosts than the model's at the start of each turn.
///
/// A turn's model, session and read-only mark come with each
/// [`TurnRequest`](swarm_core::ports::TurnRequest); a read-only turn runs in
/// [`Sandbox::ReadOnly`]. Codex knows no limit on money and tells no costs.
///
/// Codex counts tokens over a whole conversation. To report those of a turn,
/// one object (and its clones) remembers the totals of the conversations that
/// it has seen, about 100 bytes for each. The first turn of a conversation that
/// was begun elsewhere, say in an earlier run, therefore reports no tokens: the
/// stream does not tell what was there before.
/// Those of a turn that failed are reported with the next one.
///
/// Codex shortens a conversation by itself when it gets full, and cannot be told
/// not to: it bounds `model_context_window` and `model_auto_compact_token_limit`
/// by what it knows of the model. How full a conversation is, it does not tell.
///
/// ```
/// use swarm_harness_codex::Codex;
/// // A provider of one's own, which need not stand in `config.toml`.
/// let agent = Codex::new()
///     .config("model_provider", r#""proxy""#)
///     .config(
///         "model_providers.proxy",
///         r#"{name="proxy",base_url="http://127.0.0.1:8080/v1",env_key="PROXY_KEY"}"#,
///     )
///     .retries("proxy", 2);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Codex {
    pub(crate) model: Option<String>,
    pub(crate) effort: Option<String>,
    pub(crate) sandbox: Sandbox,
    pub(crate) writable_roots: Vec<PathBuf>,
    pub(crate) protect_git: bool,
    pub(crate) analytics: bool,
    pub(crate) plugins: bool,
    pub(crate) config: Vec<(String, String)>,
    pub(crate) extra_args: Vec<OsString>,
    pub(crate) totals: Totals,
}

impl Codex {
    /// Codex with its own defaults, unattended.
    pub fn new() -> Self {
        Self::default()
    }

    /// The model of turns that ask for none.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// How hard the model thinks: `minimal`, `low`, `medium`, `high` or what
    /// the model knows besides.
    pub fn effort(mut self, effort: impl Into<String>) -> Self {
        self.effort = Some(effort.into());
        self
    }

    /// What commands may do.
    pub fn sandbox(mut self, sandbox: Sandbox) -> Self {
        self.sandbox = sandbox;
        self
    }

    /// Absolute paths that [`Sandbox::WorkspaceWrite`] lets commands write to,
    /// besides the worktree. Adds to those given before; those in Codex's own
    /// configuration do not count then.
    pub fn writable_roots<T: Into<PathBuf>>(mut self, roots: impl IntoIterator<Item = T>) -> Self {
        self.writable_roots
            .extend(roots.into_iter().map(Into::into));
        self
    }

    /// Whether [`Sandbox::WorkspaceWrite`] keeps all of `.git` from being
    /// written to. By default it does not: with this the agent cannot commit,
    /// and somebody else must.
    pub fn protect_git(mut self, protect: bool) -> Self {
        self.protect_git = protect;
        self
    }

    /// Whether Codex may send analytics. By default it may not.
    pub fn analytics(mut self, allowed: bool) -> Self {
        self.analytics = allowed;
        self
    }

    /// Whether Codex may load plugins. By default it may not.
    pub fn plugins(mut self, allowed: bool) -> Self {
        self.plugins = allowed;
        self
    }

    /// How often a failed request, and a broken stream, is repeated. Codex's own
    /// default is 4 and 5 times.
    ///
    /// `provider` is the key in `model_providers`. The provider that is built
    /// in (`openai`) cannot be changed: Codex then refuses to start.
    pub fn retries(self, provider: &str, retries: u32) -> Self {
        let bound = retries.to_string();
        self.config(
            format!("model_providers.{provider}.request_max_retries"),
            bound.as_str(),
        )
        .config(
            format!("model_providers.{provider}.stream_max_retries"),
            bound.as_str(),
        )
    }

    /// How long the service may be silent in the middle of an answer; whole
    /// milliseconds. For `provider` see [`retries`](Self::retries).
    pub fn stream_timeout(self, provider: &str, timeout: Duration) -> Self {
        self.config(
            format!("model_providers.{provider}.stream_idle_timeout_ms"),
            timeout.as_millis().to_string(),
        )
    }

    /// A value for this run instead of that in Codex's `config.toml`: the key
    /// with dots between its parts, the value in TOML. Later ones win.
    pub fn config(mut self, key: impl Into<String>, toml: impl Into<String>) -> Self {
        self.config.push((key.into(), toml.into()));
        self
    }

    /// Arguments that are passed on as they are, after all other options. Adds
    /// to those given before. What they break is not noticed here.
    pub fn extra_args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.extra_args.extend(args.into_iter().map(Into::into));
        self
    }
}
