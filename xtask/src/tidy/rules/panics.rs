//! Outside tests nothing is unwrapped, and an `expect` proves why it holds.

use crate::tidy::finding::Finding;
use crate::tidy::source::Source;
use crate::tidy::words::words;

pub(super) fn check(file: &Source) -> Vec<Finding> {
    let found = words(&file.code).filter_map(|(at, word)| {
        let after = file.code[at + word.len()..]
            .trim_start()
            .strip_prefix('(')?;
        let called = file.code[..at].trim_end().ends_with(['.', ':']);
        if !called || file.is_test(at) {
            return None;
        }
        let message = match word {
            "unwrap" | "unwrap_err" => "handle it, or `expect` with the proof that it holds",
            "expect" | "expect_err" if !explains(after) => "say in a literal why it holds",
            _ => return None,
        };
        Some(file.finding(at, "panics", message))
    });
    found.collect()
}

/// Whether the arguments begin with a literal that says something.
fn explains(arguments: &str) -> bool {
    let literal = arguments.trim_start().strip_prefix('"');
    literal.is_some_and(|rest| rest.find('"').is_some_and(|end| end > 0))
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn unwraps_are_caught_outside_tests() {
        let table = [
            ("fn f() { a.unwrap() }", 1),
            ("fn f() { a\n    .unwrap () }", 1),
            ("fn f() { a.map(Option::unwrap) }", 0),
            ("fn f() { Option::unwrap(a) }", 1),
            ("fn f() { a.unwrap_or(0) }", 0),
            ("fn f() { a.expect(\"\") }", 1),
            ("fn f() { a.expect(why) }", 1),
            ("fn f() { a.expect(\"one is always there\") }", 0),
            ("#[expect(dead_code)] fn f() {}", 0),
            ("#[cfg(test)] mod tests { fn f() { a.unwrap() } }", 0),
            ("// a.unwrap()", 0),
        ];
        for (text, faults) in table {
            assert_eq!(
                check(&Source::new("a/src/x.rs", text)).len(),
                faults,
                "{text}"
            );
        }
        assert_eq!(
            check(&Source::new("a/tests/x.rs", "fn f() { a.unwrap() }")),
            []
        );
    }
}
