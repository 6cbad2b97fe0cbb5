//! What the engine keeps for the planner, and its calls.

use std::path::PathBuf;
use std::sync::Arc;

use super::calls::limits;
use super::perform::{Done, Pending, answer};
use super::planner::Planner;
use super::ports::{Parts, Ports};
use super::slot::Payload;
use super::surroundings;
use super::watch::{Limits, Watch};
use crate::dispatch::{Answer, CountFacts, Fault, PlanCall, PlanFacts, PlanTurn};
use crate::error::Advice;
use crate::file_name::file_name;
use crate::model::{
    AttemptId, EndReason, Nonce, Origin, OriginKind, Role, SessionId, Source, Task, TaskId,
};
use crate::ports::{
    AcquireRequest, Added, CallContext, Harness, Release, Released, Stopper, StoreError,
    TaskFilter, TurnReport, TurnRequest, Worktree,
};
use crate::protocol::planned::{self, Mistakes};
use crate::protocol::prompt::{Around, Form, Known, Orientation, PlanAsk, PromptInput, Request};
use crate::protocol::signals::Word;
use crate::protocol::{backlog, digest, schema};
use crate::store::all_rows;

/// The payloads of the plan under way.
#[derive(Debug, Default)]
pub(super) struct Desk {
    name: Option<TaskId>,
    known: Vec<Known>,
    more: usize,
    plan: u32,
    tree: Option<Worktree>,
    orientation: Vec<Orientation>,
    session: Option<SessionId>,
    said: Option<Result<Vec<Task>, Mistakes>>,
    mistakes: Vec<String>,
}

/// What a call for the planner brought back, beside the facts.
#[derive(Debug)]
pub(super) enum Note {
    Counted {
        name: TaskId,
        known: Vec<Known>,
        more: usize,
    },
    Tree {
        plan: u32,
        tree: Worktree,
        orientation: Vec<Orientation>,
    },
    Said {
        session: Option<SessionId>,
        plan: Result<Vec<Task>, Mistakes>,
    },
    Refused(Vec<String>),
}

impl Desk {
    pub(super) fn absorb(&mut self, note: Note) {
        match note {
            Note::Counted { name, known, more } => {
                *self = Self {
                    name: Some(name),
                    known,
                    more,
                    ..Self::default()
                };
            }
            Note::Tree {
                plan,
                tree,
                orientation,
            } => {
                self.plan = plan;
                self.tree = Some(tree);
                self.orientation = orientation;
            }
            Note::Said { session, plan } => {
                self.session = session;
                self.said = Some(plan);
            }
            Note::Refused(mistakes) => self.mistakes = mistakes,
        }
    }

    /// Carries out a call for the planner.
    pub(super) fn call(
        &self,
        ports: Arc<Ports>,
        call: PlanCall,
        stopper: Stopper,
        context: CallContext,
    ) -> Pending {
        match call {
            PlanCall::Count => Box::pin(count(ports)),
            PlanCall::Acquire { plan } => match self.attempt(&ports, plan) {
                Some(attempt) => Box::pin(acquire(ports, attempt, context)),
                None => answer(Answer::Acquired(Err(nothing()))),
            },
            PlanCall::Run(turn) => match self.prepare(&ports, &turn) {
                Ok(speech) => Box::pin(speech.run(ports, stopper, context)),
                Err(fault) => answer(Answer::Ran(Err(fault))),
            },
            PlanCall::Add => match (self.said.clone(), self.attempt(&ports, self.plan)) {
                (Some(said), Some(attempt)) => Box::pin(add(ports, said, attempt)),
                (None, _) | (_, None) => answer(Answer::Planned(Err(nothing()))),
            },
            PlanCall::Release(how) => match self.tree.clone() {
                Some(tree) => Box::pin(release(ports, tree, how)),
                None => answer(Answer::Released(Ok(Released::Removed))),
            },
        }
    }

    /// A plan is an attempt at no task.
    fn attempt(&self, ports: &Ports, plan: u32) -> Option<AttemptId> {
        Some(AttemptId {
            run: ports.parts.run.clone(),
            task: self.name.clone()?,
            number: plan,
        })
    }

