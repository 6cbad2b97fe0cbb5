//! The program: its name, its version, where it comes from.

use swarm_core::agent_cli::Program;

/// The name of the program, found on `PATH` unless another path is given.
pub const BINARY: &str = "claude";

/// The agent's name in messages to people.
pub(crate) const NAME: &str = "Claude Code";

/// The program, and the versions that this adapter was tested with.
pub(crate) fn program() -> Program {
    Program {
        name: BINARY.into(),
        product: NAME,
        install: "npm install -g @anthropic-ai/claude-code",
        tested: ("2.1.197", "2.1.329"),
        version,
    }
}

/// The version in the output of `claude --version`.
///
/// ```
/// assert_eq!(
///     swarm_harness_claude::version("2.1.329 (Claude Code)\n"),
///     Some("2.1.329"),
/// );
/// assert_eq!(swarm_harness_claude::version("claude: not found"), None);
/// ```
pub fn version(output: &str) -> Option<&str> {
    output
        .lines()
        .filter(|line| line.contains("Claude Code"))
        .find_map(|line| line.split_whitespace().next())
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}
