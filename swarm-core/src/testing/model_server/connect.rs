//! How the real command lines are told to talk with the server, and with
//! nobody else.

use crate::process::env::Vars;

use super::server::ModelServer;

/// The provider's name in Codex's configuration.
const PROVIDER: &str = "loopback";
/// The variable that Codex takes the provider's key from.
const KEY: &str = "OPENAI_API_KEY";

impl ModelServer {
    /// The environment of Claude Code, beside `PATH` and `HOME`: a key, where
    /// the model is, and that there is nothing else. What it would send
    /// elsewhere comes here, as to a proxy, and is refused.
    ///
    /// As root Claude Code also wants `IS_SANDBOX=1`: only you know whether the
    /// machine is one.
    pub fn claude_env(&self) -> Vars {
        let key = ("ANTHROPIC_API_KEY", "dummy".to_owned());
        self.environment(self.claude().into_iter().chain([key]))
    }

    /// The same with a login instead of the key. Only with one Claude Code
    /// tells of [usage limits](super::Fault::UsageLimit).
    pub fn claude_login_env(&self) -> Vars {
        let login = ("CLAUDE_CODE_OAUTH_TOKEN", "dummy".to_owned());
        self.environment(self.claude().into_iter().chain([login]))
    }

    /// The environment of Codex, beside `PATH` and `HOME`: a key, and that
    /// there is nothing but the model. Where that is, Codex takes from its
    /// configuration only: see [`codex_settings`](Self::codex_settings).
    pub fn codex_env(&self) -> Vars {
        self.environment([(KEY, "dummy".to_owned())])
    }

    /// What Codex must be told on its command line: keys and values in TOML,
    /// for `-c KEY=VALUE` each, or for the adapter's `Codex::config`.
    pub fn codex_settings(&self) -> Vec<(String, String)> {
        let table = format!("model_providers.{PROVIDER}");
        let provider = self.provider();
        let provider = provider.map(|(key, value)| (format!("{table}.{key}"), value));
        let chosen = ("model_provider".to_owned(), quoted(PROVIDER));
        [chosen].into_iter().chain(provider).collect()
    }

    /// The same as the text of `HOME/.codex/config.toml`. Its last table is the
    /// provider's: lines that are added belong to it (`stream_max_retries = 1`).
    pub fn codex_config(&self) -> String {
        let lines = self.provider();
        let lines = lines.map(|(key, value)| format!("{key} = {value}\n"));
        let chosen = quoted(PROVIDER);
        format!(
            "model_provider = {chosen}\n\n[model_providers.{PROVIDER}]\n{}",
            lines.concat()
        )
    }

    fn provider(&self) -> [(&'static str, String); 4] {
        [
            ("name", quoted(PROVIDER)),
            ("base_url", format!("\"{}/v1\"", self.url())),
            ("env_key", quoted(KEY)),
            ("wire_api", quoted("responses")),
        ]
    }

    fn claude(&self) -> [(&'static str, String); 2] {
        [
            ("ANTHROPIC_BASE_URL", self.url()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
        ]
    }

    fn environment(&self, own: impl IntoIterator<Item = (&'static str, String)>) -> Vars {
        let proxy = [
            ("HTTP_PROXY", self.url()),
            ("HTTPS_PROXY", self.url()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
        ];
        own.into_iter()
            .chain(proxy)
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }
}

/// As a TOML string; nothing in it needs an escape.
fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}
