//! Texts as they fit into a line.

use std::time::Duration;

use swarm_core::model::Oid;

/// A text without what would move the cursor or colour the screen: agents and
/// gates print what they like.
pub(super) fn clean(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(shown).collect()
}

/// Several lines, each of them cleaned.
pub(super) fn clean_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(clean).collect();
    lines.join("\n")
}

/// The first line that says something, cut to so many characters.
pub(super) fn brief(text: &str, most: usize) -> String {
    let mut lines = text.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty()).unwrap_or_default();
    cut(clean(line).trim(), most)
}

/// A text cut to so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// The beginning of an object id.
pub(super) fn short(oid: &Oid) -> String {
    oid.as_str().chars().take(10).collect()
}

/// A duration as people say it.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..10) => format!("{:.1}s", span.as_secs_f64()),
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

/// A number of tokens, rounded.
pub(super) fn tokens(count: u64) -> String {
    match count {
        0..1000 => format!("{count} tokens"),
        1000..1_000_000 => format!("{}.{}k tokens", count / 1000, count / 100 % 10),
        _ => format!("{}.{}M tokens", count / 1_000_000, count / 100_000 % 10),
    }
}

/// "1 task", "2 tasks".
pub(super) fn count(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{brief, clean, span, tokens};

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(clean("a\x1b[2Jb\tc"), "a [2Jb c");
        assert_eq!(brief("\n\n  first \x07\nsecond", 20), "first");
        assert_eq!(brief("日本語テキスト", 4), "日本語…");
    }

    #[test]
    fn figures_are_readable() {
        let spans = [
            (900, "0.9s"),
            (12_345, "12s"),
            (192_000, "3m12s"),
            (3_720_000, "1h02m"),
        ];
        for (millis, text) in spans {
            assert_eq!(span(Duration::from_millis(millis)), text);
        }
        assert_eq!(tokens(999), "999 tokens");
        assert_eq!(tokens(12_345), "12.3k tokens");
        assert_eq!(tokens(3_450_000), "3.4M tokens");
    }
}
