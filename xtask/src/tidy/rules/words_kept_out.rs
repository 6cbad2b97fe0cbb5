//! The project speaks of itself alone: no path of somebody's machine, nothing
//! outside the repository, no registry's host.

use crate::tidy::finding::Finding;
use crate::tidy::source::Source;

/// How `Cargo.lock` names where packages come from, the same for everybody.
const INDEX: &str = concat!(
    "registry+https://github.com/rust-lang/",
    "crates",
    ".io-index"
);

// In two parts, so that this file does not contain them.
const PATHS: &[&str] = &[
    concat!("..", "/shared"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
];
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("debian", ".org"),
];

pub(super) fn check(file: &Source) -> Vec<Finding> {
    let hosts = HOSTS.iter().flat_map(|host| {
        let places = file.text.match_indices(host);
        let foreign = places.filter(|(at, _)| !in_index(&file.text, *at));
        foreign.map(|(at, host)| {
            (
                at,
                format!("`{host}` is a registry's host; name packages only"),
            )
        })
    });
    let paths = PATHS.iter().flat_map(|path| {
        let places = file.text.match_indices(path);
        let absolute = places.filter(|(at, _)| !continues_a_path(&file.text[..*at]));
        absolute.map(|(at, path)| (at, format!("`{path}` is nothing of this repository")))
    });
    hosts
        .chain(paths)
        .map(|(at, message)| file.finding(at, "words-kept-out", message))
        .collect()
}

fn in_index(text: &str, at: usize) -> bool {
    let offset = INDEX.len() - concat!("crates", ".io-index").len();
    at >= offset && text[at - offset..].starts_with(INDEX)
}

/// `src` before it makes it a folder of ours.
fn continues_a_path(before: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric() || "._-*)}]>".contains(c))
}

#[cfg(test)]
mod tests {
    use super::{HOSTS, INDEX, PATHS, Source, check};

    #[test]
    fn every_word_is_caught() {
        for word in HOSTS.iter().chain(PATHS) {
            let file = Source::new("notes.md", format!("one\nsee \"{word}x\""));
            let found = check(&file);
            assert_eq!(found.len(), 1, "{word}");
            assert_eq!(found[0].line, 2);
        }
    }

    #[test]
    fn the_lock_file_and_own_folders_are_fine() {
        let lock = format!("source = \"{INDEX}\"\n");
        assert_eq!(check(&Source::new("Cargo.lock", lock)), []);
        let own = format!("see src{}x.rs", PATHS[1]);
        assert_eq!(check(&Source::new("notes.md", own)), []);
    }
}
