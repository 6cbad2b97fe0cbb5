//! Landing commits, in the object database only.

mod disjoint;
mod hooked;

use gix::bstr::{BString, ByteSlice};
use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::{GitErrorKind, Merge, MergeRequest};

use crate::commit::NewCommit;
use crate::error::{Result, error};
use crate::git::{Limit, failed};
use crate::line::Line;
use crate::path::to_paths;
use crate::repo::Repo;
use crate::tree::split_nul;

const OPERATION: &str = "merge a branch";

/// What two commits make together.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Merged {
    /// A tree.
    Tree(String),
    /// Nothing, because of these paths.
    Conflict(Vec<BString>),
}

impl Repo {
    pub(crate) fn merge(&self, what: &MergeRequest) -> Result<Merge> {
        let line = self.line()?;
        if self.is_ancestor(&what.head, &line.tip)? {
            return Ok(Merge::AlreadyIn { tip: line.tip });
        }
        let base = self.base_of_landing(&line)?;
        let onto = line.tip;
        if base != onto && self.is_ancestor(&what.head, &base)? {
            return Ok(Merge::Commit { commit: base, onto });
        }
        let landed = if self.has_merge_hooks() {
            self.merge_with_hooks(&base, what)?
        } else {
            self.merge_without_hooks(&base, what)?
        };
        Ok(match landed {
            Ok(commit) => Merge::Commit { commit, onto },
            Err(paths) => Merge::Conflict {
                onto,
                paths: to_paths(paths),
            },
        })
    }

    /// The line's tip, with the target taken in if that went its own way while
    /// the line was beside it.
    fn base_of_landing(&self, line: &Line) -> Result<Oid> {
        if !line.parked || self.is_ancestor(&line.target, &line.tip)? {
            return Ok(line.tip.clone());
        }
        let target = &self.target;
        match self.merged(&line.tip, &line.target)? {
            Merged::Tree(tree) => self.commit(NewCommit {
                tree: &tree,
                parents: &[&line.tip, &line.target],
                message: &format!("Merge branch '{target}' into the line beside it\n"),
            }),
            Merged::Conflict(paths) => Err(error(
                GitErrorKind::Target,
                "take the target into the line",
                Advice::NeedsPerson,
                format!(
                    "{target} and {line} changed the same: {}; merge {line} into {target}",
                    to_paths(paths)
                        .iter()
                        .map(|path| path.display().to_string())
                        .collect::<Vec<_>>()
                        .join(", "),
                    line = self.line_ref(),
                ),
            )),
        }
    }

    fn merge_without_hooks(
        &self,
        base: &Oid,
        what: &MergeRequest,
    ) -> Result<std::result::Result<Oid, Vec<BString>>> {
        match self.merged(base, &what.head)? {
            Merged::Conflict(paths) => Ok(Err(paths)),
            Merged::Tree(tree) => self
                .commit(NewCommit {
                    tree: &tree,
                    parents: &[base, &what.head],
                    message: &what.message,
                })
                .map(Ok),
        }
    }

    fn merged(&self, ours: &Oid, theirs: &Oid) -> Result<Merged> {
        if let Some(repo) = self.gix()
            && let [base] = self.merge_bases(ours, theirs)?.as_slice()
            && let Some(tree) = disjoint::merge(&repo, base, ours, theirs)?
        {
            return Ok(Merged::Tree(tree));
        }
        self.merge_tree(ours, theirs)
    }

    /// By git's own merge, for everything that is not plain.
    fn merge_tree(&self, ours: &Oid, theirs: &Oid) -> Result<Merged> {
        let mut call = self.git();
        if self.at_least(2, 41) {
            // The attributes that count are those of the line, not of any checkout.
            call = call.arg(format!("--attr-source={ours}"));
        }
        let done = call
            .args([
                "merge-tree",
                "--write-tree",
                "-z",
                "--name-only",
                "--no-messages",
            ])
            .args([ours.as_str(), theirs.as_str()])
            .limit(Limit::READ)
            .run(OPERATION)?;
        let mut parts = split_nul(&done.stdout).into_iter();
        let tree = parts.next().map(|tree| tree.to_str_lossy().into_owned());
        match (done.code, tree) {
            (Some(0), Some(tree)) => Ok(Merged::Tree(tree)),
            (Some(1), Some(_)) => Ok(Merged::Conflict(parts.collect())),
            _ => Err(failed(OPERATION, &done)),
        }
    }
}
