//! The calls that take long: turns, gates, reviews. They are limited, heard,
//! and can be stopped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::perform::{Done, Pending, no_worktree};
use super::ports::Ports;
use super::slot::{Payload, Slot};
use super::watch::{Limits, Watch};
use crate::dispatch::{Answer, Fault, TurnPlan};
use crate::error::Advice;
use crate::model::{EndReason, TaskId};
use crate::ports::{
    CallContext, DiffRequest, GateRequest, Harness, Review, ReviewRequest, Ruling, Stopper,
    TurnReport, TurnRequest,
};
use crate::protocol::digest;
use crate::protocol::prompt::{Around, PromptInput};

/// Longest gate output in a prompt, in bytes.
const MAX_GATE_OUTPUT: usize = 16 * 1024;
/// Longest diff for a reviewer, in bytes.
const MAX_DIFF: usize = 200 * 1024;

/// A turn, ready to run.
pub(super) struct Turn {
    task: TaskId,
    harness: Arc<dyn Harness>,
    request: TurnRequest,
    limits: Limits,
}

impl Turn {
    pub(super) fn prepare(ports: &Ports, slot: &Slot, plan: TurnPlan) -> Result<Self, Fault> {
        let task = slot.attempt.task.clone();
        let tree = slot.tree.as_ref().ok_or_else(|| no_worktree(&task))?;
        let harness = ports
            .parts
            .harnesses
            .get(&plan.harness)
            .ok_or_else(|| Fault {
                advice: Advice::FixConfiguration,
                message: format!("there is no harness {:?}", plan.harness.as_str()),
            })?;
        let nonce = crate::nonce();
        let session = slot.session.clone().filter(|_| plan.resume);
        let text = ports.parts.prompts.render(&PromptInput {
            attempt: &slot.attempt,
            turn: plan.turn,
            ask: plan.ask.into(),
            nonce: &nonce,
            task: &slot.task,
            resumed: session.is_some(),
            branch: &tree.branch,
            gate_output: &slot.gate_output,
            findings: &slot.findings,
            onto: plan.onto.as_ref(),
            conflicts: &slot.conflicts,
            around: Around {
                orientation: &slot.surroundings.orientation,
                dependencies: &slot.surroundings.dependencies,
                tasks: ports.parts.tasks.as_deref(),
                ..Around::default()
            },
        });
        let request = TurnRequest {
            attempt: slot.attempt.clone(),
            turn: plan.turn,
            role: plan.ask.role(),
            prompt: text,
            directory: tree.path.clone(),
            session,
            model: slot
                .task
                .model
                .clone()
                .or_else(|| ports.parts.model.clone()),
            nonce,
            onto: plan.onto,
            tasks: ports.parts.tasks.clone(),
            budget: plan.budget,
            read_only: false,
            log: log(slot, &format!("turn-{}.log", plan.turn)),
        };
        Ok(Self {
            task,
            harness: Arc::clone(harness),
            request,
            limits: limits(ports, slot.task.timeout),
        })
    }

    pub(super) async fn run(
        self,
        ports: Arc<Ports>,
        stopper: Stopper,
        context: CallContext,
    ) -> Done {
        let nonce = self.request.nonce.clone();
        let capabilities = self.harness.capabilities();
        let publisher = ports.publisher.clone();
        let (watch, context) = Watch::new(self.task, publisher, stopper.clone(), context);
        let call = self.harness.run(self.request, context);
        let report = match watch.limit(self.limits, call).await {
            Ok(Ok(report)) => report,
            Ok(Err(error)) => {
                return (Answer::Ran(Err(digest::fault(&error))), Payload::Nothing);
            }
            Err(given_up) => TurnReport::ended(
                EndReason::TimedOut { limit: given_up.0 },
                "the agent did not end when it was told to, and was given up",
            ),
        };
        let facts = digest::turn(&report, stopper.asked(), &nonce, capabilities);
        (Answer::Ran(Ok(facts)), Payload::Session(report.session))
    }
}

pub(super) fn gate(ports: &Ports, slot: &Slot, context: CallContext) -> Pending {
    let (Some(gate), Some(tree)) = (ports.parts.gate.clone(), slot.tree.clone()) else {
        let fault = no_worktree(&slot.attempt.task);
        return Box::pin(async move { (Answer::Gated(Err(fault)), Payload::Nothing) });
    };
    let request = GateRequest {
        attempt: slot.attempt.clone(),
        directory: tree.path,
        steps: slot.task.gates.clone(),
        logs: slot.logs.clone(),
    };
    Box::pin(async move {
        match gate.run(request, context).await {
            Ok(report) => {
                let payload = report.failed().map_or(Payload::Nothing, |step| {
                    Payload::GateOutput(digest::gate_output(step, MAX_GATE_OUTPUT))
                });
                (Answer::Gated(Ok(digest::gate(&report))), payload)
            }
            Err(error) => (Answer::Gated(Err(digest::fault(&error))), Payload::Nothing),
        }
    })
}

pub(super) fn review(
    ports: Arc<Ports>,
    slot: &Slot,
    (round, reviewer): (u32, usize),
    stopper: Stopper,
    context: CallContext,
) -> Pending {
    let (Some(reviewer), Some(tree)) = (
        ports.parts.reviewers.get(reviewer).cloned(),
        slot.tree.clone(),
    ) else {
        let fault = no_worktree(&slot.attempt.task);
        return Box::pin(async move { (Answer::Reviewed(Err(fault)), Payload::Nothing) });
    };
    let publisher = ports.publisher.clone();
    let (watch, context) = Watch::new(slot.attempt.task.clone(), publisher, stopper, context);
    let limits = limits(&ports, None);
    let mut request = ReviewRequest {
        attempt: slot.attempt.clone(),
        round,
        task: slot.task.body.clone(),
        directory: tree.path.clone(),
        diff: crate::ports::Diff::default(),
        feedback: slot.latest.clone(),
        nonce: crate::nonce(),
        log: log(
            slot,
            &format!("review-{round}-{}.log", slug(&reviewer.info().name)),
        ),
    };
    let wanted = DiffRequest {
        tree,
        limit: MAX_DIFF,
    };
    Box::pin(async move {
        match ports.parts.git.diff(wanted).await {
            Ok(diff) => request.diff = diff,
            Err(error) => {
                return (
                    Answer::Reviewed(Err(digest::fault(&error))),
                    Payload::Nothing,
                );
            }
        }
        let call = reviewer.review(request, context);
        match watch.limit(limits, call).await {
            Ok(Ok(review)) => reviewed(&review),
            Ok(Err(error)) => (
                Answer::Reviewed(Err(digest::fault(&error))),
                Payload::Nothing,
            ),
            Err(_) => reviewed(&Review::from(Ruling::Unavailable {
                why: "the reviewer took too long".to_owned(),
            })),
        }
    })
}

fn reviewed(review: &Review) -> Done {
    let payload = match &review.ruling {
        Ruling::Changes { findings } => Payload::Findings(findings.clone()),
        Ruling::Approved | Ruling::Unavailable { .. } => Payload::Nothing,
    };
    (Answer::Reviewed(Ok(digest::review(review))), payload)
}

fn limits(ports: &Ports, wall: Option<Duration>) -> Limits {
    Limits {
        wall: wall.unwrap_or(ports.parts.policy.turn_limit),
        idle: ports.parts.policy.idle_limit,
        grace: ports.parts.policy.grace,
    }
}

fn log(slot: &Slot, name: &str) -> Option<PathBuf> {
    slot.logs.as_ref().map(|logs| logs.join(name))
}

fn slug(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect()
}
