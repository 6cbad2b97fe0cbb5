//! No dependency needs a newer Rust than the one we promise.

use crate::metadata::Package;
use crate::tidy::finding::Finding;
use crate::tidy::manifest::entries;
use crate::tidy::source::Source;

const RULE: &str = "msrv";

pub(super) fn check(files: &[Source], packages: &[Package]) -> Vec<Finding> {
    let Some(root) = files.iter().find(|file| file.path == "Cargo.toml") else {
        return Vec::new();
    };
    let entries = entries(&root.text);
    let ours = entries
        .iter()
        .find(|e| e.section == "workspace.package" && e.key == "rust-version");
    let Some(ours) = ours else {
        let message = "[workspace.package] needs a `rust-version`";
        return vec![root.finding(0, RULE, message)];
    };
    let promised = ours.value.trim_matches('"');
    let newer = packages.iter().filter_map(|package| {
        let needed = package.rust_version.as_deref()?;
        (numbers(needed) > numbers(promised)).then(|| {
            let Package { name, version, .. } = package;
            let message = format!("{name} {version} needs Rust {needed}, we promise {promised}");
            root.finding(ours.at, RULE, message)
        })
    });
    newer.collect()
}

fn numbers(version: &str) -> [u32; 3] {
    let mut parts = version
        .split(['.', '-', '+'])
        .map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{Package, Source, check};

    #[test]
    fn a_dependency_that_is_too_new_is_caught() {
        let root = [Source::new(
            "Cargo.toml",
            "[workspace.package]\nrust-version = \"1.89\"\n",
        )];
        let table = [
            (None, 0),
            (Some("1.9"), 0),
            (Some("1.89.0"), 0),
            (Some("1.89.1"), 1),
            (Some("1.90"), 1),
            (Some("2.0"), 1),
        ];
        for (needed, faults) in table {
            let package = Package {
                rust_version: needed.map(str::to_owned),
                ..Package::default()
            };
            assert_eq!(check(&root, &[package]).len(), faults, "{needed:?}");
        }
    }

    #[test]
    fn a_promise_is_demanded() {
        assert_eq!(
            check(&[Source::new("Cargo.toml", "[workspace]")], &[]).len(),
            1
        );
    }
}
