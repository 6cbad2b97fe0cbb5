//! The dispatcher matches exhaustively: a new phase or input must be thought
//! about everywhere.

use crate::tidy::finding::Finding;
use crate::tidy::source::Source;
use crate::tidy::words::words;

pub(super) fn check(file: &Source) -> Vec<Finding> {
    if !file.path.starts_with("swarm-core/src/dispatch/") {
        return Vec::new();
    }
    let arms = words(&file.code).filter(|&(at, word)| {
        let after = file.code[at + word.len()..].trim_start();
        let arm = after.starts_with("=>") || words(after).next() == Some((0, "if"));
        word == "_" && arm && !file.is_test(at)
    });
    arms.map(|(at, _)| file.finding(at, "wildcard", "name every case; `_ =>` hides new ones"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn wildcard_arms_are_caught_in_dispatch() {
        let table = [
            ("match a { A => 1, _ => 2 }", 1),
            ("match a { A => 1, _ if b => 2 }", 1),
            ("match a { (A, _) => 1, (B, _) if b => 2 }", 0),
            ("let _ = a; if let A(_) = b {}", 0),
            (
                "#[cfg(test)] mod tests { fn f() { match a { _ => 1 } } }",
                0,
            ),
        ];
        for (text, faults) in table {
            let file = Source::new("swarm-core/src/dispatch/x.rs", text);
            assert_eq!(check(&file).len(), faults, "{text}");
        }
        let elsewhere = Source::new("swarm-core/src/engine/x.rs", table[0].0);
        assert_eq!(check(&elsewhere), []);
    }
}
