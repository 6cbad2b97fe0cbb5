//! The loop: an input comes, the dispatcher decides, calls are started.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use super::accounts::Membership;
use super::control::Control;
use super::desk::Desk;
use super::perform;
use super::ports::{Named, Ports};
use super::slot::{Payload, Slot};
use crate::dispatch::{
    Answer, Call, Command, Dispatcher, Fault, Guest, Input, PlanCall, Snapshot, Ticket,
};
use crate::error::Advice;
use crate::event::Event;
use crate::model::{Claim, Ending, HarnessName, RunEnd, SessionId, TaskId};
use crate::ports::{CallContext, Step, Stopper};
use crate::protocol::digest;
use crate::report::PlanningReport;

/// A call under way.
#[derive(Debug)]
struct Underway {
    ticket: Ticket,
    task: Option<TaskId>,
    /// Makes the answer for a call that died.
    fail: fn(Fault) -> Answer,
    abort: AbortHandle,
    stopper: Option<Stopper>,
}

/// Why a run ended, and what its planner did.
pub(super) type Ended = (RunEnd, Option<PlanningReport>);

/// A run under way.
#[derive(Debug)]
pub(super) struct Engine {
    ports: Arc<Ports>,
    dispatcher: Dispatcher,
    calls: JoinSet<perform::Done>,
    tickets: BTreeMap<Ticket, Id>,
    underway: BTreeMap<Id, Underway>,
    slots: BTreeMap<TaskId, Slot>,
    desk: Desk,
    planning: Option<PlanningReport>,
    watchers: BTreeMap<TaskId, Vec<oneshot::Sender<()>>>,
    /// Kept while somebody looks.
    snapshots: Option<watch::Sender<Snapshot>>,
    control: mpsc::UnboundedReceiver<Control>,
    names: mpsc::UnboundedReceiver<Named>,
    accounts: Membership,
}

impl Engine {
    pub(super) fn new(
        ports: Arc<Ports>,
        dispatcher: Dispatcher,
        (control, names): (
            mpsc::UnboundedReceiver<Control>,
            mpsc::UnboundedReceiver<Named>,
        ),
        accounts: Membership,
    ) -> Self {
        let planning = ports.parts.planner.as_ref();
        let planning = planning.map(|_| PlanningReport::default());
        Self {
            accounts,
            ports,
            dispatcher,
            calls: JoinSet::new(),
            tickets: BTreeMap::new(),
            underway: BTreeMap::new(),
            slots: BTreeMap::new(),
            desk: Desk::default(),
            planning,
            watchers: BTreeMap::new(),
            snapshots: None,
            control,
            names,
        }
    }

