//! Which crate may depend on which: adapters on the core alone, the core on
//! nothing of ours, and what a terminal needs stays in the application.

use crate::metadata::Package;
use crate::tidy::finding::Finding;
use crate::tidy::source::Source;

const TERMINAL: &[&str] = &["clap", "indicatif"];

pub(super) fn check(_: &[Source], packages: &[Package]) -> Vec<Finding> {
    let ours = packages.iter().filter(|package| package.is_ours());
    let names: Vec<_> = ours.clone().map(|package| package.name.as_str()).collect();
    let pairs = ours.flat_map(|package| package.dependencies.iter().map(move |d| (package, d)));
    let wrong = pairs.filter(|(package, dependency)| {
        if names.contains(&dependency.as_str()) {
            !may_use(&package.name, dependency)
        } else {
            TERMINAL.contains(&dependency.as_str()) && package.name != "swarm-examples"
        }
    });
    wrong
        .map(|(package, dependency)| finding(package, dependency))
        .collect()
}

fn may_use(package: &str, ours: &str) -> bool {
    match package {
        "swarm-examples" | "swarm-tests" => true,
        "swarm-core" | "xtask" => false,
        _ => ours == "swarm-core",
    }
}

fn finding(package: &Package, dependency: &str) -> Finding {
    let folder = package.folder.as_deref().unwrap_or_default();
    Finding {
        path: format!("{folder}/Cargo.toml"),
        line: 1,
        rule: "adapters",
        message: format!("{} must not depend on {dependency}", package.name),
    }
}

#[cfg(test)]
mod tests {
    use super::{Package, check};

    #[test]
    fn wrong_directions_are_caught() {
        let table = [
            ("swarm-git", "swarm-core", 0),
            ("swarm-git", "gix", 0),
            ("swarm-git", "swarm-store", 1),
            ("swarm-core", "swarm-git", 1),
            ("swarm-core", "clap", 1),
            ("swarm-examples", "clap", 0),
            ("swarm-examples", "swarm-git", 0),
            ("swarm-tests", "swarm-store", 0),
            ("swarm-tests", "indicatif", 1),
            ("xtask", "swarm-core", 1),
        ];
        for (name, dependency, faults) in table {
            let ours = [
                "swarm-core",
                "swarm-git",
                "swarm-store",
                "swarm-examples",
                "swarm-tests",
                "xtask",
            ];
            let packages = ours.map(|package| Package {
                name: package.to_owned(),
                folder: Some(package.to_owned()),
                dependencies: Vec::from_iter((package == name).then(|| dependency.to_owned())),
                ..Package::default()
            });
            assert_eq!(
                check(&[], &packages).len(),
                faults,
                "{name} on {dependency}"
            );
        }
    }
}
