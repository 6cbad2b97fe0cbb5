//! What a user can choose.

use std::ffi::OsString;
use std::time::Duration;

/// What Claude Code may do without asking. But for [`Ask`](Self::Ask), nobody is
/// asked: what is not allowed is denied, and the agent goes on without it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permissions {
    /// Everything: `--dangerously-skip-permissions`. **The default**, since an
    /// agent that works unattended must be able to build, test and commit. Run
    /// it where that is acceptable: in a container or a virtual machine, or as
    /// a user that owns nothing else.
    ///
    /// As root Claude Code refuses this unless `IS_SANDBOX=1` is in the
    /// environment. This crate never sets it: whoever knows that the machine
    /// is a sandbox does.
    #[default]
    SkipAll,
    /// Edits of files in the worktree, and what
    /// [`allowed_tools`](ClaudeCode::allowed_tools) and the settings allow.
    AcceptEdits,
    /// Only what [`allowed_tools`](ClaudeCode::allowed_tools) and the settings
    /// allow, and what reads.
    AllowedOnly,
    /// As [`AllowedOnly`](Self::AllowedOnly), and it asks for everything else,
    /// and what it should do where it has a choice. See
    /// [`Handle::answer`](swarm_core::Handle::answer) for who answers, and what
    /// is answered where nobody does.
    Ask,
}

/// The options of Claude Code, and with them the adapter.
///
/// It runs unattended: see [`Permissions`] for what that means by default.
/// Two of Claude Code's own defaults are changed. Commands always start in the
/// worktree, wherever an earlier one has gone; and tools cannot be put into the
/// background, for Claude Code then stays alive after its answer (see
/// [`background_tasks`](Self::background_tasks)).
///
/// A turn's model, session, budget and read-only mark come with each
/// [`TurnRequest`](swarm_core::ports::TurnRequest). A read-only turn can read
/// files and run commands that Claude Code knows to be harmless (`git diff`,
/// `git log`, `cat` …), whatever the [`Permissions`]. What the repository
/// brings along (settings, hooks, `CLAUDE.md`) does not count in it, since the
/// agent under review may have written that; see
/// [`setting_sources`](Self::setting_sources).
///
/// ```
/// use swarm_harness_claude::{ClaudeCode, Permissions};
/// let agent = ClaudeCode::new()
///     .model("sonnet")
///     .permissions(Permissions::AcceptEdits)
///     .allowed_tools(["Bash(cargo *)", "Bash(git *)"])
///     .max_turns(80);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ClaudeCode {
    pub(crate) model: Option<String>,
    pub(crate) fallback_model: Option<String>,
    pub(crate) effort: Option<String>,
    pub(crate) permissions: Permissions,
    pub(crate) allowed_tools: Vec<String>,
    pub(crate) setting_sources: Option<String>,
    pub(crate) max_turns: Option<u32>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) request_timeout: Option<Duration>,
    pub(crate) streaming_only: bool,
    pub(crate) background_tasks: bool,
    pub(crate) keeps_all: bool,
    pub(crate) live: bool,
    pub(crate) extra_args: Vec<OsString>,
}

impl ClaudeCode {
    /// Claude Code with its own defaults, unattended.
    pub fn new() -> Self {
        Self::default()
    }

    /// The model of turns that ask for none: an alias (`opus`) or a full name.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// The model to change to while the first is overloaded; several are
    /// separated by commas.
    pub fn fallback_model(mut self, model: impl Into<String>) -> Self {
        self.fallback_model = Some(model.into());
        self
    }

    /// How hard the model thinks: `low`, `medium`, `high`, `xhigh` or `max`.
    pub fn effort(mut self, effort: impl Into<String>) -> Self {
        self.effort = Some(effort.into());
        self
    }

    /// What the agent may do without asking.
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }

    /// Tools that are allowed without asking, such as `Edit` or `Bash(git *)`.
    /// Adds to those given before.
    pub fn allowed_tools<T: Into<String>>(mut self, tools: impl IntoIterator<Item = T>) -> Self {
        self.allowed_tools.extend(tools.into_iter().map(Into::into));
        self
    }

    /// Which settings count: some of `user`, `project` and `local`, separated
    /// by commas. Without this, all do: **hooks that a repository brings along
    /// in `.claude/settings.json` then run**. `user` keeps them out. Given
    /// here, it counts for read-only turns, too.
    pub fn setting_sources(mut self, sources: impl Into<String>) -> Self {
        self.setting_sources = Some(sources.into());
        self
    }

    /// Most steps of the model in one turn of ours.
    pub fn max_turns(mut self, turns: u32) -> Self {
        self.max_turns = Some(turns);
        self
    }

    /// How often a failed request to the service is repeated. Claude Code's own
    /// default is 10 times, which takes about three minutes.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// How long one request to the service may take; whole milliseconds.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = Some(timeout);
        self
    }

    /// Whether Claude Code gives up an answer whose stream breaks off, once it
    /// has used up its retries. By default it asks once more, without a stream,
    /// which can take minutes.
    pub fn streaming_only(mut self, only: bool) -> Self {
        self.streaming_only = only;
        self
    }

    /// Whether tools can be put into the background. By default they cannot:
    /// with one of them running, Claude Code gives its answer and then waits,
    /// a minute and more.
    pub fn background_tasks(mut self, allowed: bool) -> Self {
        self.background_tasks = allowed;
        self
    }

    /// Whether Claude Code may shorten a conversation by itself when it gets
    /// full. By default it may. If not, such a turn ends as
    /// [`ContextFull`](swarm_core::model::EndReason::ContextFull), and its
    /// reports tell how full it is: the run then hands the work on to new
    /// conversations. That the user's settings may forbid it, too, is not seen.
    pub fn compaction(mut self, allowed: bool) -> Self {
        self.keeps_all = !allowed;
        self
    }

    /// Whether Claude Code stays alive between turns that follow each other at
    /// once in one conversation, as long as nothing else lives that it started.
    /// By default each turn has a process of its own, which takes up the
    /// conversation again: the same result, but half a second and more of
    /// processor time for each. Turns with a budget always have one: Claude
    /// Code counts a budget over its life. So do those that only read, and all
    /// where tools may be put into the background.
    ///
    /// A tool of such a process cannot tell its turn: `SWARM_TURN`, `SWARM_ROLE`
    /// and `SWARM_NONCE` are not in its environment.
    pub fn live(mut self, live: bool) -> Self {
        self.live = live;
        self
    }

    /// Arguments that are passed on as they are, after all others. Adds to
    /// those given before. What they break is not noticed here.
    pub fn extra_args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.extra_args.extend(args.into_iter().map(Into::into));
        self
    }
}
