//! Questions about the graph of commits.

use swarm_core::model::Oid;

use crate::error::{Result, gix as gix_error};
use crate::git::{Limit, failed};
use crate::repo::{Repo, object_id, oid};

const OPERATION: &str = "read the history";

impl Repo {
    /// Whether there is such a commit here.
    pub(crate) fn is_commit(&self, id: &Oid) -> Result<bool> {
        if let Some(repo) = self.gix() {
            let Ok(id) = object_id(id) else {
                return Ok(false);
            };
            let header = repo
                .try_find_header(id)
                .map_err(|e| gix_error(OPERATION, e))?;
            return Ok(header.is_some_and(|header| header.kind().is_commit()));
        }
        let done = self
            .git()
            .args(["cat-file", "-e", "--end-of-options"])
            .arg(format!("{id}^{{commit}}"))
            .run(OPERATION)?;
        Ok(done.code == Some(0))
    }

    /// Whether `old` is `new` or comes before it. Both must exist.
    pub(crate) fn is_ancestor(&self, old: &Oid, new: &Oid) -> Result<bool> {
        if old == new {
            return Ok(true);
        }
        if self.gix.is_some() {
            return Ok(self.merge_bases(old, new)?.contains(old));
        }
        let done = self
            .git()
            .args(["merge-base", "--is-ancestor", old.as_str(), new.as_str()])
            .limit(Limit::READ)
            .run(OPERATION)?;
        match done.code {
            Some(code @ 0..=1) => Ok(code == 0),
            _ => Err(failed(OPERATION, &done)),
        }
    }

    /// The best common ancestors of two commits.
    pub(crate) fn merge_bases(&self, one: &Oid, two: &Oid) -> Result<Vec<Oid>> {
        if let Some(repo) = self.gix() {
            let bases = repo
                .merge_bases_many(object_id(one)?, &[object_id(two)?])
                .map_err(|e| gix_error(OPERATION, e))?;
            return Ok(bases.into_iter().map(oid).collect());
        }
        let done = self
            .git()
            .args(["merge-base", "--all", one.as_str(), two.as_str()])
            .limit(Limit::READ)
            .run(OPERATION)?;
        match done.code {
            Some(0..=1) => Ok(String::from_utf8_lossy(&done.stdout)
                .lines()
                .map(oid)
                .collect()),
            _ => Err(failed(OPERATION, &done)),
        }
    }

    /// How many commits `head` has that `base` has not.
    pub(crate) fn count(&self, base: &Oid, head: &Oid) -> Result<u32> {
        if let Some(repo) = self.gix() {
            let walk = repo
                .rev_walk([object_id(head)?])
                .with_hidden([object_id(base)?])
                .all()
                .map_err(|e| gix_error(OPERATION, e))?;
            let mut count = 0_u32;
            for commit in walk {
                commit.map_err(|e| gix_error(OPERATION, e))?;
                count = count.saturating_add(1);
            }
            return Ok(count);
        }
        let said = self
            .git()
            .args(["rev-list", "--count", "--end-of-options"])
            .arg(format!("{base}..{head}"))
            .limit(Limit::READ)
            .output(OPERATION)?;
        Ok(String::from_utf8_lossy(&said)
            .trim()
            .parse()
            .unwrap_or(u32::MAX))
    }
}
