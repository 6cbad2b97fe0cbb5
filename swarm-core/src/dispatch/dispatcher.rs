//! The dispatcher: facts in, commands out. Pure: no clock, no I/O, no locks.

use std::collections::{BTreeMap, VecDeque};

use super::attempt::{Attempt, Call, Land, Next, Phase, Rules};
use super::command::{Command, Note, Ticket};
use super::input::{Answer, ClaimFacts, Fault, Input, Won};
use super::intake::Intake;
use super::landing::Queue;
use super::leases::Leases;
use super::pacing::Budget;
use super::policy::{Policy, Until};
use crate::event::Event;
use crate::model::{Ending, TaskId, Timestamp};
use crate::ports::{Renewal, Stop};

/// What a run works with, as far as decisions need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// There are gate steps.
    pub gated: bool,
    /// Names of the reviewers, in the order in which they are asked.
    pub reviewers: Vec<String>,
}

/// Whether the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    Running,
    Stopping { now: bool },
}

/// Who waits for the answer to a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Intake { limit: usize },
    Leases,
    Attempt(TaskId),
}

/// The state machine of a run. It holds live attempts only: what waits, and
/// what is done, is in the store.
///
/// ```
/// use swarm_core::dispatch::{Command, Dispatcher, Input, Policy, Setting};
/// use swarm_core::model::{Oid, Timestamp};
/// let mut dispatcher = Dispatcher::new(Policy::default(), Setting::default());
/// let commands = dispatcher.handle(
///     Timestamp(0),
///     Input::Start { target: "main".into(), tip: Oid::new("abc") },
/// );
/// assert!(matches!(commands[..], [Command::Publish(_), Command::Claim { limit: 1, .. }]));
/// ```
#[derive(Debug)]
pub struct Dispatcher {
    pub(super) policy: Policy,
    pub(super) setting: Setting,
    pub(super) attempts: BTreeMap<TaskId, Attempt>,
    pub(super) queue: Queue,
    pub(super) course: Course,
    owners: BTreeMap<Ticket, Owner>,
    last_ticket: u64,
    intake: Intake,
    leases: Leases,
    waiting: VecDeque<TaskId>,
    budget: Budget,
    landed: usize,
    begun: u64,
}

impl Dispatcher {
    /// A run that has not begun.
    pub fn new(policy: Policy, setting: Setting) -> Self {
        Self {
            budget: Budget::new(policy.max_cost),
            policy,
            setting,
            attempts: BTreeMap::new(),
            queue: Queue::default(),
            course: Course::Running,
            owners: BTreeMap::new(),
            last_ticket: 0,
            intake: Intake::new(),
            leases: Leases::Idle,
            waiting: VecDeque::new(),
            landed: 0,
            begun: 0,
        }
    }

    /// What follows from an input. `now` never goes backwards.
    #[must_use]
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Command> {
        let mut out = Vec::with_capacity(4);
        match input {
            Input::Start { target, tip } => out.push(Command::Publish(Event::RunStarted {
                jobs: self.policy.jobs,
                target,
                tip,
                reviewed: !self.setting.reviewers.is_empty(),
            })),
            Input::Answer { ticket, answer } => self.answer(now, ticket, answer, &mut out),
            Input::Tick => {}
            Input::Added => self.intake.look(),
            Input::Stop { now: at_once } => self.stop(now, at_once, &mut out),
        }
        self.settle(now, &mut out);
        out
    }

    /// When `handle` wants an [`Input::Tick`], if nothing else comes before.
    pub fn deadline(&self) -> Option<Timestamp> {
        let give_up = self
            .attempts
            .values()
            .filter_map(|attempt| match attempt.phase {
                Phase::Stopping { give_up_at, .. } => Some(give_up_at),
                Phase::Recovering(_)
                | Phase::Acquiring
                | Phase::Working(_)
                | Phase::Judging(_)
                | Phase::Landing(_)
                | Phase::Waiting(_)
                | Phase::Ending(_) => None,
            });
        // Without a stop nobody is stopping, but for a lost claim: few.
        give_up
            .chain(self.intake.deadline())
            .chain(self.leases.deadline())
            .min()
    }

