//! Brings the target forward, also under a checkout that somebody works in.

use std::thread;
use std::time::Duration;

use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::GitErrorKind;

use crate::error::{Result, error, is_lock};
use crate::git::{Done, Limit, said};
use crate::refs::Move;
use crate::registry::{Entry, EntryLock, Head};
use crate::repo::Repo;

const OPERATION: &str = "bring the target forward";

/// Waits between tries while somebody else's git holds the index.
const WAITS: &[u64] = &[50, 100, 200, 400];

/// What came of bringing the target forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Brought {
    /// It is where it should be.
    Moved,
    /// It was elsewhere, nothing changed.
    Elsewhere,
    /// A checkout stands in the way: how. Nothing changed.
    Refused(String),
}

impl Repo {
    /// Moves the target, which must be at `from`. Under a checkout a reference
    /// alone must never move: the next commit there would undo the landing.
    /// git's own fast-forward keeps every change and refuses where it cannot.
    pub(crate) fn bring_target(&self, from: &Oid, to: &Oid) -> Result<Brought> {
        let target = self.target_ref();
        let mut holders = Vec::new();
        for checkout in self.checkouts()? {
            if let Some(work) = under_way(&checkout, &target) {
                return Ok(Brought::Refused(format!(
                    "a {work} of the target is under way in {}",
                    checkout.path.display()
                )));
            }
            let gone = !checkout.path.exists() && checkout.lock != EntryLock::Locked;
            if checkout.head == Head::Branch(target.clone()) && !gone {
                holders.push(checkout);
            }
        }
        match holders.as_slice() {
            [] => {
                let moved = self.move_ref(Move {
                    name: &target,
                    from: Some(from),
                    to: Some(to),
                    why: "swarm: landing",
                })?;
                Ok(if moved {
                    Brought::Moved
                } else {
                    Brought::Elsewhere
                })
            }
            [holder] => self.fast_forward(holder, from, to),
            several => Ok(Brought::Refused(format!(
                "the target is checked out in {} places",
                several.len()
            ))),
        }
    }

    fn fast_forward(&self, holder: &Entry, from: &Oid, to: &Oid) -> Result<Brought> {
        let mut waits = WAITS.iter();
        loop {
            let now = self.resolve(&self.target_ref())?;
            if now.as_ref() != Some(from) {
                return Ok(Brought::Elsewhere);
            }
            if !holder.path.is_dir() {
                return Ok(Brought::Refused(format!(
                    "the target is checked out in {}, which is not there now",
                    holder.path.display()
                )));
            }
            let done = self
                .git
                .at(&holder.path)
                .args(["merge", "--ff-only", "--no-autostash", "--no-squash"])
                .args(["--quiet", "--no-stat", "--no-progress", to.as_str()])
                .limit(Limit::WRITE)
                .run(OPERATION)?;
            let now = self.resolve(&self.target_ref())?;
            if now.as_ref() == Some(to) {
                return Ok(Brought::Moved);
            }
            if done.code == Some(0) {
                return Err(switched(holder));
            }
            match waits.next() {
                Some(wait) if is_lock(&done.stderr) => thread::sleep(Duration::from_millis(*wait)),
                _ => return Ok(Brought::Refused(because(holder, &done))),
            }
        }
    }
}

/// A rebase or bisect that will come back to the branch.
fn under_way(checkout: &Entry, branch: &str) -> Option<&'static str> {
    let begun = |file: &str, prefix: &str| {
        std::fs::read_to_string(checkout.git_dir.join(file))
            .is_ok_and(|name| format!("{prefix}{}", name.trim_end()) == branch)
    };
    if begun("rebase-merge/head-name", "") || begun("rebase-apply/head-name", "") {
        Some("rebase")
    } else if begun("BISECT_START", "refs/heads/") {
        Some("bisect")
    } else {
        None
    }
}

/// Why git would not touch the checkout, in one line.
fn because(holder: &Entry, done: &Done) -> String {
    let text = said(done);
    let mut reason = String::new();
    let mut files = Vec::new();
    for line in text.lines() {
        if let Some(file) = line.strip_prefix('\t') {
            files.push(file);
        } else if reason.is_empty() && !line.starts_with("hint:") {
            let line = line
                .trim_start_matches("error: ")
                .trim_start_matches("fatal: ");
            line.trim().clone_into(&mut reason);
        }
    }
    if !files.is_empty() {
        let more = files.len().saturating_sub(5);
        files.truncate(5);
        reason = format!("{} {}", reason, files.join(", "));
        if more > 0 {
            reason = format!("{reason} and {more} more");
        }
    }
    format!("in {}: {reason}", holder.path.display())
}

fn switched(holder: &Entry) -> swarm_core::ports::GitError {
    error(
        GitErrorKind::Command,
        OPERATION,
        Advice::NeedsPerson,
        format!(
            "{} changed its branch at the very moment; look at it with `git reflog`",
            holder.path.display()
        ),
    )
}
