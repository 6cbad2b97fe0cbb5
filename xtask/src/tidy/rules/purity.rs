//! `dispatch/` and `protocol/` of the core are pure: the same inputs give the
//! same outputs, anywhere, at any time.

use crate::tidy::finding::Finding;
use crate::tidy::paths::paths;
use crate::tidy::source::Source;
use crate::tidy::words::words;

const PURE: &[&str] = &["swarm-core/src/dispatch/", "swarm-core/src/protocol/"];

/// Modules of the core that hold plain data and pure functions.
const PURE_MODULES: &[&str] = &[
    "model",
    "ports",
    "protocol",
    "dispatch",
    "error",
    "event",
    "stable_hash",
];

/// Words that have no place in pure code, and why.
const WORDS: &[(&str, &[&str])] = &[
    ("waits", &["tokio", "futures", "async", "await"]),
    ("reads a clock", &["Instant", "elapsed"]),
    (
        "is random",
        &["getrandom", "rand", "fastrand", "RandomState"],
    ),
    (
        "is a lock",
        &[
            "Mutex", "RwLock", "Condvar", "OnceLock", "LazyLock", "atomic", "mpsc",
        ],
    ),
    ("has no order; use a BTree", &["HashMap", "HashSet"]),
    (
        "does I/O",
        &[
            "rustix", "println", "eprintln", "print", "eprint", "dbg", "tracing",
        ],
    ),
    ("is state that nobody passed", &["thread_local", "static"]),
];

/// Paths that have no place in pure code, and why.
const PATHS: &[(&str, &[&str])] = &[
    (
        "does I/O",
        &[
            "std::fs",
            "std::net",
            "std::process",
            "std::env",
            "std::io",
            "std::os",
        ],
    ),
    ("starts threads", &["std::thread"]),
    ("reads a clock", &["SystemTime::now", "Timestamp::wall"]),
];

pub(super) fn check(file: &Source) -> Vec<Finding> {
    if !PURE.iter().any(|folder| file.path.starts_with(folder)) {
        return Vec::new();
    }
    let impure_words = words(&file.code).filter_map(|(at, word)| {
        // `'static` is no state.
        let lifetime = file.code[..at].ends_with('\'');
        let found = WORDS
            .iter()
            .find(|(_, words)| words.contains(&word) && !lifetime);
        found.map(|(why, _)| (at, format!("`{word}` {why}")))
    });
    let impure_paths = paths(&file.code)
        .into_iter()
        .filter_map(|(at, path)| Some((at, impure(&path)?)));
    impure_words
        .chain(impure_paths)
        .filter(|(at, _)| !file.is_test(*at))
        .map(|(at, message)| file.finding(at, "purity", message))
        .collect()
}

fn impure(path: &str) -> Option<String> {
    if let Some(inner) = path.strip_prefix("crate::") {
        let module = inner.split("::").next()?;
        let small = module.starts_with(|c: char| c.is_lowercase());
        let outside = small && !PURE_MODULES.contains(&module);
        return outside.then(|| format!("`crate::{module}` is not pure"));
    }
    let found = PATHS.iter().find(|(_, banned)| {
        let mut banned = banned.iter();
        banned.any(|banned| ends_inside(path, banned))
    });
    found.map(|(why, _)| format!("`{path}` {why}"))
}

/// Whether whole segments of `path` are `banned`.
fn ends_inside(path: &str, banned: &str) -> bool {
    format!("::{path}::").contains(&format!("::{banned}::"))
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn impure_code_is_caught() {
        let table = [
            ("use tokio::sync::Notify;", 1),
            ("async fn f() { g().await }", 2),
            ("fn f() { SystemTime::now(); }", 1),
            ("fn f() { std::time::SystemTime::now(); }", 1),
            ("fn f() { let now = Timestamp::wall(); }", 1),
            ("use std::time::{Duration, SystemTime};", 0),
            ("use std::{collections::{BTreeMap, HashMap}, fs};", 2),
            ("use std::{env as surroundings};", 1),
            ("fn f() { std::fs::read(x); std::thread::sleep(y) }", 2),
            ("use crate::engine::Run;", 1),
            ("use crate::{model::Task, process::Spec};", 1),
            ("use crate::model::Task; use super::x; use crate::Thing;", 0),
            ("fn f(a: &'static str) { operand.random() }", 0),
            ("static A: u8 = 0;", 1),
            ("// tokio, HashMap, std::fs\nfn f() { g(\"async\") }", 0),
            (
                "#[cfg(test)]\nmod tests { use std::fs; use std::collections::HashMap; }",
                0,
            ),
        ];
        for (text, faults) in table {
            for folder in ["dispatch/attempt", "protocol"] {
                let file = Source::new(format!("swarm-core/src/{folder}/x.rs"), text);
                assert_eq!(check(&file).len(), faults, "{text}");
            }
            assert_eq!(check(&Source::new("swarm-core/src/engine/x.rs", text)), []);
        }
    }
}