    /// The run is over: nothing runs, no answer is out, nothing will come.
    pub fn is_idle(&self) -> bool {
        let may_end = match self.policy.until {
            Until::Drained => true,
            Until::Stopped => self.intake.closed(),
        };
        self.attempts.is_empty() && self.owners.is_empty() && self.intake.dry() && may_end
    }

    /// The last event of a run.
    pub fn farewell(&self) -> Event {
        Event::RunEnded {
            landed: self.landed,
            attempts: self.begun,
        }
    }

    fn answer(&mut self, now: Timestamp, ticket: Ticket, answer: Answer, out: &mut Vec<Command>) {
        // A stale ticket changes nothing.
        match self.owners.remove(&ticket) {
            None => {}
            Some(Owner::Intake { limit }) => self.claimed(now, answer, limit, out),
            Some(Owner::Leases) => self.renewed(now, answer, out),
            Some(Owner::Attempt(task)) => {
                let Some(mut attempt) = self.attempts.remove(&task) else {
                    return;
                };
                attempt.pending = None;
                let before = attempt.spent_cost();
                let held_line = matches!(attempt.phase, Phase::Landing(_));
                let (next, events) = attempt.answered(answer, self.rules(now));
                self.budget.spend(attempt.spent_cost().minus(before));
                if held_line && !matches!(attempt.phase, Phase::Landing(_)) {
                    self.queue.leave(&task);
                }
                self.follow(now, attempt, next, events, out);
            }
        }
    }

    fn claimed(&mut self, now: Timestamp, answer: Answer, limit: usize, out: &mut Vec<Command>) {
        let facts = match answer {
            Answer::Claimed(Ok(facts)) => facts,
            Answer::Claimed(Err(fault)) => return self.claim_failed(now, &fault, out),
            Answer::Renewed(_)
            | Answer::Applied(_)
            | Answer::Contained(_)
            | Answer::Acquired(_)
            | Answer::Ran(_)
            | Answer::Changed(_)
            | Answer::Gated(_)
            | Answer::Reviewed(_)
            | Answer::Merged(_)
            | Answer::Advanced(_)
            | Answer::Released(_) => ClaimFacts::default(),
        };
        self.intake
            .answered(facts.won.len() >= limit, facts.next, now);
        for task in facts.lost {
            out.push(Command::Publish(Event::ClaimLost { task }));
        }
        for won in facts.won {
            self.begin(now, won, out);
        }
    }

    fn claim_failed(&mut self, now: Timestamp, fault: &Fault, out: &mut Vec<Command>) {
        self.intake.failed(now);
        out.push(Command::Publish(Event::Trouble {
            task: None,
            message: format!("no task could be claimed: {}", fault.message),
        }));
    }

    fn begin(&mut self, now: Timestamp, won: Won, out: &mut Vec<Command>) {
        if self.attempts.contains_key(&won.claim.task) {
            // A store that hands out a task twice: the first claim's writes
            // will be refused, and that attempt ends; never two at once.
            out.push(Command::Publish(Event::ClaimLost {
                task: won.claim.task,
            }));
            return;
        }
        out.push(Command::Publish(Event::Claimed {
            task: won.claim.task.clone(),
            attempt: won.attempt,
            harness: won.harness.clone(),
        }));
        self.begun += 1;
        if self.leases == Leases::Idle {
            self.leases = Leases::after(now, &self.policy);
        }
        let (attempt, next) = Attempt::begin(won, now);
        self.follow(now, attempt, next, Vec::new(), out);
    }

