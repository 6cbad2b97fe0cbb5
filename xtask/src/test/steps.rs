//! The steps, the cheap ones first.

use crate::failure::Result;
use crate::repo::{self, cargo};
use crate::{metadata, setup, tidy};

use super::bare::bare;

/// One thing that must hold.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) run: fn() -> Result<Outcome>,
}

/// How a step ended that found no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    /// Said at the end, and why.
    NotRun(String),
}

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "format",
        about: "cargo fmt --check",
        run: || ran(&["fmt", "--all", "--check"]),
    },
    Step {
        name: "tidy",
        about: "the house rules",
        run: || tidy::tidy().map(|()| Outcome::Passed),
    },
    Step {
        name: "setup",
        about: "the agents' command lines, from npm",
        run: || setup::setup().map(|()| Outcome::Passed),
    },
    Step {
        name: "clippy",
        about: "every target, every feature, no warning",
        run: || {
            ran(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-Dwarnings",
            ])
        },
    },
    Step {
        name: "features",
        about: "each crate by itself, each feature by itself",
        run: features,
    },
    Step {
        name: "doc",
        about: "the documentation, no warning",
        run: doc,
    },
    Step {
        name: "tests",
        about: "every test of the workspace",
        run: tests,
    },
    Step {
        name: "doctests",
        about: "every example in the documentation",
        run: || ran(&["test", "--doc", "--workspace", "--all-features"]),
    },
    Step {
        name: "fuzz",
        about: "the fuzz targets on their seeds; fuzzing itself needs cargo-fuzz",
        run: || {
            ran(&[
                "test",
                "--quiet",
                "--locked",
                "--manifest-path",
                "fuzz/Cargo.toml",
                "--target-dir",
                "target/fuzz",
            ])
        },
    },
    Step {
        name: "bare",
        about: "the core's tests with no git and no agent on PATH",
        run: bare,
    },
    Step {
        name: "licences",
        about: "licences, bans and sources by cargo-deny",
        run: licences,
    },
];

fn ran(arguments: &[&str]) -> Result<Outcome> {
    repo::run(cargo().args(arguments)).map(|()| Outcome::Passed)
}

/// A feature that changes or breaks another hides when all are built at once.
fn features() -> Result<Outcome> {
    for package in metadata::packages()?
        .iter()
        .filter(|package| package.is_ours())
    {
        let mut alone = vec![Vec::new()];
        alone.extend(package.features.iter().map(|name| vec!["--features", name]));
        for feature in alone {
            println!("{} {}", package.name, feature.join(" "));
            let mut command = cargo();
            command.args(["clippy", "--quiet", "--no-default-features", "--package"]);
            command.arg(&package.name).args(feature);
            repo::run(command.args(["--", "-Dwarnings"]))?;
        }
    }
    Ok(Outcome::Passed)
}

fn doc() -> Result<Outcome> {
    let mut command = cargo();
    command.args(["doc", "--workspace", "--no-deps", "--all-features"]);
    repo::run(command.env("RUSTDOCFLAGS", "-Dwarnings")).map(|()| Outcome::Passed)
}

fn tests() -> Result<Outcome> {
    if has("nextest") {
        ran(&[
            "nextest",
            "run",
            "--workspace",
            "--all-features",
            "--no-fail-fast",
        ])
    } else {
        println!("cargo-nextest is not installed: cargo test does it");
        // Documentation has a step of its own.
        ran(&[
            "test",
            "--workspace",
            "--all-features",
            "--all-targets",
            "--no-fail-fast",
        ])
    }
}

fn licences() -> Result<Outcome> {
    if has("deny") {
        // Advisories change without us, and want a network.
        let check = ["deny", "--workspace", "check", "--hide-inclusion-graph"];
        let checks = ["licenses", "bans", "sources"];
        return ran(&[&check[..], &checks].concat());
    }
    let why = "cargo-deny is not installed; before a release, `cargo install cargo-deny`";
    Ok(Outcome::NotRun(why.to_owned()))
}

/// Whether cargo has this subcommand.
fn has(subcommand: &str) -> bool {
    let list = repo::output(cargo().arg("--list")).unwrap_or_default();
    list.lines()
        .any(|line| line.split_whitespace().next() == Some(subcommand))
}
