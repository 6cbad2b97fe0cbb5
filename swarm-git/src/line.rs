//! The line: what landings build on. It is the target branch, or, while a
//! checkout of the target stands in the way, a reference beside it.

use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::{GitErrorKind, RepoState};

use crate::error::{Result, error};
use crate::repo::Repo;

/// Where the line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// What the next landing builds on.
    pub tip: Oid,
    /// The target branch's tip.
    pub target: Oid,
    /// The reference beside the target, if there is one. Once the target
    /// contains it, it counts no more.
    pub beside: Option<Oid>,
    /// Whether the line is beside the target.
    pub parked: bool,
}

impl Repo {
    /// Full name of the reference beside the target.
    pub(crate) fn line_ref(&self) -> String {
        format!("refs/swarm/line/{}", self.target)
    }

    pub(crate) fn line(&self) -> Result<Line> {
        let Some(target) = self.resolve(&self.target_ref())? else {
            return Err(self.no_target()?);
        };
        let beside = self.resolve(&self.line_ref())?;
        let parked = match &beside {
            Some(beside) => !self.is_ancestor(beside, &target)?,
            None => false,
        };
        let tip = beside.clone().filter(|_| parked);
        Ok(Line {
            tip: tip.unwrap_or_else(|| target.clone()),
            target,
            beside,
            parked,
        })
    }

    pub(crate) fn inspect(&self) -> Result<RepoState> {
        self.identity()?;
        let line = self.line()?;
        Ok(RepoState {
            target: self.target.clone(),
            tip: line.tip,
            parked: line.parked.then(|| self.line_ref()),
        })
    }

    /// Whether a commit is on the line. While the line is beside the target,
    /// what is on the target counts too: the line takes it in.
    pub(crate) fn contains(&self, commit: &Oid) -> Result<bool> {
        let line = self.line()?;
        self.line_contains(&line, commit)
    }

    pub(crate) fn line_contains(&self, line: &Line, commit: &Oid) -> Result<bool> {
        Ok(self.is_commit(commit)?
            && (self.is_ancestor(commit, &line.tip)?
                || (line.parked && self.is_ancestor(commit, &line.target)?)))
    }

    fn no_target(&self) -> Result<swarm_core::ports::GitError> {
        let mut branches = self.branches("")?;
        branches.retain(|name| !name.starts_with(crate::name::BRANCHES));
        let target = &self.target;
        let because = if branches.is_empty() {
            format!("the branch {target} has no commit yet: make a first one")
        } else {
            branches.truncate(10);
            format!(
                "there is no branch {target}; there are: {}",
                branches.join(", ")
            )
        };
        Ok(error(
            GitErrorKind::Target,
            "find the target branch",
            Advice::FixConfiguration,
            because,
        ))
    }
}
