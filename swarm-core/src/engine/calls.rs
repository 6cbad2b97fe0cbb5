//! The calls that take long: turns and gates. They are limited, heard, and can
//! be stopped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::perform::{Done, Pending, no_worktree};
use super::ports::Ports;
use super::slot::{Payload, Slot};
use super::watch::{Limits, Watch};
use crate::dispatch::{Answer, Ask, Fault, TurnPlan};
use crate::model::{EndReason, Nonce, Role, TaskId};
use crate::ports::{
    CallContext, GateRequest, Harness, Keep, Stopper, TurnReport, TurnRequest, Worktree,
};
use crate::protocol::prompt::{Around, Form, PromptInput, Request};
use crate::protocol::signals::Word;
use crate::protocol::{digest, schema};

/// Longest gate output in a prompt, in bytes.
const MAX_GATE_OUTPUT: usize = 16 * 1024;

/// A turn, ready to run.
pub(super) struct Turn {
    harness: Arc<dyn Harness>,
    request: TurnRequest,
    limits: Limits,
    keep: Keep,
}

impl Turn {
    pub(super) fn prepare(ports: &Ports, slot: &Slot, plan: TurnPlan) -> Result<Self, Fault> {
        let tree = slot.tree.as_ref();
        let tree = tree.ok_or_else(|| no_worktree(&slot.attempt.task))?;
        let harness = ports.parts.harness(&plan.harness)?;
        let nonce = crate::nonce();
        let session = slot.session.clone().filter(|_| plan.resume);
        let words = Word::offered(plan.ask.role(), plan.claims > 0);
        let own = slot.own();
        let ask = request(plan.ask, slot, &own);
        let form = ports.parts.prompts.asked_form();
        let form = form.within(harness.capabilities());
        let schema = schema(form, ask, &words);
        let prompt = prompt(
            ports,
            slot,
            &plan,
            Told {
                tree,
                nonce: &nonce,
                ask,
                words: &words,
                form,
                resumed: session.is_some(),
            },
        );
        let request = TurnRequest {
            attempt: slot.attempt.clone(),
            turn: plan.turn,
            role: plan.ask.role(),
            prompt,
            directory: tree.path.clone(),
            session,
            model: model(ports, slot),
            nonce,
            onto: plan.onto,
            tasks: ports.parts.tasks.clone(),
            budget: plan.budget.cost,
            read_only: false,
            schema,
            git_folders: Vec::new(),
            log: log(slot, &format!("turn-{}.log", plan.turn)),
        };
        Ok(Self {
            harness,
            request,
            limits: limits(ports, slot.task.timeout, plan.budget.time),
            keep: slot.keep.clone(),
        })
    }

    pub(super) async fn run(
        self,
        ports: Arc<Ports>,
        stopper: Stopper,
        context: CallContext,
    ) -> Done {
        let (nonce, role) = (self.request.nonce.clone(), self.request.role);
        let capabilities = self.harness.capabilities();
        let attempt = self.request.attempt.clone();
        let turn = capabilities.resume.then_some(self.request.turn);
        let (watch, context) = Watch::new((attempt, turn), ports, stopper.clone(), context);
        let call = self
            .harness
            .run(self.request, context.with_keep(self.keep.clone()));
        let mut report = match watch.limit(self.limits, call).await {
            Ok(Ok(report)) => report,
            Ok(Err(error)) => {
                return (Answer::Ran(Err(digest::fault(&error))), Payload::Nothing);
            }
            Err(given_up) => TurnReport::ended(
                EndReason::TimedOut { limit: given_up.0 },
                "the agent did not end when it was told to, and was given up",
            ),
        };
        // Whoever was killed in mid-turn has no report of its own.
        if report.session.is_none() && report.end != EndReason::SessionNotFound {
            report.session = watch.session();
        }
        let mut facts = digest::turn(&report, stopper.asked(), &nonce, (role, capabilities));
        facts.kept = !self.keep.is_empty();
        let payload = Payload::Turn {
            note: digest::note(&facts, &report.message, &nonce),
            session: report.session,
            role,
        };
        (Answer::Ran(Ok(facts)), payload)
    }
}

/// What a prompt is made from besides the slot.
#[derive(Clone, Copy)]
struct Told<'a> {
    tree: &'a Worktree,
    nonce: &'a Nonce,
    ask: Request<'a>,
    words: &'a [Word],
    form: Form,
    resumed: bool,
}

/// What the agent is told.
fn prompt(ports: &Ports, slot: &Slot, plan: &TurnPlan, told: Told<'_>) -> String {
    ports.parts.prompts.render(&PromptInput {
        attempt: &slot.attempt,
        turn: plan.turn,
        ask: told.ask,
        nonce: told.nonce,
        task: &slot.task,
        resumed: told.resumed,
        branch: &told.tree.branch,
        gate_output: &slot.gate_output,
        reviews: &slot.reviews,
        onto: plan.onto.as_ref(),
        conflicts: &slot.conflicts,
        around: Around {
            orientation: &slot.surroundings.orientation,
            dependencies: &slot.surroundings.dependencies,
            events: &slot.news,
            decisions: &slot.decisions,
            further: &slot.further,
            pending: if plan.claims > 0 {
                &slot.surroundings.pending
            } else {
                &[]
            },
            tasks: ports.parts.tasks.as_deref(),
            words: told.words,
            form: told.form,
            interrupted: plan.interrupted.then(|| slot.interrupted()),
        },
    })
}

/// What its answer must keep to: the same words as the prompt offers.
fn schema(form: Form, ask: Request<'_>, usual: &[Word]) -> Option<serde_json::Value> {
    match (form, ask.role()) {
        (Form::Lines, _) => None,
        (Form::Structured, Role::Validate) => Some(schema::validator_schema()),
        (Form::Structured, _) => Some(schema::worker_schema(ask.words(usual))),
    }
}

fn model(ports: &Ports, slot: &Slot) -> Option<String> {
    let own = slot.task.model.clone();
    own.or_else(|| ports.parts.model.clone())
}

/// What is asked for, with what the agent said itself.
fn request<'a>(ask: Ask, slot: &'a Slot, own: &'a [TaskId]) -> Request<'a> {
    let (commits, uncommitted) = slot.left;
    match ask {
        Ask::Nudge => Request::Nudge,
        Ask::FollowUp => Request::FollowUp {
            why: &slot.note,
            owned: own,
            commits,
            uncommitted,
        },
        Ask::Claims => Request::Claims {
            claimed: &slot.asked.claimed,
            failed: &slot.asked.failed,
        },
        Ask::HandOff => Request::HandOff,
        Ask::Continue => Request::Continue { note: &slot.note },
        Ask::Validate => Request::Validate,
        Ask::Decide => Request::Decide,
        Ask::Task
        | Ask::GoOn
        | Ask::SayDone
        | Ask::Commit
        | Ask::MendGate
        | Ask::MendReview
        | Ask::Resolve => Request::Ask(ask),
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
        steps: slot.gates(),
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

/// `left` is the time that is left for more than this call.
pub(super) fn limits(ports: &Ports, wall: Option<Duration>, left: Option<Duration>) -> Limits {
    let wall = wall.unwrap_or(ports.parts.policy.turn_limit);
    Limits {
        wall: left.map_or(wall, |left| left.min(wall)),
        idle: ports.parts.policy.idle_limit,
        grace: ports.parts.policy.grace,
    }
}

pub(super) fn log(slot: &Slot, name: &str) -> Option<PathBuf> {
    slot.logs.as_ref().map(|logs| logs.join(name))
}
