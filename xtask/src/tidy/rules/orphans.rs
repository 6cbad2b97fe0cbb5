//! Every Rust file is compiled: a test file that no target names runs never.

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::Package;
use crate::tidy::finding::Finding;
use crate::tidy::source::Source;
use crate::tidy::words::{is_word, words};

pub(super) fn check(files: &[Source], packages: &[Package]) -> Vec<Finding> {
    let sources: BTreeMap<_, _> = files
        .iter()
        .map(|file| (file.path.as_str(), file))
        .collect();
    let targets: BTreeSet<_> = packages.iter().flat_map(|p| &p.targets).cloned().collect();
    let mut seen = BTreeSet::new();
    let mut open: Vec<_> = targets.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let Some(file) = sources.get(path.as_str()) else {
            continue;
        };
        let root = targets.contains(&path);
        if seen.insert(path) {
            open.extend(modules(file, root));
        }
    }
    let forgotten = files.iter().filter(|file| {
        // Data of tests may look like Rust.
        let data = file.path.split('/').any(|folder| folder == "fixtures");
        file.is_rust() && !data && !seen.contains(&file.path)
    });
    let message = "no target compiles this file; declare it or delete it";
    forgotten
        .map(|file| file.finding(0, "orphans", message))
        .collect()
}

/// Where the modules that a file declares may be.
fn modules(file: &Source, root: bool) -> Vec<String> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let stem = name.trim_end_matches(".rs");
    let below = if root || name == "mod.rs" {
        folder.to_owned()
    } else {
        format!("{folder}/{stem}")
    };
    let mut found = Vec::new();
    for (at, word) in words(&file.code) {
        let rest = file.code[at + word.len()..].trim_start();
        let name = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        if word != "mod" || name.is_empty() || !rest[name.len()..].trim_start().starts_with(';') {
            continue;
        }
        found.push(format!("{below}/{name}.rs"));
        found.push(format!("{below}/{name}/mod.rs"));
        found.extend(given_path(&file.text[..at]).map(|path| format!("{folder}/{path}")));
    }
    found
}

/// The `#[path = "…"]` that stands before a module.
fn given_path(before: &str) -> Option<&str> {
    let attributes = &before[before.rfind([';', '}']).map_or(0, |at| at + 1)..];
    let (_, path) = attributes.rsplit_once("#[path = \"")?;
    path.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::{Package, Source, check};

    #[test]
    fn a_file_that_nobody_declares_is_caught() {
        let files = [
            Source::new(
                "a/src/lib.rs",
                "mod b;\npub mod c;\n#[path = \"odd.rs\"]\nmod d;",
            ),
            Source::new("a/src/b.rs", "mod e;"),
            Source::new("a/src/b/e.rs", ""),
            Source::new("a/src/c/mod.rs", "mod f { }"),
            Source::new("a/src/odd.rs", ""),
            Source::new("a/src/c/f.rs", ""),
            Source::new("a/tests/end.rs", "mod part;"),
            Source::new("a/tests/part.rs", ""),
            Source::new("a/tests/lost.rs", ""),
            Source::new("a/tests/fixtures/data.rs", ""),
        ];
        let package = Package {
            targets: vec!["a/src/lib.rs".to_owned(), "a/tests/end.rs".to_owned()],
            ..Package::default()
        };
        let found: Vec<_> = check(&files, &[package])
            .into_iter()
            .map(|f| f.path)
            .collect();
        assert_eq!(found, ["a/src/c/f.rs", "a/tests/lost.rs"]);
    }
}
