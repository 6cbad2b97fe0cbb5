//! Names of branches and folders, made from ids that may be any text.

use std::path::{Path, PathBuf};

use swarm_core::model::AttemptId;

/// Every branch of ours begins so.
pub(crate) const BRANCHES: &str = "swarm/";

const LONGEST: usize = 40;
const DIGITS: usize = 10;

/// The branch and the folder of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    /// Short name of the branch.
    pub branch: String,
    /// The worktree.
    pub path: PathBuf,
}

/// The names of an attempt: a pure function. `again` counts the times that the
/// names before it were taken; zero is the usual one.
pub(crate) fn names(worktrees: &Path, attempt: &AttemptId, again: u32) -> Names {
    let run = slug(attempt.run.as_str());
    let mut leaf = format!("{}-{}", slug(attempt.task.as_str()), attempt.number);
    if again > 0 {
        // No slug contains a dot: no other attempt has this name.
        leaf = format!("{leaf}.{}", again + 1);
    }
    Names {
        branch: format!("{BRANCHES}{run}/{leaf}"),
        path: worktrees.join(run).join(leaf),
    }
}

/// An id as lower-case letters, digits and dashes. Distinct ids give distinct
/// slugs, also where case does not count: a hash follows wherever something
/// was lost.
pub(crate) fn slug(id: &str) -> String {
    let mut slug = String::new();
    for c in id.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(LONGEST);
    let slug = slug.trim_end_matches('-');
    if slug == id && !is_reserved(slug) && !looks_hashed(slug) {
        return slug.to_owned();
    }
    let hash = digits(id);
    if slug.is_empty() {
        format!("task-{hash}")
    } else {
        format!("{slug}-{hash}")
    }
}

/// The first digits of a hash: the same on every machine and in every version.
pub(crate) fn digits(text: &str) -> String {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(text.as_bytes());
    let mut hex = match hasher.try_finalize() {
        Ok(id) => id.to_string(),
        // Only said of texts made to break sha1: their name is as good.
        Err(_) => "f".repeat(DIGITS),
    };
    hex.truncate(DIGITS);
    hex
}

/// An id that looks like a slug with a hash is hashed too, lest it be taken
/// for another's.
fn looks_hashed(slug: &str) -> bool {
    slug.rsplit_once('-').is_some_and(|(_, tail)| {
        tail.len() == DIGITS && tail.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// Names that Windows keeps for devices.
fn is_reserved(slug: &str) -> bool {
    matches!(slug, "con" | "prn" | "aux" | "nul")
        || (slug.len() == 4
            && (slug.starts_with("com") || slug.starts_with("lpt"))
            && slug.ends_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
