//! The words of the protocol.

use std::fmt;

use crate::model::Role;

/// A word that an agent can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Word {
    /// Worker: the work is done and committed.
    Done,
    /// Worker: it wants other tasks, too.
    Claim,
    /// Worker: it is not done, and needs something else than another try.
    FollowUp,
    /// Worker, validator: it cannot be done as things are.
    Blocked,
    /// Worker: another conversation should go on.
    HandOff,
    /// Worker, validator: nothing needs to be done.
    Close,
    /// Validator: the task can be worked on.
    Ready,
    /// Validator: the task's author must say more.
    NotReady,
    /// Reviewer: the work is good.
    Approved,
    /// Reviewer: something must change.
    Changes,
    /// Planner: these are the tasks.
    Tasks,
}

impl Word {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Claim,
        Self::FollowUp,
        Self::Blocked,
        Self::HandOff,
        Self::Close,
        Self::Ready,
        Self::NotReady,
        Self::Approved,
        Self::Changes,
        Self::Tasks,
    ];
    /// What a worker can say.
    pub const WORKER: &'static [Self] = &[
        Self::Done,
        Self::Claim,
        Self::FollowUp,
        Self::Blocked,
        Self::HandOff,
        Self::Close,
    ];
    /// What a validator can say.
    pub const VALIDATOR: &'static [Self] =
        &[Self::Ready, Self::NotReady, Self::Blocked, Self::Close];
    /// What a reviewer can say.
    pub const REVIEWER: &'static [Self] = &[Self::Approved, Self::Changes];
    /// What a planner can say.
    pub const PLANNER: &'static [Self] = &[Self::Tasks];

    /// What an agent is told that it may say in this role, where its request
    /// does not choose the words itself.
    pub fn offered(role: Role, claims: bool) -> Vec<Self> {
        let words: &[Self] = match role {
            Role::Implement if claims => Self::WORKER,
            Role::Implement => &[
                Self::Done,
                Self::Blocked,
                Self::FollowUp,
                Self::HandOff,
                Self::Close,
            ],
            Role::Validate => Self::VALIDATOR,
            Role::Review => Self::REVIEWER,
            Role::Plan => Self::PLANNER,
            Role::Commit | Role::Fix | Role::Resolve | Role::Decide => &[Self::Done, Self::Blocked],
        };
        words.to_vec()
    }

    /// As it is written in a signal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "DONE",
            Self::Claim => "CLAIM",
            Self::FollowUp => "FOLLOWUP",
            Self::Blocked => "BLOCKED",
            Self::HandOff => "HANDOFF",
            Self::Close => "CLOSE",
            Self::Ready => "READY",
            Self::NotReady => "NOT_READY",
            Self::Approved => "APPROVED",
            Self::Changes => "CHANGES",
            Self::Tasks => "TASKS",
        }
    }

    /// The word that is written so.
    pub(in crate::protocol) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.as_str() == text)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
