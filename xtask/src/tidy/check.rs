//! Reads the repository and asks every rule.

use std::fs;

use crate::failure::{Failure, Result};
use crate::metadata::{self, Package};
use crate::repo;

use super::finding::Finding;

use super::rules;
use super::source::Source;

/// Prints every fault; fails if there is one.
pub(crate) fn tidy() -> Result<()> {
    let files = files()?;
    let mut packages = metadata::packages()?;
    packages.extend(metadata::fuzz_targets()?);
    let findings = check(&files, &packages);
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("tidy: {} files, no fault", files.len());
        Ok(())
    } else {
        Err(Failure::new(format!("tidy: {} faults", findings.len())))
    }
}

fn check(files: &[Source], packages: &[Package]) -> Vec<Finding> {
    let each = files
        .iter()
        .flat_map(|file| rules::OF_A_FILE.iter().flat_map(move |rule| rule(file)));
    let whole = rules::OF_THE_WHOLE
        .iter()
        .flat_map(|rule| rule(files, packages));
    let mut findings: Vec<_> = each.chain(whole).collect();
    findings.sort();
    findings
}

/// Tracked files, and those that would be tracked by `git add .`.
fn files() -> Result<Vec<Source>> {
    let mut list = repo::command("git");
    list.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let list = repo::output(&mut list)?;
    let mut files = Vec::new();
    for path in list.split_terminator('\0') {
        let place = repo::root().join(path);
        // A file that was deleted but is still in the index, a link, a folder.
        if !place.symlink_metadata().is_ok_and(|found| found.is_file()) {
            continue;
        }
        let bytes = fs::read(&place).map_err(Failure::because(format!("could not read {path}")))?;
        // Binary data breaks no rule.
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(Source::new(path, text));
        }
    }
    Ok(files)
}
