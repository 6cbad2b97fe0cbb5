//! Unsafe code lives in the process layer's platform files, or nowhere.

use crate::tidy::finding::Finding;
use crate::tidy::source::Source;
use crate::tidy::words::words;

const HOME: &str = "swarm-core/src/process/";
const PLATFORMS: &[&str] = &["linux.rs", "macos.rs", "unix.rs", "windows.rs"];

pub(super) fn check(file: &Source) -> Vec<Finding> {
    if file.path.starts_with(HOME) && PLATFORMS.contains(&file.file_name()) {
        return Vec::new();
    }
    let found = words(&file.code).filter(|(_, word)| matches!(*word, "unsafe" | "unsafe_code"));
    let message = format!("only in {HOME}{{{}}}", PLATFORMS.join(","));
    found
        .map(|(at, _)| file.finding(at, "unsafety", message.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn unsafe_code_has_one_home() {
        let text = "#![allow(unsafe_code)] fn f() { unsafe { g() } } // unsafe";
        assert_eq!(check(&Source::new("swarm-git/src/linux.rs", text)).len(), 2);
        assert_eq!(
            check(&Source::new("swarm-core/src/process/spec.rs", text)).len(),
            2
        );
        assert_eq!(
            check(&Source::new("swarm-core/src/process/linux.rs", text)),
            []
        );
    }
}
