//! References: read, and moved by comparison.

use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};
use swarm_core::model::Oid;

use crate::error::{Result, gix as gix_error};
use crate::git::failed;
use crate::repo::{Repo, object_id, oid};

/// A move of one reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move<'a> {
    /// Full name.
    pub name: &'a str,
    /// Where it must be; `None`: it must not exist.
    pub from: Option<&'a Oid>,
    /// Where it goes; `None`: it goes away.
    pub to: Option<&'a Oid>,
    /// For the reflog, one line.
    pub why: &'a str,
}

impl Repo {
    /// The commit that a reference names, if it exists.
    pub(crate) fn resolve(&self, name: &str) -> Result<Option<Oid>> {
        const OPERATION: &str = "read a reference";
        if let Some(repo) = self.gix() {
            let Ok(full) = FullName::try_from(name) else {
                return Ok(None);
            };
            let found = repo.try_find_reference(full.as_ref());
            let Some(mut reference) = found.map_err(|e| gix_error(OPERATION, e))? else {
                return Ok(None);
            };
            let id = reference
                .peel_to_id()
                .map_err(|e| gix_error(OPERATION, e))?;
            return Ok(Some(oid(id)));
        }
        let done = self
            .git()
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{name}^{{commit}}"))
            .run(OPERATION)?;
        match done.code {
            Some(0) => Ok(Some(oid(String::from_utf8_lossy(&done.stdout).trim()))),
            Some(1) => Ok(None),
            _ => Err(failed(OPERATION, &done)),
        }
    }

    /// Moves a reference if it is where it must be; else tells `false` and
    /// changes nothing.
    pub(crate) fn move_ref(&self, what: Move<'_>) -> Result<bool> {
        // gix takes a reference that is already at the wanted place for new.
        if what.from.is_none() && self.resolve(what.name)?.is_some() {
            return Ok(false);
        }
        let moved = match self.gix() {
            // git runs this hook at every move of a reference; gix does not.
            Some(_) if self.has_hook("reference-transaction") => self.update_ref(what),
            Some(repo) if what.to.is_some() => edit(&repo, what),
            // A deletion looks into the packed references. gix reads them
            // before it locks them, and so could write back what another
            // process has just changed; git does it the other way round.
            Some(_) if self.has_packed_refs() => self.update_ref(what),
            // They may appear at this moment: gix then fails, or finds no lock.
            Some(repo) => edit(&repo, what).or_else(|_| self.update_ref(what)),
            None => self.update_ref(what),
        };
        match moved {
            Ok(()) => Ok(true),
            // What matters is where it is, not how the refusal was worded.
            Err(_) if self.resolve(what.name)?.as_ref() != what.from => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn has_packed_refs(&self) -> bool {
        ["packed-refs", "packed-refs.lock"]
            .iter()
            .any(|name| self.common_dir.join(name).exists())
    }

    fn update_ref(&self, what: Move<'_>) -> Result<()> {
        let mut call = self.git().args(["update-ref", "-m", what.why]);
        let absent = || "0".repeat(what.to.map_or(40, |to| to.as_str().len()));
        call = match (what.from, what.to) {
            (None, None) => return Ok(()),
            (Some(from), None) => call.args(["-d", what.name, from.as_str()]),
            (Some(from), Some(to)) => call.args([what.name, to.as_str(), from.as_str()]),
            (None, Some(to)) => call.args([what.name, to.as_str(), &absent()]),
        };
        call.output("move a reference").map(drop)
    }

    /// Short names of the branches that begin so, in order.
    pub(crate) fn branches(&self, begin: &str) -> Result<Vec<String>> {
        const OPERATION: &str = "list branches";
        let listed = self
            .git()
            .args(["for-each-ref", "--format=%(refname:lstrip=2)"])
            .arg(format!("refs/heads/{begin}"))
            .output(OPERATION)?;
        Ok(String::from_utf8_lossy(&listed)
            .lines()
            .map(str::to_owned)
            .collect())
    }
}

fn edit(repo: &gix::Repository, what: Move<'_>) -> Result<()> {
    const OPERATION: &str = "move a reference";
    let name = FullName::try_from(what.name)
        .map_err(|e| gix_error(OPERATION, gix::Error::from_error(e)))?;
    let target = |id: &Oid| object_id(id).map(Target::Object);
    let change = match (what.from, what.to) {
        (Some(from), None) => Change::Delete {
            expected: PreviousValue::MustExistAndMatch(target(from)?),
            log: RefLog::AndReference,
        },
        (None, None) => return Ok(()),
        (from, Some(to)) => Change::Update {
            log: LogChange {
                message: what.why.into(),
                ..LogChange::default()
            },
            expected: match from {
                Some(from) => PreviousValue::MustExistAndMatch(target(from)?),
                None => PreviousValue::MustNotExist,
            },
            new: target(to)?,
        },
    };
    repo.edit_reference(RefEdit::new(name, change))
        .map_err(|e| gix_error(OPERATION, e))?;
    Ok(())
}