    fn prepare(&self, ports: &Ports, turn: &PlanTurn) -> Result<Speech, Fault> {
        let kit = &ports.parts;
        let planner = kit.planner.as_ref().ok_or_else(nothing)?;
        let attempt = self.attempt(ports, turn.plan).ok_or_else(nothing)?;
        let tree = self.tree.as_ref().ok_or_else(nothing)?;
        let harness = kit.harness(&turn.harness)?;
        let form = Form::Structured.within(harness.capabilities());
        let nonce = crate::nonce();
        let session = self.session.clone().filter(|_| turn.resume);
        let resumed = session.is_some();
        let ask = self.ask(planner);
        let prompt = self.prompt(kit, (&attempt, turn.turn), ask, &nonce, (resumed, form));
        let log = logs(ports, &attempt).map(|logs| logs.join(format!("turn-{}.log", turn.turn)));
        let request = TurnRequest {
            turn: turn.turn,
            role: Role::Plan,
            session,
            model: planner.model.clone().or_else(|| kit.model.clone()),
            nonce,
            budget: turn.budget.cost,
            read_only: harness.capabilities().read_only,
            schema: (form == Form::Structured).then(schema::planner_schema),
            log,
            ..TurnRequest::new(attempt, prompt, &tree.path)
        };
        Ok(Speech {
            harness,
            request,
            limits: limits(ports, None, turn.budget.time),
        })
    }

    fn ask<'a>(&'a self, planner: &'a Planner) -> PlanAsk<'a> {
        PlanAsk {
            instructions: planner.instructions.as_deref(),
            known: &self.known,
            more: self.more,
            mistakes: &self.mistakes,
        }
    }

    fn prompt(
        &self,
        kit: &Parts,
        (attempt, turn): (&AttemptId, u32),
        ask: PlanAsk<'_>,
        nonce: &Nonce,
        (resumed, form): (bool, Form),
    ) -> String {
        let nobody = Task::new(attempt.task.as_str(), "").expect("the id of a task id");
        let branch = self.tree.as_ref().map(|tree| tree.branch.as_str());
        kit.prompts.render(&PromptInput {
            attempt,
            turn,
            ask: Request::Plan(ask),
            nonce,
            task: &nobody,
            resumed,
            branch: branch.unwrap_or_default(),
            gate_output: "",
            reviews: &[],
            onto: None,
            conflicts: &[],
            around: Around {
                orientation: &self.orientation,
                words: Word::PLANNER,
                form,
                ..Around::default()
            },
        })
    }
}

/// A turn of the planner, ready to run.
struct Speech {
    harness: Arc<dyn Harness>,
    request: TurnRequest,
    limits: Limits,
}

impl Speech {
    async fn run(self, ports: Arc<Ports>, stopper: Stopper, context: CallContext) -> Done {
        let nonce = self.request.nonce.clone();
        let attempt = self.request.attempt.clone();
        let capabilities = self.harness.capabilities();
        let (watch, context) = Watch::new((attempt, None), ports, stopper.clone(), context);
        let call = self.harness.run(self.request, context);
        let report = match watch.limit(self.limits, call).await {
            Ok(Ok(report)) => report,
            Ok(Err(error)) => {
                return (Answer::Ran(Err(digest::fault(&error))), Payload::Nothing);
            }
            Err(given_up) => TurnReport::ended(
                EndReason::TimedOut { limit: given_up.0 },
                "the planner did not end when it was told to, and was given up",
            ),
        };
        let facts = digest::turn(&report, stopper.asked(), &nonce, (Role::Plan, capabilities));
        let plan = match &report.structured {
            Some(answer) => planned::answered(answer, &nonce),
            None => planned::said(&report.message, &nonce),
        };
        let session = report.session;
        let note = Note::Said { session, plan };
        (Answer::Ran(Ok(facts)), Payload::Desk(note))
    }
}

