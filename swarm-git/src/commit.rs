//! Commits in the object database, in the user's name.

use std::path::Path;

use gix::actor::Signature;
use gix::bstr::{BString, ByteSlice};
use gix::date::Time;
use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::GitErrorKind;

use crate::error::{Result, error, gix as gix_error};
use crate::git::{Git, Limit, said};
use crate::repo::{Repo, object_id, oid};

/// A name and an address, as git would write it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    name: BString,
    email: BString,
}

/// Who commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    author: Person,
    committer: Person,
}

impl Person {
    fn ask(git: &Git, git_dir: &Path, variable: &str) -> Result<Self> {
        const OPERATION: &str = "find out who commits";
        let done = git.at(git_dir).args(["var", variable]).run(OPERATION)?;
        let found = (done.code == Some(0))
            .then(|| Self::parse(&done.stdout))
            .flatten();
        found.ok_or_else(|| {
            error(
                GitErrorKind::Identity,
                OPERATION,
                Advice::FixConfiguration,
                format!(
                    "git does not know your name or address; set them with `git config --global \
                     user.name NAME` and `git config --global user.email ADDRESS` ({})",
                    said(&done).lines().last().unwrap_or_default()
                ),
            )
        })
    }

    /// From `Name <address> seconds zone`.
    fn parse(line: &[u8]) -> Option<Self> {
        let (name, rest) = line.split_once_str(" <")?;
        let (email, _) = rest.rsplit_once_str("> ")?;
        Some(Self {
            name: name.into(),
            email: email.into(),
        })
    }

    fn now(&self) -> Signature {
        Signature {
            name: self.name.clone(),
            email: self.email.clone(),
            time: Time::now_local_or_utc(),
        }
    }
}

impl Identity {
    /// Asks git, so that every way of telling it counts.
    pub(crate) fn ask(git: &Git, git_dir: &Path) -> Result<Self> {
        let person = |variable| Person::ask(git, git_dir, variable);
        Ok(Self {
            author: person("GIT_AUTHOR_IDENT")?,
            committer: person("GIT_COMMITTER_IDENT")?,
        })
    }

    /// Tells gix who writes the reflogs.
    pub(crate) fn for_gix(identity: Option<&Self>) -> [BString; 2] {
        let (name, email) = match identity {
            Some(who) => (
                who.committer.name.as_slice(),
                who.committer.email.as_slice(),
            ),
            None => (b"swarm".as_slice(), b"swarm@localhost".as_slice()),
        };
        [
            [b"committer.name=", name].concat().into(),
            [b"committer.email=", email].concat().into(),
        ]
    }
}

/// A commit to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewCommit<'a> {
    pub tree: &'a str,
    pub parents: &'a [&'a Oid],
    pub message: &'a str,
}

impl Repo {
    /// Who commits.
    pub(crate) fn identity(&self) -> Result<&Identity> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        let identity = Identity::ask(&self.git, &self.git_dir)?;
        Ok(self.identity.get_or_init(|| identity))
    }

    /// Writes a commit; signed if the configuration asks for it.
    pub(crate) fn commit(&self, what: NewCommit<'_>) -> Result<Oid> {
        match self.gix() {
            Some(repo) if !self.config.is_true("commit.gpgsign") => self.write_commit(&repo, what),
            _ => self.commit_tree(what),
        }
    }

    fn write_commit(&self, repo: &gix::Repository, what: NewCommit<'_>) -> Result<Oid> {
        let identity = self.identity()?;
        let mut message = what.message.to_owned();
        if !message.ends_with('\n') {
            message.push('\n');
        }
        let parents: Result<Vec<_>> = what.parents.iter().map(|id| object_id(id)).collect();
        let commit = gix::objs::Commit {
            tree: object_id(&Oid::new(what.tree))?,
            parents: parents?.into(),
            author: identity.author.now(),
            committer: identity.committer.now(),
            encoding: None,
            message: message.into(),
            extra_headers: Vec::new(),
        };
        let id = repo
            .write_object(&commit)
            .map_err(|e| gix_error("write a commit", e))?;
        Ok(oid(id))
    }

    fn commit_tree(&self, what: NewCommit<'_>) -> Result<Oid> {
        let mut call = self.git().arg("commit-tree").limit(Limit::WRITE);
        if self.config.is_true("commit.gpgsign") {
            call = call.arg("-S");
        }
        for parent in what.parents {
            call = call.args(["-p", parent.as_str()]);
        }
        let said = call
            .args(["-m", what.message, what.tree])
            .output("write a commit")?;
        Ok(oid(String::from_utf8_lossy(&said).trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::Person;

    #[test]
    fn odd_names_survive() {
        let person = Person::parse("Ä <b> c <a@b> 1700000000 +0100\n".as_bytes()).unwrap();
        // git itself never writes `<` or `>` within a name.
        assert_eq!(person.name, "Ä");
        assert_eq!(Person::parse(b"A B <> 1 +0000").unwrap().email, "");
        assert_eq!(Person::parse(b"nonsense"), None);
    }
}
