//! Several swarms live in one process: a library keeps nothing for the whole
//! process and changes nothing of it.

use crate::tidy::finding::Finding;
use crate::tidy::source::Source;
use crate::tidy::words::words;

const CALLS: &[&str] = &[
    "set_current_dir",
    "set_var",
    "remove_var",
    "set_hook",
    "ctrl_c",
    "sigaction",
    "set_child_subreaper",
];

/// A process of its own, which is nobody's host.
const SUPERVISOR: &str = "swarm-core/src/process/supervisor/work.rs";

pub(super) fn check(file: &Source) -> Vec<Finding> {
    // The application and the chores own their process.
    if !file.path.starts_with("swarm-") {
        return Vec::new();
    }
    let found = words(&file.code).filter_map(|(at, word)| {
        let before = &file.code[..at];
        let message = match word {
            _ if file.is_test(at) => return None,
            "set_child_subreaper" if file.path == SUPERVISOR => return None,
            _ if CALLS.contains(&word) => {
                format!("`{word}` changes the host's process; only an application may")
            }
            "thread_local" => "no state for a whole thread; pass it".to_owned(),
            "static" if !before.ends_with('\'') && is_state(&file.code[at..]) => {
                "no state for the whole process; pass it".to_owned()
            }
            _ => return None,
        };
        Some(file.finding(at, "globals", message))
    });
    found.collect()
}

/// Whether a `static` can change, as its type says.
fn is_state(item: &str) -> bool {
    let end = item.find(['=', ';']).unwrap_or(item.len());
    words(&item[..end]).any(|(_, word)| {
        word.starts_with("Atomic")
            || word.starts_with("Once")
            || word.starts_with("Lazy")
            || word.ends_with("Cell")
            || matches!(word, "mut" | "Mutex" | "RwLock")
    })
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn process_wide_state_is_caught_in_libraries() {
        let table = [
            ("fn f() { std::env::set_current_dir(x) }", 1),
            ("thread_local! { static A: Cell<u8> = x; }", 2),
            ("static COUNT: AtomicU64 = AtomicU64::new(0);", 1),
            ("static A: OnceLock<u8> = OnceLock::new();", 1),
            ("static mut A: u8 = 0;", 1),
            ("static NAMES: &[&str] = &[];", 0),
            ("fn f(a: &'static Mutex<u8>) {}", 0),
            ("#[cfg(test)] mod tests { static A: Mutex<u8> = x; }", 0),
        ];
        for (text, faults) in table {
            let file = Source::new("swarm-core/src/x.rs", text);
            assert_eq!(check(&file).len(), faults, "{text}");
        }
        assert_eq!(check(&Source::new("examples/src/x.rs", table[0].0)), []);
        let subreaper = "fn f() { set_child_subreaper(x) }";
        assert_eq!(check(&Source::new(super::SUPERVISOR, subreaper)), []);
        let elsewhere = Source::new("swarm-core/src/process/linux.rs", subreaper);
        assert_eq!(check(&elsewhere).len(), 1);
    }
}
