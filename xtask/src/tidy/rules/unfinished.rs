//! Nothing unfinished is committed, and no test is switched off.

use crate::tidy::finding::Finding;
use crate::tidy::source::Source;
use crate::tidy::words::words;

const RULE: &str = "unfinished";

pub(super) fn check(file: &Source) -> Vec<Finding> {
    let found = words(&file.code).filter_map(|(at, word)| {
        let (before, after) = (&file.code[..at], &file.code[at + word.len()..]);
        let message = match word {
            "todo" | "unimplemented" if after.starts_with('!') => "finish it or leave it out",
            "ignore" if before.trim_end().ends_with("#[") => {
                "an ignored test shows nothing: run it or delete it"
            }
            _ => return None,
        };
        Some(file.finding(at, RULE, message))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn unfinished_work_is_caught_in_tests_too() {
        let table = [
            ("fn f() { todo!() }", 1),
            ("fn f() { unimplemented!(\"later\") }", 1),
            ("#[test]\n#[ignore = \"slow\"]\nfn f() {}", 1),
            ("#[ignore]", 1),
            ("fn f(todo: u8) -> bool { todo != 1 } // todo!()", 0),
        ];
        for (text, faults) in table {
            assert_eq!(
                check(&Source::new("a/tests/x.rs", text)).len(),
                faults,
                "{text}"
            );
        }
    }
}
