//! What agents are told. Pure.
//!
//! A prompt is a tag, then the sections of a [`PromptPack`]. Whatever was
//! written by others stands between marks that hold the turn's nonce, which
//! their authors cannot know. No prompt holds the nonce right behind `swarm:`:
//! an agent that echoes it has signalled nothing.

mod blocks;
mod pack;
mod planning;
mod problem;
mod request;
mod sign_off;
mod template;

use std::path::{Path, PathBuf};

use crate::dispatch::Ask;
use crate::model::{AttemptId, Nonce, Oid, ReviewRecord, Task, TaskId};
use crate::ports::Capabilities;
use crate::protocol::feedback;
use crate::protocol::signals::Word;

use blocks::{fenced, list};

pub(crate) use blocks::together;
pub use pack::{DEFAULT_ORIENTATION, PromptPack, Section, When};
pub use planning::MAX_KNOWN;
pub use problem::{PromptError, PromptProblem};
pub use request::{Known, PlanAsk, Request};
pub(in crate::protocol) use sign_off::sign_off;
pub use template::VARIABLES;

#[cfg(test)]
mod tests;

/// Everything that a prompt is made from.
#[derive(Clone, Debug)]
pub struct PromptInput<'a> {
    /// Whose turn.
    pub attempt: &'a AttemptId,
    /// Counted from 1.
    pub turn: u32,
    /// Why the agent is called.
    pub ask: Request<'a>,
    /// Marks this turn's signals.
    pub nonce: &'a Nonce,
    /// The task.
    pub task: &'a Task,
    /// The agent knows the task from an earlier turn of this conversation.
    pub resumed: bool,
    /// The branch of the worktree.
    pub branch: &'a str,
    /// The failed gate step's output.
    pub gate_output: &'a str,
    /// All reviews so far: all findings of all rounds are told.
    pub reviews: &'a [ReviewRecord],
    /// The line's commit to take in, and the paths in conflict.
    pub onto: Option<&'a Oid>,
    /// Paths in conflict with it.
    pub conflicts: &'a [PathBuf],
    /// What there is to know beside the task.
    pub around: Around<'a>,
}

/// What an agent may be told beside its task. Nothing of it is needed.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Files of the project, for orientation: only in first prompts.
    pub orientation: &'a [Orientation],
    /// What became of the tasks that this one depends on.
    pub dependencies: &'a [Dependency],
    /// What was decided before the work began.
    pub decisions: &'a str,
    /// Further tasks that the agent has claimed.
    pub further: &'a [Task],
    /// Tasks that nobody works on, which a CLAIM may name; of very many only
    /// the first are told.
    pub pending: &'a [Task],
    /// What happened since the turn before, a line each, the oldest
    /// first; of very many only the latest are told.
    pub events: &'a [String],
    /// Where new tasks can be written to, as files.
    pub tasks: Option<&'a Path>,
    /// The turn goes on for one that was cut short.
    pub interrupted: Option<Interrupted<'a>>,
    /// The words that the agent may say, where the request does not choose
    /// them itself. By default DONE and BLOCKED.
    pub words: &'a [Word],
    /// How it says them.
    pub form: Form,
}

impl Default for Around<'_> {
    fn default() -> Self {
        Self {
            orientation: &[],
            dependencies: &[],
            decisions: "",
            further: &[],
            pending: &[],
            events: &[],
            tasks: None,
            interrupted: None,
            words: &[Word::Done, Word::Blocked],
            form: Form::Lines,
        }
    }
}

/// What became of the turn before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interrupted<'a> {
    /// The branch of the earlier worktree, if this one is another.
    pub other_branch: Option<&'a str>,
}

