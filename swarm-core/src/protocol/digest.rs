//! From payloads to facts: what the dispatcher needs to know of an answer. Pure.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::dispatch::{
    ChangeFacts, DiffFacts, Earlier, Fault, GateFacts, ReviewFacts, TurnFacts, Won,
};
use crate::error::{Advice, Failure};
use crate::model::{Checkpoint, EndReason, HarnessName, Nonce, ReviewRecord, Role, Verdict, Wish};
use crate::ports::{
    Capabilities, Changes, Claimed, Diff, GateReport, Review, Ruling, Spent, StepOutcome,
    StepReport, Stop, StoreError, StoreErrorKind, TurnReport, Worktree,
};
use crate::protocol::signals::{self, Signal};
use crate::protocol::{feedback, heard, review_prompt};
use crate::stable_hash::stable_hash;

#[cfg(test)]
mod tests;

/// Longest text of an error in a fact, in bytes.
const MAX_ERROR: usize = 400;
/// How much is told of what a validator says instead of a verdict, in bytes.
const MAX_OPENING: usize = 200;
/// Most changed paths in a record.
const MAX_NAMES: usize = 100;

/// A claimed task. `resumes` tells whether a harness is there that goes on with
/// conversations.
pub fn won(
    claimed: &Claimed,
    default: &HarnessName,
    resumes: impl Fn(&HarnessName) -> bool,
) -> Won {
    let task = &claimed.row.task;
    Won {
        claim: claimed.claim.clone(),
        attempt: claimed.row.attempts,
        tries: claimed.row.tries,
        max_attempts: task.max_attempts,
        harness: task.harness.clone().unwrap_or_else(|| default.clone()),
        kind: task.kind.clone(),
        spent: Spent {
            usage: claimed.row.usage,
            cost: claimed.row.cost,
            duration: Duration::from_millis(claimed.row.duration_ms),
        },
        want: claimed.row.wish.as_ref().map(Wish::want),
        intent: claimed.intent.clone(),
        cut_short: claimed.row.cut_short,
        earlier: earlier(claimed, resumes),
    }
}

fn earlier(claimed: &Claimed, resumes: impl Fn(&HarnessName) -> bool) -> Option<Earlier> {
    let left = &claimed.row.checkpoint;
    let progress = left.progress.clone().filter(|_| claimed.goes_on)?;
    let named = left.session.is_some() && progress.resumable;
    Some(Earlier {
        resumable: named && resumes(&progress.harness),
        tree: worktree(left),
        progress,
    })
}

/// The worktree of a checkpoint.
pub fn worktree(left: &Checkpoint) -> Option<Worktree> {
    Some(Worktree {
        path: left.worktree.clone()?,
        branch: left.branch.clone()?,
        base: left.base.clone()?,
    })
}

/// A turn. `asked` is how it was asked to stop, if it was.
pub fn turn(
    report: &TurnReport,
    asked: Option<Stop>,
    nonce: &Nonce,
    (role, capabilities): (Role, Capabilities),
) -> TurnFacts {
    // A limit that ended the turn is the reason, whatever the agent's dying
    // words were, unless they say what it was waiting for; an agent that
    // finished all the same has finished.
    let end = match (report.end, asked) {
        (EndReason::Finished, _) => EndReason::Finished,
        (end, Some(Stop::Limit(_))) if end.explains_silence() => end,
        (_, Some(Stop::Limit(limit))) => EndReason::TimedOut { limit },
        (end, _) => end,
    };
    let (message, structured) = match end {
        EndReason::Finished => (report.message.as_str(), report.structured.as_ref()),
        _ => ("", None),
    };
    let (signal, readiness) = match role {
        Role::Validate => (None, heard::validator(message, structured, nonce)),
        _ => (heard::worker(message, structured, nonce), None),
    };
    TurnFacts {
        end,
        signal,
        readiness,
        opening: match role {
            Role::Validate => signals::plain(message.trim(), MAX_OPENING),
            _ => String::new(),
        },
        session: report.session.clone(),
        resumable: capabilities.resume && report.session.is_some(),
        usage: report.usage,
        cost: report.cost,
        error: report
            .error
            .as_deref()
            .map(|error| cut(error, MAX_ERROR).to_owned()),
        context: report.context.filter(|_| !capabilities.compacts),
        looked_at: report
            .looked_at
            .iter()
            .map(|thing| stable_hash(thing.bytes()))
            .collect(),
        survivors: report.survivors.clone(),
        kept: false,
    }
}

/// What the agent gave as its reason, or left for whoever goes on: its note, or
/// the end of what it said.
pub fn note(facts: &TurnFacts, message: &str, nonce: &Nonce) -> String {
    match &facts.signal {
        Some(Signal::FollowUp { why }) => why.clone(),
        Some(Signal::HandOff { note }) => note.clone(),
        Some(
            Signal::Done | Signal::Claim { .. } | Signal::Blocked { .. } | Signal::Close { .. },
        )
        | None => ends(&signals::without_signals(message, nonce), signals::MAX_NOTE),
    }
}

/// A look at a worktree.
pub fn changes(changes: &Changes) -> ChangeFacts {
    ChangeFacts {
        head: changes.head.clone(),
        commits: changes.commits,
        dirty: changes.uncommitted.len() + changes.untracked.len(),
        fingerprint: changes.fingerprint,
    }
}

/// A gate's report.
pub fn gate(report: &GateReport) -> GateFacts {
    GateFacts {
        failed: report.failed().map(|step| step.name.clone()),
    }
}

