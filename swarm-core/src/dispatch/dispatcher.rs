//! The dispatcher: facts in, commands out. Pure: no clock, no I/O, no locks.

use std::collections::{BTreeMap, VecDeque};

use super::attempt::{Attempt, Next, Phase, Rules, Work};
use super::command::{Call, Command, Note, Ticket};
use super::course::Course;
use super::input::{Answer, Input, Won};
use super::intake::Intake;
use super::landing::Queue;
use super::leases::Leases;
use super::pacing::{Breaker, Governor, Ledger};
use super::planning::{News, Planner};
use super::policy::{Policy, Until};
use super::setting::Setting;
use crate::event::Event;
use crate::model::{AccountId, RunEnd, TaskId, Timestamp, Verdict};

/// Who waits for the answer to a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Intake {
        limit: usize,
    },
    Leases,
    /// Of a conversation that was named.
    Naming(TaskId),
    Attempt {
        task: TaskId,
        /// On which the call runs, if it does on one.
        account: Option<AccountId>,
    },
    Planner,
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
    pub(super) intake: Intake,
    pub(super) leases: Leases,
    pub(super) waiting: VecDeque<TaskId>,
    pub(super) budget: Ledger,
    pub(super) governor: Governor,
    pub(super) breaker: Breaker,
    pub(super) planner: Option<Planner>,
    pub(super) now: Timestamp,
    /// Since when there is nothing to do.
    pub(super) quiet_since: Option<Timestamp>,
    pub(super) landed: usize,
    begun: u64,
}

impl Dispatcher {
    /// A run that has not begun.
    pub fn new(policy: Policy, setting: Setting) -> Self {
        Self {
            budget: Ledger::new(policy.run_budget),
            governor: Governor::new(policy.backoff, policy.max_wait),
            planner: setting.planner.clone().map(Planner::new),
            breaker: Breaker::new(policy.breaker),
            now: Timestamp::default(),
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
            quiet_since: None,
            landed: 0,
            begun: 0,
        }
    }

    /// What follows from an input. `now` never goes backwards.
    #[must_use]
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Command> {
        let mut out = Vec::with_capacity(4);
        self.now = now;
        match input {
            Input::Start { target, tip } => {
                self.budget.begin(now);
                out.push(Command::Publish(Event::RunStarted {
                    jobs: self.policy.jobs,
                    target,
                    tip,
                    reviewed: !self.setting.reviewers.is_empty(),
                }));
            }
            Input::Answer { ticket, answer } => self.answer(now, ticket, answer, &mut out),
            Input::Tick => {}
            Input::Added => {
                self.intake.look();
                self.leases = self.leases.hasten(now);
                self.planner_hears(News::Progress);
            }
            Input::Pause => self.pause(&mut out),
            Input::Resume => self.resume(&mut out),
            Input::Drain => self.drain(&mut out),
            Input::Jobs(jobs) => {
                self.policy.jobs = jobs.get();
                out.push(Command::Publish(Event::JobsChanged { jobs: jobs.get() }));
            }
            Input::Account { account, news } => {
                let event = self.governor.heard(&account, news, now);
                out.extend(event.map(Command::Publish));
            }
            Input::Named {
                task,
                turn,
                session,
            } => self.named(&task, turn, session, &mut out),
            Input::Stop { now: at_once } => self.stop(now, at_once, &mut out),
        }
        self.settle(now, &mut out);
        out
    }

    /// When `handle` wants an [`Input::Tick`], if nothing else comes before.
    pub fn deadline(&self) -> Option<Timestamp> {
        let attempts = self.attempts.values().filter_map(Attempt::deadline);
        attempts
            .chain(self.intake.deadline())
            .chain(self.leases.deadline())
            .chain(self.planner.as_ref().and_then(Planner::deadline))
            .chain(self.governor.deadline(self.now))
            .chain(self.waits_end())
            .min()
    }

    /// The run is over: nothing runs, no answer is out, nothing will come.
    pub fn is_idle(&self) -> bool {
        let may_end = match self.policy.until {
            Until::Drained => true,
            Until::Quiet(_) | Until::Stopped if self.intake.closed().is_some() => true,
            Until::Quiet(_) => self.quiet_until().is_some_and(|at| at <= self.now),
            Until::Stopped => false,
        };
        let dry = self.intake.dry() && self.plans_nothing();
        self.attempts.is_empty() && self.owners.is_empty() && dry && may_end
    }

    /// The last event of a run.
    pub fn farewell(&self) -> Event {
        Event::RunEnded {
            landed: self.landed,
            attempts: self.begun,
            why: self.end(),
        }
    }

    fn answer(&mut self, now: Timestamp, ticket: Ticket, answer: Answer, out: &mut Vec<Command>) {
        // A stale ticket changes nothing.
        match self.owners.remove(&ticket) {
            None => {}
            Some(Owner::Intake { limit }) => self.claimed(now, answer, limit, out),
            Some(Owner::Leases) => self.renewed(now, answer, out),
            Some(Owner::Naming(task)) => self.name_noted(task, answer, out),
            Some(Owner::Planner) => self.planned(now, answer, out),
            Some(Owner::Attempt { task, account }) => {
                let Some(mut attempt) = self.attempts.remove(&task) else {
                    return;
                };
                attempt.pending = None;
                if let Answer::Applied(Err(_)) = answer {
                    // Refused, perhaps: a renewal tells how the claim stands.
                    self.leases = self.leases.hasten(now);
                }
                let before = attempt.spent();
                self.budget.settle(attempt.task());
                let news = account.and_then(|account| self.turn_ended(&account, &answer, now));
                let (next, events) = attempt.answered(answer, self.rules(now));
                self.budget.spend(attempt.spent().since(before));
                // What the turn itself tells comes before what follows from it.
                self.follow(now, attempt, next, events, out);
                out.extend(news.map(Command::Publish));
            }
        }
    }

