//! From the options to a harness.

use swarm_core::agent_cli::CliHarness;

use crate::Codex;

const PREFIXES: &[&str] = &["OPENAI_", "CODEX_"];

/// A harness that runs Codex with these options.
///
/// It calls `codex` from `PATH` and lets `OPENAI_*` and `CODEX_*` through;
/// change what it calls and what else it lets through (the key of a provider of
/// your own) on the result. Further arguments belong into
/// [`Codex::extra_args`]: those given to the result come last, where a resumed
/// turn takes only some.
///
/// ```
/// use swarm_harness_codex::{Codex, codex};
/// let harness = codex(Codex::new())
///     .program("/opt/codex/bin/codex")
///     .env_allow(["PROXY_KEY"]);
/// ```
pub fn codex(options: Codex) -> CliHarness {
    CliHarness::new(options).env_prefixes(PREFIXES)
}

#[cfg(test)]
mod tests {
    use super::codex;
    use crate::Codex;

    #[test]
    fn its_own_variables_come_through_and_those_of_others_do_not() {
        let vars = ["OPENAI_API_KEY", "CODEX_HOME", "ANTHROPIC_API_KEY"];
        let vars = vars.map(|name| (name.into(), "x".into()));
        let harness = codex(Codex::new()).environment(vars.into());
        assert_eq!(harness.dropped_env(), ["ANTHROPIC_API_KEY"]);
    }
}
