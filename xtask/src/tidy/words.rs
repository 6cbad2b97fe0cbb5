//! Looking for words in masked code.

use std::ops::Range;

/// Where each identifier, keyword or number of some code stands.
pub(super) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + code[at..].find(is_word)?;
        let rest = &code[start..];
        let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        at = start + word.len();
        Some((start, word))
    })
}

/// Whether a character can be part of an identifier.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the bracket that opens at `open` ends, behind its closing one.
pub(super) fn bracketed(code: &str, open: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(open..at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{bracketed, words};

    #[test]
    fn words_are_whole() {
        let found: Vec<_> = words("a.b_1(tokio::x)").collect();
        assert_eq!(found, [(0, "a"), (2, "b_1"), (6, "tokio"), (13, "x")]);
    }

    #[test]
    fn brackets_nest() {
        assert_eq!(bracketed("f(a[b]{c})d", 1), Some(1..10));
        assert_eq!(bracketed("f(a", 1), None);
    }
}
