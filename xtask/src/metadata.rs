//! What cargo knows of the workspace and of everything it depends on.

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::repo;

/// A package, ours or a dependency.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rust_version: Option<String>,
    /// Its folder from the root of the repository; `None`: not ours.
    pub(crate) folder: Option<String>,
    /// The names of what it depends on, for tests and builds too.
    pub(crate) dependencies: Vec<String>,
    pub(crate) features: Vec<String>,
    /// The files that cargo compiles, from the root of the repository.
    pub(crate) targets: Vec<String>,
}

impl Package {
    /// A member of the workspace.
    pub(crate) fn is_ours(&self) -> bool {
        self.folder.is_some()
    }
}

/// Asks cargo, which downloads what is missing.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let mut command = repo::cargo();
    command.args(["metadata", "--format-version", "1", "--locked"]);
    let text = repo::output(&mut command)?;
    let value = serde_json::from_str(&text).map_err(Failure::because(
        "could not read what `cargo metadata` wrote",
    ))?;
    Ok(parse(&value))
}

/// The fuzz targets, which are a workspace of their own: not ours to build
/// with the others, but files that cargo compiles.
pub(crate) fn fuzz_targets() -> Result<Vec<Package>> {
    let mut command = repo::cargo();
    command.args(["metadata", "--format-version", "1", "--locked", "--no-deps"]);
    let text = repo::output(command.args(["--manifest-path", "fuzz/Cargo.toml"]))?;
    let value = serde_json::from_str(&text).map_err(Failure::because(
        "could not read what `cargo metadata` wrote",
    ))?;
    let mut packages = parse(&value);
    for package in &mut packages {
        package.folder = None;
        for target in &mut package.targets {
            target.insert_str(0, "fuzz/");
        }
    }
    Ok(packages)
}

fn parse(metadata: &Value) -> Vec<Package> {
    let root = text(&metadata["workspace_root"]);
    let members = list(&metadata["workspace_members"]);
    let packages = list(&metadata["packages"]).iter();
    let packages = packages.map(|package| {
        let ours = members.contains(&package["id"]);
        let manifest = inside(&root, &package["manifest_path"]);
        let targets = list(&package["targets"]).iter();
        Package {
            name: text(&package["name"]),
            version: text(&package["version"]),
            rust_version: package["rust_version"].as_str().map(str::to_owned),
            folder: ours.then(|| manifest.trim_end_matches("/Cargo.toml").to_owned()),
            dependencies: list(&package["dependencies"])
                .iter()
                .map(|dependency| text(&dependency["name"]))
                .collect(),
            features: package["features"]
                .as_object()
                .map(|features| features.keys().cloned().collect())
                .unwrap_or_default(),
            targets: targets
                .map(|target| inside(&root, &target["src_path"]))
                .collect(),
        }
    });
    packages.collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn inside(root: &str, path: &Value) -> String {
    let path = text(path);
    let path = path.strip_prefix(root).unwrap_or(&path);
    path.replace('\\', "/").trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn members_are_told_from_dependencies() {
        let packages = parse(&json!({
            "workspace_root": "/r",
            "workspace_members": ["a-id"],
            "packages": [
                {
                    "id": "a-id", "name": "a", "version": "1.0.0", "rust_version": "1.89",
                    "manifest_path": "/r/a/Cargo.toml",
                    "dependencies": [{"name": "b"}], "features": {"f": []},
                    "targets": [{"src_path": "/r/a/src/lib.rs"}],
                },
                {
                    "id": "b-id", "name": "b", "version": "2.0.0", "rust_version": null,
                    "manifest_path": "/elsewhere/b/Cargo.toml",
                    "dependencies": [], "targets": [],
                },
            ],
        }));
        assert_eq!(packages[0].folder.as_deref(), Some("a"));
        assert_eq!(packages[0].dependencies, ["b"]);
        assert_eq!(packages[0].features, ["f"]);
        assert_eq!(packages[0].targets, ["a/src/lib.rs"]);
        assert_eq!(packages[0].rust_version.as_deref(), Some("1.89"));
        assert_eq!(packages[1].folder, None);
    }
}
