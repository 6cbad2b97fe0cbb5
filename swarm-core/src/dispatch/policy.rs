//! What a run is allowed to do: every cap in one place.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::pacing::{Backoff, Budget};
use crate::model::HarnessName;

/// When an attempt's work counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Completion {
    /// The agent ended by itself, and its branch has commits. A signal in its
    /// final message decides where there is one.
    #[default]
    Evidence,
    /// As above, and the agent must have said DONE.
    Strict,
}

/// What becomes of work that is too large to be shown to a reviewer as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LargeDiff {
    /// Reviewers are shown its beginning, are told so, and read the rest in the
    /// worktree.
    #[default]
    Read,
    /// It is held for a person; no reviewer is asked.
    Hold,
}

/// When a run ends by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// As soon as nothing runs and nothing will become ready by itself.
    #[default]
    Drained,
    /// When there was nothing to do for so long, in one piece: no attempt, and
    /// nothing in the store that will become ready by itself. A pause does not
    /// count: whoever paused the run ends that.
    Quiet(Duration),
    /// Not before it is stopped, or may begin nothing more: tasks may be
    /// submitted at any time.
    Stopped,
}

/// The limits and rules of a run. All have defaults that suit people at a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Agents at once; at least 1. Default 1.
    pub jobs: usize,
    /// Live attempts at once for tasks that ask for these harnesses, or for none
    /// if it is the default one; each at least 1. Whoever stands in for a
    /// harness is not counted. Default: no such limit.
    pub harness_jobs: BTreeMap<HarnessName, usize>,
    /// Live attempts at once for tasks of these kinds
    /// ([`Task::kind`](crate::model::Task::kind)), from the claim to the
    /// landing; each at least 1. Default: no such limit.
    pub kind_jobs: BTreeMap<String, usize>,
    /// A task that has been ready for so long counts as one priority higher,
    /// after twice as long as two higher: whatever is more urgent, its time
    /// comes. Default none: a lower priority waits as long as there is a higher.
    pub ageing: Option<Duration>,
    /// Attempts before a task is given up. Default 3.
    pub max_attempts: u32,
    /// Times in a row that an attempt of a task may be cut short, by a stop or by
    /// the death of its run, before a person must look. Default 10.
    pub max_restarts: u32,
    /// Pauses between attempts. Default 60, 120, 240, 480 s.
    pub backoff: Backoff,
    /// When work counts as done. Default [`Completion::Evidence`].
    pub completion: Completion,
    /// Turns of one attempt, of all roles; nothing resets it. Default 20.
    pub max_turns: u32,
    /// Turns in a row without work and without a word, before the agent is told
    /// of its last ways out; the one after that fails the attempt. Default 5.
    pub silent_turns: u32,
    /// Turns in a row that change nothing and look at nothing new, before the
    /// agent is told of its last ways out; where nobody knows what an agent
    /// looks at, changes alone count. Default 3.
    pub stalled_turns: u32,
    /// Turns that end by themselves without finished work, whatever they
    /// change, before the attempt fails. Default 8.
    pub uncommitted_turns: u32,
    /// Follow-ups that an agent may ask for within one attempt. Default 1.
    pub follow_ups: u32,
    /// New conversations within one attempt, after a hand-off or a full one.
    /// Default 3.
    pub continuations: u32,
    /// How full a conversation may be, in percent, before its agent is asked to
    /// hand it on; 0 never asks. Only where the harness tells, and does not see
    /// to it itself. Default 60.
    pub hand_off_at: u8,
    /// How full it may be before a new one takes its place at once. 0: never.
    /// Default 90.
    pub fresh_at: u8,
    /// An agent says first whether the task is ready to be worked on. Default
    /// false.
    pub validate: bool,
    /// An agent decides first what the task leaves open. Default false.
    pub decide: bool,
    /// Further tasks that an agent may claim within one attempt; 0 offers none.
    /// Default 0.
    pub claims: usize,
    /// Times that a failed gate sends the agent back within one attempt. Default 3.
    pub gate_rounds: u32,
    /// Reviews within one attempt before the work is rejected. Default 3.
    pub review_rounds: u32,
    /// Longest diff that a reviewer is shown, in bytes. Default 200 KiB.
    pub review_diff: usize,
    /// What becomes of work with a longer one. Default [`LargeDiff::Read`].
    pub large_diff: LargeDiff,
    /// Files and folders, from the repository's root. Work that changes nothing
    /// else lands without a review; gates are asked all the same. Default none.
    pub unreviewed: Vec<PathBuf>,
    /// What the whole run may use up. Once it has, nothing more is begun, and
    /// what waits for a turn is interrupted. Default: no limit.
    pub run_budget: Budget,
    /// What one attempt may use up. Once it has, it has failed, and another may
    /// follow. Default: no limit.
    pub attempt_budget: Budget,
    /// What a task may use up over all of its attempts, in this run and before.
    /// Once it has, it has failed, and trying again does not help. Default: no
    /// limit.
    pub task_budget: Budget,
    /// Longest time to wait for an account that lets nothing through (a usage
    /// limit, an overloaded service). Past it the run does without it. Default
    /// 6 hours.
    pub max_wait: Duration,
    /// When so many different tasks fail alike, one after another, nothing more
    /// is begun: it is not the tasks. 0 never stops. Default 5.
    pub breaker: usize,
    /// Longest turn. Default 60 minutes.
    pub turn_limit: Duration,
    /// Longest silence of an agent. Default 10 minutes.
    pub idle_limit: Duration,
    /// How long a claim holds; renewed at a quarter of it. Default 120 s.
    pub lease: Duration,
    /// How long a call that was asked to stop may take before it is given up.
    /// Default 30 s.
    pub grace: Duration,
    /// Finished work that may wait to be landed before new tasks are left
    /// alone. Default 16, and never less than `jobs`.
    pub max_queue: usize,
    /// When the run ends by itself. Default [`Until::Drained`].
    pub until: Until,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            jobs: 1,
            harness_jobs: BTreeMap::new(),
            kind_jobs: BTreeMap::new(),
            ageing: None,
            max_attempts: 3,
            max_restarts: 10,
            backoff: Backoff::default(),
            completion: Completion::default(),
            max_turns: 20,
            silent_turns: 5,
            stalled_turns: 3,
            uncommitted_turns: 8,
            follow_ups: 1,
            continuations: 3,
            hand_off_at: 60,
            fresh_at: 90,
            validate: false,
            decide: false,
            claims: 0,
            gate_rounds: 3,
            review_rounds: 3,
            review_diff: 200 * 1024,
            large_diff: LargeDiff::default(),
            unreviewed: Vec::new(),
            run_budget: Budget::default(),
            attempt_budget: Budget::default(),
            task_budget: Budget::default(),
            max_wait: Duration::from_secs(6 * 60 * 60),
            breaker: 5,
            turn_limit: Duration::from_secs(60 * 60),
            idle_limit: Duration::from_secs(10 * 60),
            lease: Duration::from_secs(120),
            grace: Duration::from_secs(30),
            max_queue: 16,
            until: Until::default(),
        }
    }
}