    /// Runs until the dispatcher is idle; why that was, and what its planner did.
    pub(super) async fn run(mut self, start: Input) -> Ended {
        self.input(start);
        while !self.dispatcher.is_idle() {
            let deadline = self.dispatcher.deadline();
            let clock = self.ports.clock;
            let sleep = async move {
                match deadline {
                    Some(at) => tokio::time::sleep_until(clock.instant(at)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(control) = self.control.recv() => self.control(control),
                // Before the end of its turn, which comes after it.
                Some(named) = self.names.recv() => self.named(named),
                Some(done) = self.calls.join_next_with_id() => self.done(done),
                news = self.accounts.hear() => self.input(news),
                () = sleep => self.input(Input::Tick),
            }
        }
        self.ports.publisher.publish(self.dispatcher.farewell());
        (self.dispatcher.end(), self.planning)
    }

    fn control(&mut self, control: Control) {
        match control {
            Control::Stop { now } => self.input(Input::Stop { now }),
            Control::Added => self.input(Input::Added),
            Control::Steer(input) => self.input(*input),
            Control::Why { task, reply } => {
                // Whoever asked may have gone meanwhile.
                let now = self.ports.clock.now();
                let _ = reply.send(self.dispatcher.why(now, &task));
            }
            Control::Snapshots { reply } => {
                let sender = self.snapshots.take();
                let sender = sender.unwrap_or_else(|| watch::Sender::new(Snapshot::default()));
                let receiver = sender.subscribe();
                self.snapshots = Some(sender);
                self.look();
                let _ = reply.send(receiver);
            }
            Control::Watch { task, reply } => self.watchers.entry(task).or_default().push(reply),
        }
    }

    fn named(&mut self, named: Named) {
        let Named {
            task,
            turn,
            session,
        } = named;
        if let Some(slot) = self.slots.get_mut(&task) {
            slot.session = Some(session.clone());
        }
        self.input(Input::Named {
            task,
            turn,
            session,
        });
    }

    fn done(&mut self, done: Result<(Id, perform::Done), JoinError>) {
        let (id, done) = match done {
            Ok((id, done)) => (id, Ok(done)),
            Err(error) => (error.id(), Err(error)),
        };
        let Some(call) = self.underway.remove(&id) else {
            return;
        };
        self.tickets.remove(&call.ticket);
        let (answer, payload) = done.unwrap_or_else(|error| {
            let answer = (call.fail)(death(error));
            (answer, Payload::Nothing)
        });
        match (payload, call.task) {
            (Payload::Claims(won), _) => {
                for claimed in won {
                    let slot = Slot::new(
                        &self.ports.parts.run,
                        claimed,
                        self.ports.parts.logs.as_ref(),
                    );
                    // A task that is handed out twice keeps its first slot.
                    self.slots.entry(slot.attempt.task.clone()).or_insert(slot);
                }
            }
            (Payload::Desk(note), _) => self.desk.absorb(note),
            (payload, Some(task)) => {
                if let Some(slot) = self.slots.get_mut(&task) {
                    slot.absorb(payload);
                }
            }
            (_, None) => {}
        }
        self.input(Input::Answer {
            ticket: call.ticket,
            answer,
        });
    }

    fn input(&mut self, input: Input) {
        let now = self.ports.clock.now();
        let own = !matches!(input, Input::Account { .. });
        for command in self.dispatcher.handle(now, input) {
            if let Command::Publish(event) = &command
                && own
            {
                self.accounts.tell(event);
            }
            self.perform(command);
        }
        self.look();
    }

    /// Tells those who look what the run is doing.
    fn look(&mut self) {
        let Some(sender) = self.snapshots.take_if(|sender| sender.receiver_count() > 0) else {
            return;
        };
        let snapshot = self.dispatcher.snapshot(self.ports.clock.now());
        sender.send_if_modified(|old| {
            let news = *old != snapshot;
            *old = snapshot;
            news
        });
        self.snapshots = Some(sender);
    }

    fn perform(&mut self, command: Command) {
        match command {
            Command::Claim {
                ticket,
                limit,
                room,
            } => {
                let call = perform::claim(Arc::clone(&self.ports), limit, room);
                let fail = |fault| Answer::Claimed(Err(fault));
                self.start(ticket, None, fail, call, None);
            }
            Command::Renew { ticket, claims } => {
                let call = perform::renew(Arc::clone(&self.ports), claims);
                let fail = |fault| Answer::Renewed(Err(fault));
                self.start(ticket, None, fail, call, None);
            }
            Command::Name {
                ticket,
                claim,
                turn,
                session,
                harness,
            } => {
                self.name(ticket, claim, (turn, session, harness));
            }
            Command::Call {
                ticket,
                task,
                call,
                guests,
            } => self.call(ticket, task, call, guests),
            Command::Stop { ticket, how } => {
                if let Some(stopper) = self.underway(ticket).and_then(|call| call.stopper.as_ref())
                {
                    stopper.stop(how);
                }
            }
            Command::Abandon { ticket } => {
                if let Some(call) = self.underway(ticket) {
                    call.abort.abort();
                }
            }
            Command::Plan { ticket, call } => self.plan(ticket, call),
            Command::Publish(event) => self.publish(event),
            Command::Forget { task, ending } => self.forget(&task, &ending),
        }
    }

    fn name(
        &mut self,
        ticket: Ticket,
        claim: Claim,
        (turn, session, harness): (u32, SessionId, HarnessName),
    ) {
        let step = Step::Name {
            turn,
            session,
            harness,
        };
        let call = perform::name(Arc::clone(&self.ports), claim, step);
        let fail = |fault| Answer::Applied(Err(fault));
        self.start(ticket, None, fail, call, None);
    }

    fn call(&mut self, ticket: Ticket, task: TaskId, call: Call, guests: Vec<Guest>) {
        let fail = call.failure();
        let (stopper, context) = CallContext::stoppable();
        let begins = matches!(call, Call::Run(_));
        let call = if let Some(slot) = self.slots.get_mut(&task) {
            let call = perform::call(
                Arc::clone(&self.ports),
                slot,
                (call, guests),
                stopper.clone(),
                self.ports.parts.equip(context),
            );
            if begins {
                slot.news.clear();
            }
            call
        } else {
            perform::answer(fail(perform::no_worktree(&task)))
        };
        self.start(ticket, Some(task), fail, call, Some(stopper));
    }

    fn publish(&mut self, event: Event) {
        for slot in self.slots.values_mut() {
            slot.heed(&event);
        }
        if let Some(planning) = &mut self.planning {
            planning.see(&event);
        }
        self.ports.publisher.publish(event);
    }

    fn plan(&mut self, ticket: Ticket, call: PlanCall) {
        let fail = call.failure();
        let (stopper, context) = CallContext::stoppable();
        let context = self.ports.parts.equip(context);
        let ports = Arc::clone(&self.ports);
        let call = self.desk.call(ports, call, stopper.clone(), context);
        self.start(ticket, None, fail, call, Some(stopper));
    }

    fn start(
        &mut self,
        ticket: Ticket,
        task: Option<TaskId>,
        fail: fn(Fault) -> Answer,
        call: perform::Pending,
        stopper: Option<Stopper>,
    ) {
        let abort = self.calls.spawn(call);
        let id = abort.id();
        self.tickets.insert(ticket, id);
        let call = Underway {
            ticket,
            task,
            fail,
            abort,
            stopper,
        };
        self.underway.insert(id, call);
    }

    fn underway(&self, ticket: Ticket) -> Option<&Underway> {
        self.underway.get(self.tickets.get(&ticket)?)
    }

    fn forget(&mut self, task: &TaskId, ending: &Ending) {
        self.slots.remove(task);
        if ending.settles() {
            for watcher in self.watchers.remove(task).into_iter().flatten() {
                // Whoever waited may have gone meanwhile.
                let _ = watcher.send(());
            }
        }
    }
}

/// A call that panicked, or was given up.
fn death(error: JoinError) -> Fault {
    if error.is_cancelled() {
        return Fault {
            advice: Advice::Bug,
            message: "a call did not stop when it was told to, and was given up".to_owned(),
            task: None,
        };
    }
    let panic = error.into_panic();
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message");
    digest::panic(text)
}