/// What the agent is told of a failed step, at most `limit` bytes of output.
pub fn gate_output(step: &StepReport, limit: usize) -> String {
    let how = match step.outcome {
        StepOutcome::Passed => "passed".to_owned(),
        StepOutcome::Failed { code: Some(code) } => format!("failed with exit code {code}"),
        StepOutcome::Failed { code: None } => "was killed".to_owned(),
        StepOutcome::TimedOut => format!("took longer than {} s", step.duration.as_secs()),
    };
    format!("{} {how}:\n{}", step.name, ends(&step.output, limit))
}

/// A look at what is to be reviewed. `unreviewed` are the files and folders
/// that need no review.
pub fn diff(changes: &Changes, diff: &Diff, unreviewed: &[PathBuf]) -> DiffFacts {
    let needs_none = |path: &PathBuf| unreviewed.iter().any(|known| path.starts_with(known));
    DiffFacts {
        head: changes.head.clone(),
        paths: diff.paths.len(),
        cut: diff.cut || !review_prompt::names_fit(&diff.paths),
        exempt: !diff.paths.is_empty() && diff.paths.iter().all(needs_none),
    }
}

/// Which call of a reviewer it was.
#[derive(Clone, Copy, Debug)]
pub struct ReviewCall<'a> {
    /// Counted from 1 within the attempt.
    pub round: u32,
    /// Who was asked.
    pub reviewer: &'a str,
    /// How long it took.
    pub duration: Duration,
    /// The changed paths.
    pub paths: &'a [PathBuf],
}

/// A review. `spoiled` says what the reviewer did to the worktree, if it did
/// something: then its verdict counts for nothing.
pub fn review(review: &Review, call: ReviewCall<'_>, spoiled: Option<&str>) -> ReviewFacts {
    let verdict = match (&review.ruling, spoiled) {
        (_, Some(what)) => Verdict::Unavailable(format!("{what}: its verdict counts for nothing")),
        (Ruling::Approved, None) => Verdict::Approved,
        (Ruling::Changes { findings }, None) => Verdict::Changes(feedback::kept(findings)),
        (Ruling::Unavailable { until, why, .. }, None) => {
            let why = cut(why, MAX_ERROR);
            Verdict::Unavailable(match until {
                Some(until) => format!("{why} (back at {})", until.utc()),
                None => why.to_owned(),
            })
        }
    };
    let shown = call.paths.iter().take(MAX_NAMES);
    ReviewFacts {
        record: ReviewRecord {
            round: call.round,
            reviewer: call.reviewer.to_owned(),
            verdict,
            duration_ms: u64::try_from(call.duration.as_millis()).unwrap_or(u64::MAX),
            paths: shown.map(|path| review_prompt::name(path)).collect(),
            more_paths: call.paths.len().saturating_sub(MAX_NAMES),
            usage: review.usage,
            cost: review.cost,
        },
        spoiled: spoiled.is_some(),
        end: match &review.ruling {
            Ruling::Approved | Ruling::Changes { .. } => Some(EndReason::Finished),
            Ruling::Unavailable { until, end, .. } => end.or(until.map(|at| {
                let retry_at = Some(at);
                EndReason::RateLimited { retry_at }
            })),
        },
    }
}

/// What somebody who was only to read did to a worktree; `None` if it is as it
/// was. What git ignores is not seen.
pub fn spoiled(before: &Changes, after: &Changes) -> Option<String> {
    if before.head != after.head {
        let (old, new) = (&before.head, &after.head);
        return Some(format!("moved the branch from {old} to {new}"));
    }
    let lying = |changes: &Changes| -> BTreeSet<PathBuf> {
        let paths = changes.uncommitted.iter().chain(&changes.untracked);
        paths.cloned().collect()
    };
    let (before, after) = (lying(before), lying(after));
    let mut differ = before.symmetric_difference(&after);
    let first: Vec<String> = differ.by_ref().take(5).map(|path| name(path)).collect();
    let more = match differ.count() {
        0 => String::new(),
        more => format!(" (+{more} more)"),
    };
    (!first.is_empty()).then(|| format!("changed {}{more} in the worktree", first.join(", ")))
}

fn name(path: &Path) -> String {
    review_prompt::name(path)
}

/// A port's error.
pub fn fault<K: fmt::Debug>(failure: &Failure<K>) -> Fault {
    Fault {
        advice: failure.advice(),
        message: failure.to_string(),
        task: None,
    }
}

/// A store's error; it may be about one of several tasks.
pub fn store_fault(failure: &StoreError) -> Fault {
    let task = match failure.kind() {
        StoreErrorKind::Refused { task } | StoreErrorKind::Unknown { task } => Some(task.clone()),
        StoreErrorKind::Unavailable | StoreErrorKind::TooNew | StoreErrorKind::Corrupt => None,
    };
    Fault {
        task,
        ..fault(failure)
    }
}

/// A port that panicked.
pub fn panic(message: &str) -> Fault {
    Fault {
        advice: Advice::Bug,
        message: format!("a port panicked: {}", cut(message, MAX_ERROR)),
        task: None,
    }
}

/// The first bytes of a text, to a character's end.
pub fn cut(text: &str, limit: usize) -> &str {
    &text[..floor(text, limit)]
}

fn floor(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

/// Head and tail of a text, with an honest note of what is left out.
pub fn ends(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let head = floor(text, limit / 4);
    let tail = (text.len() - (limit - limit / 4)..=text.len())
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(text.len());
    format!(
        "{}\n… {} bytes left out …\n{}",
        &text[..head],
        tail - head,
        &text[tail..]
    )
}
