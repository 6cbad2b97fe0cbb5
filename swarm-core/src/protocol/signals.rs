//! Reads signals out of an agent's final message. Pure.
//!
//! A signal is a line of its own: `swarm:<nonce> WORD [text]`. The nonce is
//! the turn's own, so that echoed instructions of other turns, files and other
//! people's text count for nothing. A line in a quotation or a code fence, or
//! one that is indented, counts for nothing either. Prompts never show the
//! nonce right behind `swarm:`, so that an echo of them is no signal.
//!
//! The last valid line wins. CLAIM lines join instead, and count only where no
//! other word was said: whoever is done, or stuck, has no use for more tasks.
//!
//! All of a message may be somebody's noise, of any length: it is read once,
//! and nothing is copied but the texts of what was said, each up to a limit.

mod lines;
mod texts;
mod word;

use crate::model::{Nonce, TaskId};

use lines::{Line, lines, marked};

pub use texts::without_signals;
pub(crate) use texts::{claimed, findings_of, plain, reason};
pub use word::Word;

/// Prompts tell the nonce on a line of its own that begins so.
pub const NONCE_LINE: &str = "Nonce of this turn: ";

/// The most tasks that one message can claim; more are not heard.
pub const MAX_CLAIMS: usize = 32;
/// The longest reason, in bytes; more is cut.
pub const MAX_WHY: usize = 2 * 1024;
/// The longest note of a hand-off, in bytes; its middle is left out.
pub const MAX_NOTE: usize = 16 * 1024;
/// The longest findings of one message, in bytes; more is cut, and a last
/// finding says so.
pub const MAX_FINDINGS: usize = 64 * 1024;

/// What a worker said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// The work is done and committed.
    Done,
    /// It wants these tasks, too: at least one, each once, as first named.
    Claim {
        /// At most [`MAX_CLAIMS`].
        tasks: Vec<TaskId>,
    },
    /// It is not done, and another turn of the same kind will not help.
    FollowUp {
        /// Why.
        why: String,
    },
    /// It cannot be done as things are.
    Blocked {
        /// Why.
        why: String,
    },
    /// Its conversation is full: a new one should go on.
    HandOff {
        /// All that it said beside its signals; may be empty.
        note: String,
    },
    /// Nothing needs to be done.
    Close {
        /// Why.
        why: String,
    },
}

impl Signal {
    /// The word that it was said with.
    pub fn word(&self) -> Word {
        match self {
            Self::Done => Word::Done,
            Self::Claim { .. } => Word::Claim,
            Self::FollowUp { .. } => Word::FollowUp,
            Self::Blocked { .. } => Word::Blocked,
            Self::HandOff { .. } => Word::HandOff,
            Self::Close { .. } => Word::Close,
        }
    }
}

/// What a validator said of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// It can be worked on.
    Ready,
    /// Its author must say more first.
    NotReady {
        /// What is missing: at least one.
        concerns: Vec<String>,
    },
    /// It cannot be done as things are.
    Blocked {
        /// Why.
        why: String,
    },
    /// Nothing needs to be done.
    Close {
        /// Why.
        why: String,
    },
}

/// What a reviewer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The work is good.
    Approved,
    /// Something must change.
    Changes {
        /// What follows the verdict: a finding for each line, or for each
        /// item with its lines if there is a list.
        findings: Vec<String>,
    },
}