/// How an agent says its word.
///
/// The default is lines, for every agent can say them, and nothing else is asked
/// of it. A structure cannot be misquoted, but costs something: Claude Code gives
/// its model one more tool, and asks it once more where it ends without using
/// that; Codex has its service hold every final message to the schema, so people
/// read JSON in its stream. Whoever gives no structure all the same is heard by
/// its lines: no turn is lost by that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// By a line of its own in the final message.
    #[default]
    Lines,
    /// By an answer that keeps to a [`schema`](super::schema).
    Structured,
}

impl Form {
    /// This form, if a harness can have its agent keep to it; else lines.
    #[must_use]
    pub fn within(self, harness: Capabilities) -> Self {
        match self {
            Self::Structured if harness.structured => Self::Structured,
            Self::Structured | Self::Lines => Self::Lines,
        }
    }
}

/// The beginning of a file of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orientation {
    /// From the root of the worktree.
    pub path: PathBuf,
    /// What was read of it. The pack decides how much of that is told.
    pub text: String,
    /// The size of the whole file, in bytes.
    pub size: u64,
}

/// A task that this one depends on, and that has landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Its id.
    pub id: TaskId,
    /// Its title.
    pub title: String,
    /// The commit by which it landed.
    pub commit: Oid,
}

/// The prompt of a turn, by the sections that are built in.
pub fn prompt(what: &PromptInput<'_>) -> String {
    PromptPack::default().render(what)
}

/// What a turn of the loop is for.
fn asked(ask: Ask, what: &PromptInput<'_>) -> String {
    match ask {
        Ask::Task => "Do the task now, and commit.\n".to_owned(),
        Ask::GoOn => "You ended without a commit. Go on with the task and commit your work; if it \
                      cannot be done, say so as described below.\n"
            .to_owned(),
        Ask::Validate => request::VALIDATE.to_owned(),
        Ask::Decide => request::DECIDE.to_owned(),
        Ask::HandOff => request::HAND_OFF.to_owned(),
        Ask::Claims => "You asked for further tasks. Go on with those that you have.\n".to_owned(),
        Ask::Nudge => request::nudge(what),
        Ask::FollowUp => "You asked for a follow-up. Go on with the task: make the smallest change \
                          that is useful by itself, and commit it.\n"
            .to_owned(),
        Ask::Continue => "Another conversation worked on this task in this worktree, and stopped. \
                          Look at the worktree and its commits, and finish the task.\n"
            .to_owned(),
        Ask::SayDone => "Your commits are there, but you did not say whether the task is done. If \
                         something is missing, do and commit it; then say DONE as described below.\n"
            .to_owned(),
        Ask::Commit => "You ended with uncommitted work in this worktree. Change nothing more: \
                        commit what belongs to the task, and remove what does not.\n"
            .to_owned(),
        Ask::MendGate => format!(
            "Your work was checked, and a check failed. Mend the cause and commit.\n\n{}\n{}",
            fenced(what.gate_output),
            found_before(what),
        ),
        Ask::MendReview => format!(
            "Your work was reviewed. These are all findings so far, the newest last. Those of \
             earlier rounds must stay resolved. Resolve all of them and commit:\n\n{}\n",
            feedback::all(what.reviews)
        ),
        Ask::Resolve => resolve(what),
    }
}

/// What reviewers found, for an agent that was not told in this conversation.
fn found_before(what: &PromptInput<'_>) -> String {
    let findings = feedback::all(what.reviews);
    if what.resumed || findings.is_empty() {
        return String::new();
    }
    format!("\nIt was also reviewed. These findings must be resolved, too:\n\n{findings}\n")
}

fn resolve(what: &PromptInput<'_>) -> String {
    let onto = what.onto.map_or("(unknown)", Oid::as_str);
    let paths: Vec<String> = what
        .conflicts
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    format!(
        "Your work is finished, but others landed first, and git cannot merge the two. Take their \
         work into your branch:\n\n    git merge {onto}\n\nResolve the conflicts so that both \
         their intent and yours are kept, and commit the merge. In conflict:\n\n{}\n",
        list(&paths)
    )
}
