//! The program, its name and its version.

/// The name of the program, found on `PATH` unless another path is given.
pub const BINARY: &str = "codex";

/// The agent's name in messages to people.
pub(crate) const NAME: &str = "Codex";

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
