//! Reviews: what the reviewers are shown, one call of one of them, and a look at
//! what it left behind.

use std::sync::Arc;

use super::calls::{limits, log};
use super::perform::{Done, Pending, no_worktree};
use super::ports::Ports;
use super::slot::{Judged, Payload, Slot};
use super::watch::Watch;
use crate::dispatch::{Answer, Fault};
use crate::model::Limit;
use crate::ports::{
    CallContext, DiffRequest, GitClient, GitError, Review, ReviewRequest, Reviewer, Ruling, Stop,
    Stopper, Worktree,
};
use crate::protocol::digest::{self, ReviewCall};
use crate::protocol::{feedback, prompt};

/// What the work changes, for all reviewers of a round.
pub(super) fn diff(ports: Arc<Ports>, slot: &Slot) -> Pending {
    let Some(tree) = slot.tree.clone() else {
        let fault = no_worktree(&slot.attempt.task);
        return Box::pin(async move { (Answer::Diffed(Err(fault)), Payload::Nothing) });
    };
    Box::pin(async move {
        let policy = &ports.parts.policy;
        match look(&*ports.parts.git, tree, policy.review_diff).await {
            Ok(judged) => {
                let facts = digest::diff(&judged.before, &judged.diff, &policy.unreviewed);
                (Answer::Diffed(Ok(facts)), Payload::Judged(judged))
            }
            Err(error) => (Answer::Diffed(Err(digest::fault(&error))), Payload::Nothing),
        }
    })
}

async fn look(git: &dyn GitClient, tree: Worktree, limit: usize) -> Result<Judged, GitError> {
    let before = git.changes(&tree).await?;
    let diff = git.diff(DiffRequest { tree, limit }).await?;
    Ok(Judged { before, diff })
}

/// One call of one reviewer.
pub(super) fn review(
    ports: Arc<Ports>,
    slot: &Slot,
    (round, reviewer): (u32, usize),
    stopper: Stopper,
    context: CallContext,
) -> Pending {
    match Asking::prepare(&ports, slot, round, reviewer) {
        Ok(asking) => Box::pin(asking.ask(ports, stopper, context)),
        Err(fault) => Box::pin(async move { (Answer::Reviewed(Err(fault)), Payload::Nothing) }),
    }
}

/// A review, ready to begin.
struct Asking {
    reviewer: Arc<dyn Reviewer>,
    name: String,
    tree: Worktree,
    judged: Arc<Judged>,
    request: ReviewRequest,
}

impl Asking {
    fn prepare(ports: &Ports, slot: &Slot, round: u32, reviewer: usize) -> Result<Self, Fault> {
        let missing = || no_worktree(&slot.attempt.task);
        let place = reviewer + 1;
        let reviewer = ports.parts.reviewers.get(reviewer).ok_or_else(missing)?;
        let tree = slot.tree.clone().ok_or_else(missing)?;
        let judged = slot.judged.clone().ok_or_else(missing)?;
        let name = reviewer.info().name;
        let request = ReviewRequest {
            attempt: slot.attempt.clone(),
            round,
            task: prompt::together(&slot.task, &slot.further),
            directory: tree.path.clone(),
            diff: judged.diff.clone(),
            range: Some((tree.base.clone(), judged.before.head.clone())),
            feedback: feedback::latest(&slot.reviews),
            nonce: crate::nonce(),
            log: log(slot, &format!("review-{round}-{place}-{}.log", slug(&name))),
        };
        Ok(Self {
            reviewer: Arc::clone(reviewer),
            name,
            tree,
            judged,
            request,
        })
    }

    async fn ask(self, ports: Arc<Ports>, stopper: Stopper, context: CallContext) -> Done {
        let attempt = self.request.attempt.clone();
        let (watch, context) = Watch::new(
            (attempt, None),
            Arc::clone(&ports),
            stopper.clone(),
            context,
        );
        let begin = ports.clock.now();
        let round = self.request.round;
        let call = self.reviewer.review(self.request, context);
        let mut review = match watch.limit(limits(&ports, None, None), call).await {
            Ok(Ok(review)) => review,
            Ok(Err(error)) => match stopper.asked() {
                Some(Stop::Limit(limit)) => too_long(limit),
                Some(Stop::Gently | Stop::Now) | None => unavailable(digest::fault(&error)),
            },
            Err(given_up) => too_long(given_up.0),
        };
        let duration = ports.clock.now().since(begin);
        let spoiled = match ports.parts.git.changes(&self.tree).await {
            Ok(after) => digest::spoiled(&self.judged.before, &after),
            Err(error) => {
                // Nobody knows what it approved.
                review.ruling = unavailable(digest::fault(&error)).ruling;
                None
            }
        };
        let call = ReviewCall {
            round,
            reviewer: &self.name,
            duration,
            paths: &self.judged.diff.paths,
        };
        let facts = digest::review(&review, call, spoiled.as_deref());
        let payload = Payload::Review(facts.record.clone());
        (Answer::Reviewed(Ok(facts)), payload)
    }
}

fn unavailable(fault: Fault) -> Review {
    use crate::error::Advice;
    let until = match fault.advice {
        Advice::RetryAt(at) => Some(at),
        Advice::Retry | Advice::NeedsPerson | Advice::FixConfiguration | Advice::Bug => None,
    };
    let why = fault.message;
    let end = None;
    Ruling::Unavailable { until, end, why }.into()
}

fn too_long(limit: Limit) -> Review {
    let why = match limit {
        Limit::Idle => "it was silent for too long (idle_limit)",
        Limit::Wall => "it took too long (turn_limit)",
    };
    Ruling::unavailable(why).into()
}

fn slug(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect()
}