async fn count(ports: Arc<Ports>) -> Done {
    let rows = match all_rows(&*ports.parts.store, TaskFilter::default()).await {
        Ok(rows) => rows,
        Err(error) => {
            return (
                Answer::Counted(Err(digest::fault(&error))),
                Payload::Nothing,
            );
        }
    };
    let source = ports.parts.source.as_ref();
    let pending = backlog::pending(&rows, source, ports.clock.now());
    let name = backlog::planner_name(&rows);
    let (known, more) = backlog::known(&rows);
    let facts = CountFacts {
        pending,
        name: name.clone(),
    };
    let note = Note::Counted { name, known, more };
    (Answer::Counted(Ok(facts)), Payload::Desk(note))
}

async fn acquire(ports: Arc<Ports>, attempt: AttemptId, context: CallContext) -> Done {
    let plan = attempt.number;
    let logs = logs(&ports, &attempt);
    let request = AcquireRequest {
        attempt,
        logs,
        earlier: None,
    };
    match ports.parts.git.acquire(request, context).await {
        Ok(tree) => {
            let orientation = surroundings::orientation(&ports, &tree.path).await;
            let note = Note::Tree {
                plan,
                tree: tree.clone(),
                orientation,
            };
            (Answer::Acquired(Ok(tree)), Payload::Desk(note))
        }
        Err(error) => (
            Answer::Acquired(Err(digest::fault(&error))),
            Payload::Nothing,
        ),
    }
}

/// Adds a plan, all of it or nothing.
async fn add(ports: Arc<Ports>, said: Result<Vec<Task>, Mistakes>, attempt: AttemptId) -> Done {
    let refused = |mistakes: &Mistakes| {
        let lines = mistakes.lines().to_vec();
        let facts = PlanFacts {
            mistakes: lines.clone(),
            ..PlanFacts::default()
        };
        let note = Note::Refused(lines);
        (Answer::Planned(Ok(facts)), Payload::Desk(note))
    };
    let tasks = match said {
        Ok(tasks) => tasks,
        Err(mistakes) => return refused(&mistakes),
    };
    match settle(&ports, tasks, &attempt).await {
        Ok(Ok(added)) => {
            let facts = PlanFacts {
                added,
                ..PlanFacts::default()
            };
            (Answer::Planned(Ok(facts)), Payload::Nothing)
        }
        Ok(Err(mistakes)) => refused(&mistakes),
        Err(error) => (
            Answer::Planned(Err(digest::fault(&error))),
            Payload::Nothing,
        ),
    }
}

async fn settle(
    ports: &Ports,
    tasks: Vec<Task>,
    attempt: &AttemptId,
) -> Result<Result<Vec<TaskId>, Mistakes>, StoreError> {
    // Who it was is known before anything is changed.
    let AttemptId { run, task, number } = attempt;
    let who = format!("{run}/{task}-{number}");
    let origin = Origin::new(OriginKind::Planner, who, ports.clock.now());
    let origin = origin.expect("a planner has a name");
    let source = ports.parts.source.clone();
    let source = source.unwrap_or_else(|| Source("planner".to_owned()));
    let store = &ports.parts.store;
    let rows = all_rows(&**store, TaskFilter::default()).await?;
    let new = match planned::settled(tasks, rows, &origin, &source) {
        Ok(new) => new,
        Err(mistakes) => return Ok(Err(mistakes)),
    };
    let ids: Vec<TaskId> = new.iter().map(|new| new.task.id.clone()).collect();
    if new.is_empty() {
        return Ok(Ok(ids));
    }
    let added = store.add(new).await?;
    let added = ids.into_iter().zip(added);
    let new = added.filter(|(_, added)| matches!(added, Added::New | Added::Updated));
    Ok(Ok(new.map(|(id, _)| id).collect()))
}

async fn release(ports: Arc<Ports>, tree: Worktree, how: Release) -> Done {
    let released = ports.parts.git.release(&tree, how).await;
    let released = released.map_err(|error| digest::fault(&error));
    (Answer::Released(released), Payload::Nothing)
}

fn logs(ports: &Ports, attempt: &AttemptId) -> Option<PathBuf> {
    let folder = ports.parts.logs.as_ref()?;
    let name = file_name(attempt.task.as_str());
    Some(folder.join(format!("{name}-{}", attempt.number)))
}

/// A call for a planner that is not there.
fn nothing() -> Fault {
    Fault {
        advice: Advice::Bug,
        message: "there is no plan under way".to_owned(),
        task: None,
    }
}