/// The worker's signal, if the message holds a valid one.
///
/// A word that gives a reason may come without one: then what else the message
/// says is the reason.
///
/// ```
/// use swarm_core::{model::Nonce, protocol::signals::{Signal, worker}};
/// let nonce = Nonce::new("n1");
/// assert_eq!(worker("All good.\nswarm:n1 DONE", &nonce), Some(Signal::Done));
/// assert_eq!(worker("> swarm:n1 DONE", &nonce), None);
/// ```
pub fn worker(message: &str, nonce: &Nonce) -> Option<Signal> {
    let mut tasks = Vec::new();
    let mut last = None;
    for line in lines(message, nonce) {
        match line.word {
            Word::Done if line.text.is_empty() => last = Some(line),
            Word::FollowUp | Word::Blocked | Word::HandOff | Word::Close => last = Some(line),
            Word::Claim => claimed(&mut tasks, line.text.split(',')),
            Word::Done
            | Word::Ready
            | Word::NotReady
            | Word::Approved
            | Word::Changes
            | Word::Tasks => {}
        }
    }
    let Some(line) = last else {
        return (!tasks.is_empty()).then_some(Signal::Claim { tasks });
    };
    let why = || texts::why(line.text, message, nonce);
    match line.word {
        Word::Done => Some(Signal::Done),
        Word::FollowUp => Some(Signal::FollowUp { why: why() }),
        Word::Blocked => Some(Signal::Blocked { why: why() }),
        Word::Close => Some(Signal::Close { why: why() }),
        Word::HandOff => Some(Signal::HandOff {
            note: texts::note(line.text, message, nonce),
        }),
        Word::Claim
        | Word::Ready
        | Word::NotReady
        | Word::Approved
        | Word::Changes
        | Word::Tasks => None,
    }
}

/// The validator's answer, if the message holds a valid one.
pub fn validator(message: &str, nonce: &Nonce) -> Option<Readiness> {
    let valid = |line: &Line<'_>| match line.word {
        Word::Ready => line.text.is_empty(),
        Word::NotReady | Word::Blocked | Word::Close => true,
        Word::Done
        | Word::Claim
        | Word::FollowUp
        | Word::HandOff
        | Word::Approved
        | Word::Changes
        | Word::Tasks => false,
    };
    let line = lines(message, nonce).filter(valid).last()?;
    let why = || texts::why(line.text, message, nonce);
    match line.word {
        Word::Ready => Some(Readiness::Ready),
        Word::Blocked => Some(Readiness::Blocked { why: why() }),
        Word::Close => Some(Readiness::Close { why: why() }),
        Word::NotReady => {
            let mut concerns = texts::findings(line.text, line.after);
            if concerns.is_empty() {
                concerns.push(why());
            }
            Some(Readiness::NotReady { concerns })
        }
        Word::Done
        | Word::Claim
        | Word::FollowUp
        | Word::HandOff
        | Word::Approved
        | Word::Changes
        | Word::Tasks => None,
    }
}

/// The reviewer's verdict, if the message holds a valid one.
pub fn reviewer(message: &str, nonce: &Nonce) -> Option<Said> {
    let line = lines(message, nonce)
        .filter(|line| match line.word {
            Word::Approved => line.text.is_empty(),
            word => word == Word::Changes,
        })
        .last()?;
    Some(match line.word {
        Word::Approved => Said::Approved,
        _ => Said::Changes {
            findings: texts::findings(line.text, line.after),
        },
    })
}

/// What a planner said behind its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planned<'a> {
    /// It did not say the word.
    Nothing,
    /// The word alone.
    Word,
    /// The block of code that follows it.
    Block(&'a str),
}

/// What the planner said of its tasks, unread. The last TASKS line counts; the
/// first block of code behind it holds them.
pub(crate) fn planner<'a>(message: &'a str, nonce: &'a Nonce) -> Planned<'a> {
    let is_plan = |line: &Line<'_>| line.word == Word::Tasks && line.text.is_empty();
    let last = lines(message, nonce).filter(is_plan).last();
    match last {
        None => Planned::Nothing,
        Some(line) => lines::block(line.after).map_or(Planned::Word, Planned::Block),
    }
}

/// Whether some line of the message is an approval, whatever is said later.
pub(crate) fn names_approval(message: &str, nonce: &Nonce) -> bool {
    let mut lines = message.lines();
    lines.any(|line| marked(line, nonce.as_str()).is_some_and(|rest| rest.trim() == "APPROVED"))
}
#[cfg(test)]
mod tests;
