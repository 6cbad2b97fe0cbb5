//! An agent that follows a script.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::task::JoinSet;

use super::FakeGit;
use super::act::{Act, Finish};
use crate::error::Failure;
use crate::model::{EndReason, Killer, Role, SessionId, TaskId};
use crate::ports::{
    AgentEvent, Answer, CallContext, Capabilities, Harness, HarnessError, HarnessErrorKind, Matter,
    Question, Stop, TurnReport, TurnRequest,
};

/// A [`Harness`] that plays acts: those given for a task in their order, then
/// the default act. Without a script it commits a path named after the task.
///
/// ```
/// use std::sync::Arc;
/// use swarm_core::testing::{Act, FakeGit, ScriptedHarness};
/// let git = Arc::new(FakeGit::new());
/// let agent = ScriptedHarness::new(git).on("t1", [Act::nothing(), Act::commits("a.rs").done()]);
/// ```
#[derive(Debug)]
pub struct ScriptedHarness {
    git: Arc<FakeGit>,
    default: Option<Act>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    scripts: BTreeMap<String, VecDeque<Act>>,
    calls: Vec<TurnRequest>,
    answers: Vec<Answer>,
    running: usize,
    most: usize,
    forget: bool,
}

impl ScriptedHarness {
    /// An agent that works in this repository.
    pub fn new(git: Arc<FakeGit>) -> Self {
        Self {
            git,
            default: None,
            state: Mutex::default(),
        }
    }

    /// What it does for a task, turn by turn.
    #[must_use]
    pub fn on(self, task: impl Into<String>, acts: impl IntoIterator<Item = Act>) -> Self {
        self.with(|state| {
            state
                .scripts
                .insert(task.into(), acts.into_iter().collect());
        });
        self
    }

    /// What it does where nothing else is said.
    #[must_use]
    pub fn otherwise(mut self, act: Act) -> Self {
        self.default = Some(act);
        self
    }

    /// Keeps no record of its calls: for runs of many thousand tasks.
    #[must_use]
    pub fn forgetful(self) -> Self {
        self.with(|state| state.forget = true);
        self
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<TurnRequest> {
        self.with(|state| state.calls.clone())
    }

    /// The answers to what it asked, in the order in which they came.
    pub fn answers(&self) -> Vec<Answer> {
        self.with(|state| state.answers.clone())
    }

    /// The roles of a task's turns so far.
    pub fn roles(&self, task: &str) -> Vec<Role> {
        let calls = self.calls();
        let own = calls
            .iter()
            .filter(|call| call.attempt.task.as_str() == task);
        own.map(|call| call.role).collect()
    }

    /// How many turns are under way.
    pub fn under_way(&self) -> usize {
        self.with(|state| state.running)
    }

    /// The most turns that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.with(|state| state.most)
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn next(&self, task: &TaskId) -> Act {
        self.with(|state| state.scripts.get_mut(task.as_str())?.pop_front())
            .or_else(|| self.default.clone())
            .unwrap_or_else(|| Act::commits(task.as_str()))
    }

    /// Asks all at once; whether nothing was denied.
    async fn ask(&self, matters: Vec<Matter>, context: &CallContext) -> bool {
        let mut asked = JoinSet::new();
        for (number, matter) in matters.into_iter().enumerate() {
            let (name, context) = (number.to_string(), context.clone());
            asked.spawn(async move { context.ask(Question { name, matter }).await });
        }
        let mut allowed = true;
        while let Some(answer) = asked.join_next().await {
            // A panic in there is the embedder's, and shows that nobody allowed it.
            allowed &= answer.is_ok_and(|answer| {
                self.with(|state| state.answers.push(answer.clone()));
                !matches!(answer, Answer::Deny { .. })
            });
        }
        allowed
    }

    fn work(&self, act: &Act, turn: &TurnRequest) {
        if act.takes_in {
            self.git.take_in(&turn.directory);
        }
        if !act.commits.is_empty() {
            self.git.commit(&turn.directory, &act.commits);
        }
        for path in &act.edits {
            self.git.edit(&turn.directory, path);
        }
    }
}

/// Counts a turn as under way, also if it is dropped.
struct Count<'a>(&'a ScriptedHarness);

impl<'a> Count<'a> {
    fn begin(harness: &'a ScriptedHarness, turn: &TurnRequest) -> Self {
        harness.with(|state| {
            if !state.forget {
                state.calls.push(turn.clone());
            }
            state.running += 1;
            state.most = state.most.max(state.running);
        });
        Self(harness)
    }
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        self.0.with(|state| state.running -= 1);
    }
}

fn stopped(how: Stop) -> TurnReport {
    let end = match how {
        Stop::Limit(limit) => EndReason::TimedOut { limit },
        Stop::Gently | Stop::Now => EndReason::Killed { by: Killer::Swarm },
    };
    TurnReport::ended(end, "stopped")
}

#[async_trait]
impl Harness for ScriptedHarness {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_resume(true)
    }

    async fn run(
        &self,
        turn: TurnRequest,
        context: CallContext,
    ) -> Result<TurnReport, HarnessError> {
        if let Some(how) = context.stop() {
            return Ok(stopped(how));
        }
        let _count = Count::begin(self, &turn);
        let act = self.next(&turn.attempt.task);
        context.alive();
        if let Some(wait) = act.waits {
            context.emit(AgentEvent::Waits { wait });
        }
        if !act.takes.is_zero() {
            tokio::select! {
                biased;
                how = context.stopped() => return Ok(stopped(how)),
                () = tokio::time::sleep(act.takes) => {}
            }
        }
        if let Some(session) = act.names.clone() {
            context.emit(AgentEvent::Session { session });
        }
        if self.ask(act.asks.clone(), &context).await {
            self.work(&act, &turn);
        }
        match act.end {
            Finish::Report(EndReason::Finished) => {
                let says = act.says.replace("{nonce}", turn.nonce.as_str());
                Ok(TurnReport {
                    session: Some(SessionId::new(format!("s-{}", turn.attempt.task))),
                    context: act.fills,
                    looked_at: act.looks_at,
                    cost: act.costs,
                    ..TurnReport::finished(says.replace("{prompt}", &turn.prompt))
                })
            }
            Finish::Report(end) => Ok(TurnReport {
                cost: act.costs,
                ..TurnReport::ended(end, "as scripted")
            }),
            Finish::Error(advice) => Err(Failure::new(
                HarnessErrorKind::Start,
                "start the scripted agent",
                advice,
            )),
            Finish::Panic => panic!("as scripted"),
            Finish::Hang => Ok(TurnReport {
                cost: act.costs,
                ..stopped(context.stopped().await)
            }),
            Finish::HangOn => std::future::pending().await,
        }
    }
}
