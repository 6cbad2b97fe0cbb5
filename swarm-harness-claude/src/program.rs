//! The program, its name and its version.

/// The name of the program, found on `PATH` unless another path is given.
pub const BINARY: &str = "claude";

/// The agent's name in messages to people.
pub(crate) const NAME: &str = "Claude Code";

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