    /// Whatever becomes of the attempt, its account is judged by how the call
    /// ended.
    fn turn_ended(
        &mut self,
        account: &AccountId,
        answer: &Answer,
        now: Timestamp,
    ) -> Option<Event> {
        match answer {
            Answer::Ran(result) => {
                let facts = result.as_ref().ok()?;
                let why = facts.error.as_deref().unwrap_or(facts.end.as_str());
                self.governor.ended(account, facts.end, why, now)
            }
            Answer::Reviewed(Ok(facts)) => {
                let end = facts.end?;
                let why = match &facts.record.verdict {
                    Verdict::Unavailable(why) => why,
                    Verdict::Approved | Verdict::Changes(_) => end.as_str(),
                };
                self.governor.ended(account, end, why, now)
            }
            Answer::Claimed(_)
            | Answer::Renewed(_)
            | Answer::Applied(_)
            | Answer::Contained(_)
            | Answer::Acquired(_)
            | Answer::LetGo(_)
            | Answer::Changed(_)
            | Answer::Gated(_)
            | Answer::Diffed(_)
            | Answer::Reviewed(Err(_))
            | Answer::Merged(_)
            | Answer::Advanced(_)
            | Answer::Released(_)
            | Answer::Counted(_)
            | Answer::Planned(_) => None,
        }
    }

    /// An attempt is about to end: do different tasks fail alike?
    fn learn(&mut self, attempt: &mut Attempt, out: &mut Vec<Command>) {
        let Phase::Ending(_) = attempt.phase else {
            return;
        };
        let Some(cause) = attempt.cause.take() else {
            return;
        };
        if let Some(reason) = self.breaker.failed(attempt.task(), &cause) {
            self.intake.close(RunEnd::LineStopped {
                reason: reason.clone(),
            });
            out.push(Command::Publish(Event::LineStopped { reason }));
        }
    }

    pub(super) fn begin(&mut self, now: Timestamp, won: Won, out: &mut Vec<Command>) {
        if self.attempt_with(&won.claim.task).is_some() {
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
        let (task, want) = (won.claim.task.clone(), won.want.clone());
        let (attempt, (next, events)) = Attempt::begin(won, self.rules(now));
        self.follow(now, attempt, next, events, out);
        if let Some(want) = want {
            self.wanted(now, &task, want, out);
        }
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
        let task = attempt.task().clone();
        (next, events) = self.course.admit(&mut attempt, next, events);
        if !matches!(attempt.phase, Phase::Landing(_)) {
            self.queue.leave(&task);
        }
        out.extend(events.into_iter().map(Command::Publish));
        self.learn(&mut attempt, out);
        match attempt.part_before(next) {
            Next::Call(call) => {
                let command = self.command(now, &mut attempt, call);
                out.push(command);
            }
            Next::Queue => self.queue.join(task.clone()),
            Next::Pause => self.queue.leave(&task),
            Next::AwaitSlot => self.waiting.push_back(task.clone()),
            Next::Gone(ending) => return self.gone(&attempt, ending, out),
        }
        self.attempts.insert(task, attempt);
    }

    /// The live attempt that holds a task, as its own or as a further one.
    pub(super) fn attempt_with(&self, task: &TaskId) -> Option<&Attempt> {
        let own = self.attempts.get(task);
        own.or_else(|| self.attempts.values().find(|attempt| attempt.has(task)))
    }

    pub(super) fn ticket(&mut self, owner: Owner) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.owners.insert(ticket, owner);
        ticket
    }

    fn command(&mut self, now: Timestamp, attempt: &mut Attempt, mut call: Call) -> Command {
        let task = attempt.task().clone();
        let account = match &call {
            Call::Run(plan) => Some(self.setting.account(&plan.harness)),
            Call::Review { reviewer, .. } => Some(self.setting.reviewer_account(*reviewer)),
            Call::Contains(_)
            | Call::Apply(_)
            | Call::Acquire
            | Call::LetGo
            | Call::Changes
            | Call::Claim { .. }
            | Call::Gate
            | Call::Diff
            | Call::Merge(_)
            | Call::Advance(_)
            | Call::Release(_) => None,
        };
        if let Some(account) = &account {
            self.governor.started(account, now);
        }
        if let Call::Apply(Note::End { spent, .. }) = &mut call {
            spent.duration = attempt.duration(now);
        }
        if let Call::Run(plan) = &mut call {
            let own = attempt.budget(&self.policy, now);
            plan.budget = self.budget.promise(&task, self.policy.jobs, own, now);
            attempt.phase = Phase::Working(Work::Turn(plan.clone()));
        }
        let owner = Owner::Attempt {
            task: task.clone(),
            account,
        };
        let ticket = self.ticket(owner);
        attempt.pending = Some(ticket);
        Command::Call {
            ticket,
            task,
            call,
            guests: attempt.guests.clone(),
        }
    }

    pub(super) fn rules(&self, now: Timestamp) -> Rules<'_> {
        Rules {
            now,
            policy: &self.policy,
            budget: &self.budget,
            governor: &self.governor,
            setting: &self.setting,
            paused: self.course == Course::Paused,
        }
    }
}
