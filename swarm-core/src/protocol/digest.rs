//! From payloads to facts: what the dispatcher needs to know of an answer. Pure.

use std::fmt;

use crate::dispatch::{ChangeFacts, Fault, GateFacts, ReviewFacts, TurnFacts, Won};
use crate::error::{Advice, Failure};
use crate::event::Verdict;
use crate::model::{EndReason, HarnessName, Nonce};
use crate::ports::{
    Capabilities, Changes, Claimed, GateReport, Review, Ruling, StepOutcome, StepReport, Stop,
    TurnReport,
};
use crate::protocol::signals;

#[cfg(test)]
mod tests;

/// Longest text of an error in a fact, in bytes.
const MAX_ERROR: usize = 400;

/// A claimed task.
pub fn won(claimed: &Claimed, default: &HarnessName) -> Won {
    let task = &claimed.row.task;
    Won {
        claim: claimed.claim.clone(),
        attempt: claimed.row.attempts,
        tries: claimed.row.tries,
        max_attempts: task.max_attempts,
        harness: task.harness.clone().unwrap_or_else(|| default.clone()),
        intent: claimed.intent.clone(),
    }
}

/// A turn. `asked` is how it was asked to stop, if it was.
pub fn turn(
    report: &TurnReport,
    asked: Option<Stop>,
    nonce: &Nonce,
    capabilities: Capabilities,
) -> TurnFacts {
    // A limit that ended the turn is the reason, whatever the agent's dying
    // words were; an agent that finished all the same has finished.
    let end = match (report.end, asked) {
        (EndReason::Finished, _) => EndReason::Finished,
        (_, Some(Stop::Limit(limit))) => EndReason::TimedOut { limit },
        (end, _) => end,
    };
    TurnFacts {
        end,
        signal: match end {
            EndReason::Finished => signals::worker(&report.message, nonce),
            _ => None,
        },
        session: report.session.clone(),
        resumable: capabilities.resume && report.session.is_some(),
        usage: report.usage,
        cost: report.cost,
        error: report
            .error
            .as_deref()
            .map(|error| cut(error, MAX_ERROR).to_owned()),
        survivors: report.survivors.clone(),
    }
}

/// A look at a worktree.
pub fn changes(changes: &Changes) -> ChangeFacts {
    ChangeFacts {
        head: changes.head.clone(),
        commits: changes.commits,
        dirty: changes.uncommitted.len() + changes.untracked.len(),
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

/// A review.
pub fn review(review: &Review) -> ReviewFacts {
    ReviewFacts {
        verdict: match &review.ruling {
            Ruling::Approved => Verdict::Approved,
            Ruling::Changes { findings } => Verdict::Changes(findings.clone()),
            Ruling::Unavailable { why } => Verdict::Unavailable(why.clone()),
        },
        usage: review.usage,
        cost: review.cost,
    }
}

/// A port's error.
pub fn fault<K: fmt::Debug>(failure: &Failure<K>) -> Fault {
    Fault {
        advice: failure.advice(),
        message: failure.to_string(),
    }
}

/// A port that panicked.
pub fn panic(message: &str) -> Fault {
    Fault {
        advice: Advice::Bug,
        message: format!("a port panicked: {}", cut(message, MAX_ERROR)),
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
