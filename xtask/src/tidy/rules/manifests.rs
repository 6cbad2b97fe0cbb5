//! A crate takes what crates share from the workspace: version, edition, MSRV,
//! licence, lints, and the versions of its dependencies.

use crate::tidy::finding::Finding;
use crate::tidy::manifest::{Entry, entries};
use crate::tidy::source::Source;

const RULE: &str = "manifests";

const SHARED: &[(&str, &str)] = &[
    ("package", "version.workspace"),
    ("package", "edition.workspace"),
    ("package", "rust-version.workspace"),
    ("package", "license.workspace"),
    ("lints", "workspace"),
];

pub(super) fn check(file: &Source) -> Vec<Finding> {
    let entries = entries(&file.text);
    let a_crate = entries.iter().any(|entry| entry.section == "package");
    if !file.is_manifest() || !a_crate {
        return Vec::new();
    }
    let missing = SHARED.iter().filter(|(section, key)| {
        let mut entries = entries.iter();
        !entries.any(|e| e.section == *section && e.key == *key && e.value == "true")
    });
    let missing = missing.map(|(section, key)| {
        file.finding(0, RULE, format!("needs `{key} = true` in [{section}]"))
    });
    let undescribed = !entries
        .iter()
        .any(|e| e.section == "package" && e.key == "description");
    let undescribed = undescribed.then(|| file.finding(0, RULE, "needs a `description`"));
    let own = entries.iter().filter(|e| is_own_dependency(e)).map(|e| {
        let message = format!("`{}` belongs into [workspace.dependencies]", e.key);
        file.finding(e.at, RULE, message)
    });
    missing.chain(undescribed).chain(own).collect()
}

/// A dependency that does not take its version from the workspace.
fn is_own_dependency(entry: &Entry<'_>) -> bool {
    let inherits = entry.key.ends_with(".workspace") || entry.value.contains("workspace = true");
    let shared = entry.section == "workspace.dependencies";
    entry.section.ends_with("dependencies") && !shared && !inherits
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    const GOOD: &str = "\
[package]
name = \"a\"
description = \"b\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true

[dependencies]
c.workspace = true
d = { workspace = true, features = [\"e\"] }

[lints]
workspace = true
";

    #[test]
    fn a_crate_that_goes_its_own_way_is_caught() {
        let table = [
            (GOOD.to_owned(), None),
            (
                GOOD.replace("[lints]\nworkspace", "[x]\nworkspace"),
                Some(1),
            ),
            (
                GOOD.replace("version.workspace = true\ne", "version = \"1.0.0\"\ne"),
                Some(1),
            ),
            (GOOD.replace("description", "about"), Some(1)),
            (GOOD.replace("c.workspace = true", "c = \"1\""), Some(10)),
            (
                GOOD.replace("d = { workspace = true,", "d = { version = \"1\","),
                Some(11),
            ),
        ];
        for (text, line) in table {
            let found = check(&Source::new("a/Cargo.toml", text.clone()));
            assert_eq!(found.first().map(|f| f.line), line, "{text}");
        }
    }

    #[test]
    fn the_workspace_itself_is_no_crate() {
        let text = "[workspace.dependencies]\na = \"1\"\n";
        assert_eq!(check(&Source::new("Cargo.toml", text)), []);
    }
}
