//! Installs the pinned command lines into `target/cli`, nothing anywhere else;
//! the programs are found in its folder `bin`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::repo;

use super::cli::{CLIS, Cli};
use super::tools;

/// Installs what is missing, checks what is there, says where it is.
pub(crate) fn setup() -> Result<()> {
    tools::check()?;
    let home = repo::root().join("target").join("cli");
    let missing: BTreeSet<PathBuf> = CLIS
        .iter()
        .filter(|cli| !installed(cli, &home))
        .map(|cli| cli.prefix(&home))
        .collect();
    if missing.is_empty() {
        println!("setup: the agents' command lines are there");
    }
    for prefix in missing {
        let all = CLIS.iter().filter(|cli| cli.prefix(&home) == prefix);
        install(&prefix, all)?;
    }
    for cli in CLIS {
        let binary = cli.binary(&home)?;
        answers(cli, &binary, &home)?;
        link(cli, &binary, &home.join("bin"))?;
        println!("setup: {} is {}", cli.spec(), binary.display());
    }
    Ok(())
}

/// Whether npm says that exactly this version is there.
fn installed(cli: &Cli, home: &Path) -> bool {
    let package = cli.modules(home).join(cli.package).join("package.json");
    let read = fs::read_to_string(package).ok();
    let json = read.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let pinned = json.is_some_and(|json| json["version"] == cli.version);
    pinned && cli.binary(home).is_ok_and(|binary| binary.is_file())
}

/// Without install scripts: nothing of theirs runs before a test runs it.
fn install(prefix: &Path, clis: impl Iterator<Item = &'static Cli>) -> Result<()> {
    let attempted = format!("could not write to {}", prefix.display());
    fs::create_dir_all(prefix).map_err(Failure::because(&attempted))?;
    // A project of its own, so that npm looks at no folder above it.
    let package = prefix.join("package.json");
    fs::write(package, "{\"private\":true}\n").map_err(Failure::because(&attempted))?;
    let mut npm = repo::command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(["install", "--prefix"]).arg(prefix);
    npm.args(["--ignore-scripts", "--no-audit", "--no-fund"]);
    npm.args(clis.map(Cli::spec));
    println!("setup: {}", repo::show(&npm));
    repo::run(&mut npm)
}

/// Makes the program known by its name in a folder that can be put on `PATH`.
#[cfg(unix)]
fn link(cli: &Cli, binary: &Path, bin: &Path) -> Result<()> {
    let link = bin.join(cli.name);
    if fs::read_link(&link).is_ok_and(|target| target == binary) {
        return Ok(());
    }
    let attempted = format!("could not make {}", link.display());
    fs::create_dir_all(bin).map_err(Failure::because(&attempted))?;
    if link.symlink_metadata().is_ok() {
        fs::remove_file(&link).map_err(Failure::because(&attempted))?;
    }
    std::os::unix::fs::symlink(binary, &link).map_err(Failure::because(&attempted))
}

/// Agents are started on Unix only so far.
#[cfg(not(unix))]
fn link(_: &Cli, _: &Path, _: &Path) -> Result<()> {
    Ok(())
}

fn answers(cli: &Cli, binary: &Path, home: &Path) -> Result<()> {
    let mut command = repo::command(&binary.to_string_lossy());
    // It must not write into the home of whoever runs the tests.
    command.arg("--version").env("HOME", home);
    let answer = repo::output(&mut command)?;
    if answer.contains(cli.version) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} says it is `{}`, expected {}; delete {} and try again",
        binary.display(),
        answer.trim(),
        cli.version,
        home.display(),
    )))
}
