//! From the options to a harness.

use swarm_core::agent_cli::CliHarness;

use crate::ClaudeCode;

const PREFIXES: &[&str] = &["ANTHROPIC_", "CLAUDE_"];

/// What Claude Code documents under other names.
const NAMES: &[&str] = &[
    "API_TIMEOUT_MS",
    "BASH_DEFAULT_TIMEOUT_MS",
    "BASH_MAX_OUTPUT_LENGTH",
    "BASH_MAX_TIMEOUT_MS",
    "DISABLE_AUTOUPDATER",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_TELEMETRY",
    "IS_SANDBOX",
    "MAX_THINKING_TOKENS",
    "MCP_TIMEOUT",
    "MCP_TOOL_TIMEOUT",
];

/// A harness that runs Claude Code with these options.
///
/// It calls `claude` from `PATH` and lets `ANTHROPIC_*`, `CLAUDE_*`,
/// `IS_SANDBOX` and Claude Code's other variables through; change what it
/// calls and what else it lets through on the result. Credentials of other
/// services (`AWS_*` …) are not among them.
///
/// ```
/// use swarm_harness_claude::{ClaudeCode, claude};
/// let harness = claude(ClaudeCode::new())
///     .program("/opt/claude/bin/claude")
///     .env_allow(["AWS_PROFILE"]);
/// ```
pub fn claude(options: ClaudeCode) -> CliHarness {
    CliHarness::new(options)
        .env_prefixes(PREFIXES)
        .env_allow(NAMES.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::claude;
    use crate::ClaudeCode;

    #[test]
    fn its_own_variables_come_through_and_those_of_others_do_not() {
        let vars = [
            "ANTHROPIC_API_KEY",
            "CLAUDE_CONFIG_DIR",
            "IS_SANDBOX",
            "OPENAI_API_KEY",
            "CLAUDECODE",
        ];
        let vars = vars.map(|name| (name.into(), "x".into()));
        let harness = claude(ClaudeCode::new()).environment(vars.into());
        assert_eq!(harness.dropped_env(), ["CLAUDECODE", "OPENAI_API_KEY"]);
    }
}