    /// Does what follows for an attempt, and puts it back among the living.
    pub(super) fn follow(
        &mut self,
        now: Timestamp,
        mut attempt: Attempt,
        mut next: Next,
        mut events: Vec<Event>,
        out: &mut Vec<Command>,
    ) {
        if let Course::Stopping { .. } = self.course
            && starts_something(&next)
        {
            let task = attempt.task().clone();
            self.queue.leave(&task);
            events
                .retain(|event| !matches!(event, Event::TurnStarted { .. } | Event::Queued { .. }));
            let (end, more) = attempt.end(interrupted());
            next = end;
            events.extend(more);
        }
        out.extend(events.into_iter().map(Command::Publish));
        let task = attempt.task().clone();
        match next {
            Next::Call(call) => {
                let command = self.command(now, &mut attempt, call);
                out.push(command);
            }
            Next::Queue => self.queue.join(task.clone()),
            Next::AwaitSlot => self.waiting.push_back(task.clone()),
            Next::Gone(ending) => {
                self.landed += usize::from(matches!(ending, Ending::Landed { .. }));
                self.intake.look();
                out.push(Command::Forget { task, ending });
                return;
            }
        }
        self.attempts.insert(task, attempt);
    }

    fn ticket(&mut self, owner: Owner) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.owners.insert(ticket, owner);
        ticket
    }

    fn command(&mut self, now: Timestamp, attempt: &mut Attempt, call: Call) -> Command {
        let task = attempt.task().clone();
        let ticket = self.ticket(Owner::Attempt(task.clone()));
        attempt.pending = Some(ticket);
        match call {
            Call::Contains(commit) => Command::Contains {
                ticket,
                task,
                commit,
            },
            Call::Apply(mut note) => {
                if let Note::End { spent, .. } = &mut note {
                    spent.duration = attempt.duration(now);
                }
                let claim = attempt.claim.clone();
                Command::Apply {
                    ticket,
                    claim,
                    note,
                }
            }
            Call::Acquire => Command::Acquire { ticket, task },
            Call::Run(plan) => Command::Run { ticket, task, plan },
            Call::Changes => Command::Changes { ticket, task },
            Call::Gate => Command::Gate { ticket, task },
            Call::Review { round, reviewer } => Command::Review {
                ticket,
                task,
                round,
                reviewer,
            },
            Call::Merge(head) => Command::Merge { ticket, task, head },
            Call::Advance(intent) => Command::Advance {
                ticket,
                task,
                intent,
            },
            Call::Release(how) => Command::Release { ticket, task, how },
        }
    }

    fn renewed(&mut self, now: Timestamp, answer: Answer, out: &mut Vec<Command>) {
        self.leases = Leases::after(now, &self.policy);
        // A renewal that failed is tried again in time: a lease lasts for four.
        let Answer::Renewed(Ok(renewals)) = answer else {
            return;
        };
        for (task, renewal) in renewals {
            if renewal == Renewal::Lost {
                let then = Ending::Lost {
                    reason: "another worker has claimed the task".to_owned(),
                };
                self.stop_attempt(now, &task, then, Stop::Now, out);
            }
        }
    }

    fn stop(&mut self, now: Timestamp, at_once: bool, out: &mut Vec<Command>) {
        let harder = match self.course {
            Course::Running => true,
            Course::Stopping { now: already } => at_once && !already,
        };
        if !harder {
            return;
        }
        self.course = Course::Stopping { now: at_once };
        self.intake.close();
        out.push(Command::Publish(Event::Stopping { now: at_once }));
        let how = if at_once { Stop::Now } else { Stop::Gently };
        let tasks: Vec<TaskId> = self.attempts.keys().cloned().collect();
        for task in tasks {
            self.stop_attempt(now, &task, interrupted(), how, out);
        }
    }

    fn stop_attempt(
        &mut self,
        now: Timestamp,
        task: &TaskId,
        then: Ending,
        how: Stop,
        out: &mut Vec<Command>,
    ) {
        let Some(mut attempt) = self.attempts.remove(task) else {
            return;
        };
        let (step, ask) = attempt.stop(then, now.plus(self.policy.grace));
        if ask && let Some(ticket) = attempt.pending {
            out.push(Command::Stop { ticket, how });
        }
        if !matches!(attempt.phase, Phase::Landing(_)) {
            self.queue.leave(task);
            self.waiting.retain(|other| other != task);
        }
        match step {
            Some((next, events)) => self.follow(now, attempt, next, events, out),
            None => {
                self.attempts.insert(task.clone(), attempt);
            }
        }
    }

    /// What time and free places allow, after every input.
    fn settle(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        self.land(now, out);
        self.fill(now, out);
        self.renew(now, out);
        self.give_up(now, out);
    }

    fn land(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        while let Some(task) = self.queue.next() {
            let Some(mut attempt) = self.attempts.remove(&task) else {
                self.queue.leave(&task);
                continue;
            };
            let Phase::Landing(Land::Queued { head }) = attempt.phase.clone() else {
                self.queue.leave(&task);
                self.attempts.insert(task, attempt);
                continue;
            };
            let next = attempt.merge(head);
            self.follow(now, attempt, next, Vec::new(), out);
        }
    }

    fn fill(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        if self.budget.exhausted() {
            self.intake.close();
        }
        if self.waiting.is_empty() && !self.intake.wants(now) {
            return;
        }
        let taken = self.attempts.values().filter(|a| a.holds_slot()).count();
        let mut free = self
            .policy
            .jobs
            .saturating_sub(taken + self.intake.expected());
        while free > 0
            && let Some(task) = self.waiting.pop_front()
        {
            let Some(mut attempt) = self.attempts.remove(&task) else {
                continue;
            };
            let Phase::Waiting(plan) = attempt.phase.clone() else {
                self.attempts.insert(task, attempt);
                continue;
            };
            free -= 1;
            let (next, events) = attempt.go(plan);
            self.follow(now, attempt, next, events, out);
        }
        let crowded = self.queue.len() >= self.policy.max_queue.max(self.policy.jobs);
        if free > 0 && !crowded && self.intake.wants(now) {
            let ticket = self.ticket(Owner::Intake { limit: free });
            self.intake.ask(ticket, free);
            out.push(Command::Claim {
                ticket,
                limit: free,
            });
        }
    }

    fn renew(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        let Leases::Due(at) = self.leases else {
            return;
        };
        if at > now {
            return;
        }
        if self.attempts.is_empty() {
            self.leases = Leases::Idle;
            return;
        }
        let claims = self.attempts.values().map(|a| a.claim.clone()).collect();
        let ticket = self.ticket(Owner::Leases);
        self.leases = Leases::Renewing(ticket);
        out.push(Command::Renew { ticket, claims });
    }

    fn give_up(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        for attempt in self.attempts.values_mut() {
            if let Phase::Stopping { give_up_at, .. } = &mut attempt.phase
                && *give_up_at <= now
                && let Some(ticket) = attempt.pending
            {
                *give_up_at = now.plus(self.policy.grace);
                out.push(Command::Abandon { ticket });
            }
        }
    }

    fn rules(&self, now: Timestamp) -> Rules<'_> {
        Rules {
            now,
            policy: &self.policy,
            budget: &self.budget,
            gated: self.setting.gated,
            reviewers: &self.setting.reviewers,
        }
    }
}

fn interrupted() -> Ending {
    Ending::Interrupted {
        reason: "the run was stopped".to_owned(),
    }
}

/// Whether this would begin work that a stopping run must not begin.
fn starts_something(next: &Next) -> bool {
    match next {
        Next::Queue | Next::AwaitSlot => true,
        Next::Call(call) => match call {
            Call::Acquire
            | Call::Run(_)
            | Call::Changes
            | Call::Gate
            | Call::Review { .. }
            | Call::Merge(_)
            | Call::Apply(Note::Checkpoint) => true,
            Call::Contains(_)
            | Call::Advance(_)
            | Call::Release(_)
            | Call::Apply(Note::Intend(_) | Note::Withdraw | Note::End { .. }) => false,
        },
        Next::Gone(_) => false,
    }
}
