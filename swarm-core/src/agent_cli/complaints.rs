//! What a program said on standard error, kept short.

use std::collections::VecDeque;

/// Most characters of an error that is shown to people.
pub const MAX_ERROR: usize = 400;

/// How many lines are kept.
const KEPT: usize = 8;

/// `text` in one line of at most `max` characters.
///
/// ```
/// use swarm_core::agent_cli::one_line;
/// assert_eq!(one_line("  no\n  key ", 400), "no key");
/// assert_eq!(one_line("abcdef", 4), "abc…");
/// ```
pub fn one_line(text: &str, max: usize) -> String {
    // One word more than fits is enough to know that something is cut.
    let mut line = String::new();
    for word in text.split_whitespace().take(max + 1) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * max {
            break;
        }
    }
    if line.chars().count() > max {
        line = line.chars().take(max.saturating_sub(1)).collect();
        line.push('…');
    }
    line
}

/// The lines of standard error that tell people most: the first that names
/// itself an error, else the last ones. In bounded memory, however much is said.
///
/// ```
/// use swarm_core::agent_cli::Complaints;
/// let mut complaints = Complaints::default();
/// for line in ["warning: old settings", "error: no such model", "  at main"] {
///     complaints.hear(line);
/// }
/// assert_eq!(complaints.summary(), "error: no such model");
/// assert!(complaints.mentions("old settings"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Complaints {
    error: Option<String>,
    last: VecDeque<String>,
}

impl Complaints {
    /// Takes in a line; leave out what is said in the best of turns.
    pub fn hear(&mut self, line: &str) {
        let line = one_line(line, MAX_ERROR);
        if line.is_empty() {
            return;
        }
        if self.error.is_none()
            && line
                .get(..5)
                .is_some_and(|s| s.eq_ignore_ascii_case("error"))
        {
            self.error = Some(line.clone());
        }
        self.last.push_back(line);
        if self.last.len() > KEPT {
            self.last.pop_front();
        }
    }

    /// The first line that begins with `error`.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// One line for people; empty if nothing was said.
    pub fn summary(&self) -> String {
        if let Some(error) = &self.error {
            return error.clone();
        }
        let lines: Vec<_> = self.last.iter().map(String::as_str).collect();
        one_line(&lines.join(" "), MAX_ERROR)
    }

    /// Whether one of the lines that are kept contains this.
    pub fn mentions(&self, what: &str) -> bool {
        self.error
            .iter()
            .chain(&self.last)
            .any(|line| line.contains(what))
    }
}

#[cfg(test)]
mod tests {
    use super::{Complaints, MAX_ERROR, one_line};

    #[test]
    fn the_first_error_counts_more_than_the_last_line() {
        let mut complaints = Complaints::default();
        for line in ["WARNING: x", "", "error: unknown option '--y'", "error: z"] {
            complaints.hear(line);
        }
        for _ in 0..1000 {
            complaints.hear("   at somewhere");
        }
        assert_eq!(complaints.summary(), "error: unknown option '--y'");
        assert!(complaints.mentions("unknown option"));
        assert!(!complaints.mentions("WARNING"));
    }

    #[test]
    fn without_an_error_the_last_lines_count_and_stay_short() {
        let mut complaints = Complaints::default();
        assert_eq!(complaints.summary(), "");
        complaints.hear("a");
        complaints.hear(&"b ".repeat(10_000));
        assert!(complaints.summary().starts_with("a b"));
        assert_eq!(complaints.summary().chars().count(), MAX_ERROR);
    }

    #[test]
    fn one_line_counts_characters() {
        assert_eq!(one_line("日本語", 3), "日本語");
        assert_eq!(one_line("日本語", 2), "日…");
        assert_eq!(one_line(&"x".repeat(10_000), 5), "xxxx…");
        assert_eq!(one_line("", 5), "");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_said_a_summary_is_one_short_line_of_it(
            lines in proptest::collection::vec("(?s)(error: )?.{0,30}|[a-z ]{300,900}", 0..30),
        ) {
            let mut complaints = Complaints::default();
            for line in &lines {
                complaints.hear(line);
            }
            let summary = complaints.summary();
            proptest::prop_assert!(summary.chars().count() <= MAX_ERROR);
            proptest::prop_assert!(!summary.contains(['\n', '\r', '\t']));
            proptest::prop_assert_eq!(summary.trim(), summary.as_str());
            let said = lines.iter().any(|line| !line.trim().is_empty());
            proptest::prop_assert_eq!(summary.is_empty(), !said);
            let error = lines.iter().find(|line| line.trim_start().starts_with("error"));
            if let Some(error) = error {
                proptest::prop_assert_eq!(summary, one_line(error, MAX_ERROR));
            }
        }

        #[test]
        fn one_line_keeps_words_and_length(text in "(?s).{0,60}", max in 1_usize..80) {
            let line = one_line(&text, max);
            proptest::prop_assert!(line.chars().count() <= max);
            let whole = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if whole.chars().count() <= max {
                proptest::prop_assert_eq!(line, whole);
            } else {
                proptest::prop_assert!(line.ends_with('…'));
            }
        }
    }
}
