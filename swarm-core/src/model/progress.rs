//! How far an attempt has come: what another one needs to go on for it.

use serde::{Deserialize, Serialize};

use super::{Cost, HarnessName, Oid, Usage};
use crate::dispatch::Ask;

/// How often something happened in an attempt, and in those that it goes on
/// for. Nothing resets these, not even the death of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Counts {
    /// Turns that were begun.
    pub turns: u32,
    /// Times that a missing word was asked for.
    pub asked_again: u32,
    /// Validations without a verdict.
    pub unclear: u32,
    /// Commits that were there before the work began.
    pub preliminary: u32,
    /// Times that it was told of its last ways out.
    pub nudges: u32,
    /// Turns that ended without a commit or a word.
    pub silent: u32,
    /// Follow-ups that the agent asked for.
    pub follow_ups: u32,
    /// New conversations in the same worktree.
    pub continuations: u32,
    /// Repairs after a failed gate.
    pub gate_rounds: u32,
    /// Reviews that judged.
    pub review_rounds: u32,
    /// Times that no reviewer was let in.
    pub review_waits: u32,
    /// Turns to resolve a conflict.
    pub resolves: u32,
    /// Failed tries to land.
    pub land_faults: u32,
    /// Tries to land that came too late.
    pub stales: u32,
    /// Failed tries to write the ending down.
    pub record_faults: u32,
}

/// What is counted of turns that ended by themselves without finished work,
/// one after another. Finished work begins it anew; the death of a run does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Unfinished {
    /// All of them.
    pub turns: u32,
    /// The last of them, without any progress.
    pub stalled: u32,
    /// The fingerprint of the worktree after the last one.
    pub fingerprint: Option<u64>,
}

/// Where an attempt was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// In a turn, or on the way to it.
    Turn {
        /// What for.
        ask: Ask,
        /// The commit to take in, to resolve a conflict.
        #[serde(default)]
        onto: Option<Oid>,
    },
    /// Its work was finished with this commit, and judged, or on its way to the
    /// line.
    Finished {
        /// The commit.
        head: Oid,
    },
}

/// How far an attempt has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Progress {
    /// How often something happened.
    #[serde(default)]
    pub counts: Counts,
    /// Turns without finished work.
    #[serde(default)]
    pub unfinished: Unfinished,
    /// Tokens that are not in the row's sum yet.
    #[serde(default)]
    pub usage: Usage,
    /// Money that is not in the row's sum yet.
    #[serde(default)]
    pub cost: Cost,
    /// Where it was.
    pub stage: Stage,
    /// Whose agent has the conversation.
    pub harness: HarnessName,
    /// Its harness can go on with the checkpoint's conversation.
    #[serde(default)]
    pub resumable: bool,
}

impl Progress {
    /// That of an attempt which has done nothing yet.
    pub fn new(harness: HarnessName) -> Self {
        Self {
            counts: Counts::default(),
            unfinished: Unfinished::default(),
            usage: Usage::default(),
            cost: Cost::default(),
            stage: Stage::Turn {
                ask: Ask::Task,
                onto: None,
            },
            harness,
            resumable: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Progress, Unfinished};
    use crate::model::HarnessName;

    #[test]
    fn what_older_versions_wrote_can_be_read() {
        let mut now = Progress::new(HarnessName::new("h"));
        now.unfinished = Unfinished {
            turns: 3,
            stalled: 2,
            fingerprint: Some(u64::MAX),
        };
        let mut row = serde_json::to_value(&now).expect("text");
        let read = |row: &serde_json::Value| serde_json::from_value::<Progress>(row.clone());
        assert_eq!(read(&row).expect("its own"), now);
        let fields = row.as_object_mut().expect("an object");
        fields.remove("unfinished").expect("it is written");
        let old = read(&row).expect("an older one");
        assert_eq!(old.unfinished, Unfinished::default());
    }
}
