//! The program: its name, its version, where it comes from.

use swarm_core::agent_cli::Program;

/// The name of the program, found on `PATH` unless another path is given.
pub const BINARY: &str = "codex";

/// The agent's name in messages to people.
pub(crate) const NAME: &str = "Codex";

/// The program, and the version that this adapter was tested with.
pub(crate) fn program() -> Program {
    Program {
        name: BINARY.into(),
        product: NAME,
        install: "npm install -g @openai/codex",
        tested: ("0.169.0", "0.169.0"),
        version,
    }
}

/// The version in the output of `codex --version`.
///
/// ```
/// assert_eq!(
///     swarm_harness_codex::version("codex-cli 0.169.0\n"),
///     Some("0.169.0"),
/// );
/// assert_eq!(swarm_harness_codex::version("codex: not found"), None);
/// ```
pub fn version(output: &str) -> Option<&str> {
    output
        .lines()
        .find_map(|line| line.strip_prefix("codex-cli "))
        .map(str::trim)
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}
