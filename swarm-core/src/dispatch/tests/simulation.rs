//! A world that answers at random: late, wrongly, with every fault, in every
//! order, with stops in between. It also kills the run: another one then starts
//! from what the store was told. Whatever it does, what must always hold holds,
//! and the run drains. A failing seed is named and can be run again.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::dispatch::command::{Call, Command, Guest, Note, Ticket};
use crate::dispatch::course::Course;
use crate::dispatch::dispatcher::Dispatcher;
use crate::dispatch::input::{
    Answer, ChangeFacts, ClaimFacts, CountFacts, DiffFacts, Earlier, Fault, GateFacts, Input,
    PlanFacts, ReviewFacts, TurnFacts, Won,
};
use crate::dispatch::pacing::Budget;
use crate::dispatch::planning::{PlanCall, PlanRules};
use crate::dispatch::policy::{LargeDiff, Policy, Until};
use crate::dispatch::setting::Setting;
use crate::error::Advice;
use crate::event::Event;
use crate::model::{
    AccountId, Claim, ContextUse, Cost, EndReason, Ending, Fence, HarnessName, Intent, Killer,
    Nonce, Oid, Progress, ReviewRecord, Role, Room, RunId, SessionId, Task, TaskId, Timestamp,
    Usage, Verdict, Want,
};
use crate::ports::{Advance, ClaimRequest, Merge, Released, Renewal, Spent, Stop, Worktree};
use crate::protocol::choice::Choice;
use crate::protocol::signals::{Readiness, Signal};

/// A small generator of its own: a seed must mean the same for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Ready(Timestamp),
    Claimed,
    Settled,
}

/// What the world knows of a live attempt.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what happened, in any combination"
)]
struct Live {
    tree: Option<Worktree>,
    /// Its agent waits there for its next turn.
    waits: bool,
    /// Of this attempt and of those that it goes on for.
    turns: u32,
    /// Attempts in a row that were cut short.
    cut_short: u32,
    /// The store was told this of it last.
    noted: Option<Progress>,
    /// The store was told that it ended.
    ended: Option<State>,
    /// The line was moved to its commit.
    moved: bool,
    /// Somebody else had put its work on the line.
    already: bool,
    recorded: u32,
    intent: bool,
    /// Since the latest turn: by a reviewer, or it needs none.
    approved: bool,
    exempt: bool,
}

enum Asked {
    Claim(usize, Room),
    Renew(Vec<Claim>),
    Name,
    Call(TaskId, Call),
    Plan(PlanCall),
}

/// What the world knows of the planner.
#[derive(Debug, Default)]
struct Plans {
    tree: bool,
    begun: u32,
    /// Of the plan under way.
    turns: u32,
    /// Tasks that were pending when it counted last.
    counted: usize,
    added: u64,
}

struct World {
    dice: Dice,
    seed: u64,
    now: Timestamp,
    jobs: usize,
    dispatcher: Dispatcher,
    tasks: BTreeMap<TaskId, State>,
    texts: BTreeMap<TaskId, Task>,
    /// What somebody has wanted of a task since it was claimed.
    wants: BTreeMap<TaskId, Want>,
    /// To turns under way.
    promised: BTreeMap<TaskId, Cost>,
    spent: Cost,
    fences: BTreeMap<TaskId, u64>,
    live: BTreeMap<TaskId, Live>,
    /// What killed runs left.
    left: BTreeMap<TaskId, Live>,
    /// Further tasks, by who has them; those whose end was written down.
    guests: BTreeMap<TaskId, TaskId>,
    ended: BTreeSet<TaskId>,
    asked: BTreeMap<Ticket, Asked>,
    plans: Plans,
    /// Calls that hang until they are stopped, or for ever.
    stuck: BTreeSet<Ticket>,
    deaf: BTreeSet<Ticket>,
    /// Until when the account was told to be limited.
    parked: BTreeMap<HarnessName, Timestamp>,
    stopped: bool,
    /// Nobody ends the run early: for what comes late in it.
    patient: bool,
    kind: bool,
    steps: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let jobs = usize::try_from(1 + dice.roll(4)).expect("small");
        let policy = random_policy(&mut dice, jobs);
        let setting = Setting {
            gated: dice.chance(50),
            reviewers: (0..dice.roll(3)).map(|n| n.to_string()).collect(),
            reviewer_accounts: BTreeMap::new(),
            default_harness: Some(HarnessName::new("h")),
            accounts: [("h", "a"), ("i", "b")]
                .map(|(name, account)| (HarnessName::new(name), AccountId::new(account)))
                .into(),
            fallbacks: if dice.chance(30) {
                [(HarnessName::new("h"), vec![HarnessName::new("i")])].into()
            } else {
                BTreeMap::new()
            },
            roles: if dice.chance(20) {
                [(Role::Validate, HarnessName::new("i"))].into()
            } else {
                BTreeMap::new()
            },
            planner: dice.chance(50).then(|| planner_rules(&mut dice)),
            ..Setting::default()
        };
        let texts = random_tasks(&mut dice);
        let ready = |task: &Task| (task.id.clone(), State::Ready(Timestamp(0)));
        let patient = dice.chance(40);
        Self {
            patient,
            tasks: texts.iter().map(ready).collect(),
            texts: texts
                .into_iter()
                .map(|task| (task.id.clone(), task))
                .collect(),
            dice,
            seed,
            now: Timestamp(0),
            jobs,
            dispatcher: Dispatcher::new(policy, setting),
            wants: BTreeMap::new(),
            promised: BTreeMap::new(),
            spent: Cost::default(),
            fences: BTreeMap::new(),
            live: BTreeMap::new(),
            left: BTreeMap::new(),
            guests: BTreeMap::new(),
            ended: BTreeSet::new(),
            asked: BTreeMap::new(),
            plans: Plans::default(),
            stuck: BTreeSet::new(),
            deaf: BTreeSet::new(),
            parked: BTreeMap::new(),
            stopped: false,
            kind: false,
            steps: 0,
        }
    }

    fn must(&self, holds: bool, what: &str) {
        assert!(holds, "seed {}, step {}: {what}", self.seed, self.steps);
    }

    fn start(&mut self) {
        self.feed(Input::Start {
            target: "main".to_owned(),
            tip: Oid::new("0"),
        });
    }

    /// The run is killed: nothing of it is left but what the store and git were
    /// told. Whatever is under way may be done, or not.
    fn kill(&mut self) {
        for (_, asked) in std::mem::take(&mut self.asked) {
            if self.dice.chance(50) {
                continue;
            }
            if let Asked::Call(task, call) = asked {
                let _ = self.outcome(&task, &call);
            } else if let Asked::Plan(call) = asked {
                let _ = self.plan_outcome(&call);
            }
        }
        for (guest, host) in std::mem::take(&mut self.guests) {
            if self.ended.remove(&guest) {
                self.tasks.insert(guest, State::Settled);
                continue;
            }
            let host = &self.live[&host];
            let live = Live {
                intent: host.intent,
                moved: host.moved,
                already: host.already,
                ..Live::default()
            };
            self.left.insert(guest, live);
        }
        self.plans = Plans {
            added: self.plans.added,
            ..Plans::default()
        };
        for (task, mut live) in std::mem::take(&mut self.live) {
            let state = live.ended.take();
            // What it waited for will not come.
            live.waits = false;
            if state.is_none() {
                self.left.insert(task.clone(), live);
            } else {
                self.wants.remove(&task);
            }
            let state = state.unwrap_or(State::Ready(self.now));
            self.tasks.insert(task, state);
        }
        for state in self.tasks.values_mut() {
            // A claim that was made, and whose answer nobody heard.
            if *state == State::Claimed {
                *state = State::Ready(self.now);
            }
        }
        self.stuck.clear();
        self.deaf.clear();
        self.parked.clear();
        // A run has a budget of its own.
        self.promised.clear();
        self.spent = Cost::default();
        self.stopped = false;
        let before = &self.dispatcher;
        let (policy, setting) = (before.policy.clone(), before.setting.clone());
        self.jobs = policy.jobs;
        self.dispatcher = Dispatcher::new(policy, setting);
        self.start();
    }

    /// Runs to the end; how many tasks were planned.
    fn run(mut self) -> u64 {
        self.start();
        while !self.dispatcher.is_idle() {
            self.steps += 1;
            // Past this the world is kind: everything must come to its end.
            self.kind = self.steps > 400;
            self.must(self.steps < 4_000, "it does not drain");
            self.step();
        }
        self.must(self.live.is_empty(), "an attempt has no ending");
        self.must(self.asked.is_empty(), "a call is out after the end");
        self.must(!self.plans.tree, "the planner keeps its worktree");
        let open = self.tasks.values().any(|state| *state == State::Claimed);
        self.must(!open, "a claim has no end");
        self.plans.added
    }

    fn step(&mut self) {
        let ready: Vec<Ticket> = self
            .asked
            .keys()
            .filter(|ticket| !self.stuck.contains(ticket))
            .copied()
            .collect();
        let idle = ready.is_empty();
        match self.dice.roll(100) {
            0..2 if !self.kind && !self.patient => {
                let now = self.dice.chance(50);
                self.stopped = true;
                self.feed(Input::Stop { now });
            }
            2..4 => self.steer(),
            4..5 if !self.kind && self.dice.chance(50) => self.kill(),
            5..6 => self.name(),
            4..6 => self.feed(Input::Added),
            6..12 => self.feed(Input::Tick),
            12..15 => self.stale(),
            15..30 => self.later(),
            _ if idle => self.later(),
            roll => {
                let at = usize::try_from(roll).expect("small") % ready.len();
                self.answer(ready[at]);
            }
        }
    }

    /// Agents name their conversations, in time or late.
    fn name(&mut self) {
        let tasks: Vec<TaskId> = self.live.keys().cloned().collect();
        for task in tasks {
            let turn = self.live[&task].turns + u32::from(self.dice.chance(10));
            let session = SessionId::new("s");
            self.feed(Input::Named {
                task,
                turn,
                session,
            });
        }
    }

    /// Somebody steers the run; in a kind world nobody leaves it paused.
    fn steer(&mut self) {
        let input = match self.dice.roll(12) {
            0..2 if !self.kind => Input::Pause,
            2 if !self.patient => Input::Drain,
            3..6 => {
                let jobs = usize::try_from(1 + self.dice.roll(4)).expect("small");
                // Whoever has a slot, or is being claimed for one, keeps it.
                let attempts = self.dispatcher.attempts.values();
                let taken = attempts.filter(|one| one.holds_slot()).count();
                let taken = taken + self.dispatcher.planning();
                self.jobs = jobs.max(taken + self.dispatcher.intake.expected());
                Input::Jobs(NonZeroUsize::new(jobs).expect("at least 1"))
            }
            6..8 => {
                let task = TaskId::new("t0").expect("a good id");
                let want = match self.dice.roll(3) {
                    0 => Want::Edited,
                    1 => Want::Held {
                        reason: "x".to_owned(),
                    },
                    _ => Want::Removed,
                };
                if self.tasks.get(&task) == Some(&State::Claimed) {
                    self.wants.insert(task, want);
                }
                Input::Added
            }
            _ => Input::Resume,
        };
        self.feed(input);
    }

    fn agents(&self) -> usize {
        let agents = self.asked.values().filter(|asked| {
            matches!(
                asked,
                Asked::Call(_, Call::Run(_) | Call::Gate | Call::Review { .. })
                    | Asked::Plan(PlanCall::Run(_))
            )
        });
        agents.count() + self.live.values().filter(|live| live.waits).count()
    }

    /// An answer to a ticket that is not out.
    fn stale(&mut self) {
        let before = self.dispatcher.attempts.len();
        let commands = self.dispatcher.handle(
            self.now,
            Input::Answer {
                ticket: Ticket(u64::MAX),
                answer: Answer::Applied(Ok(())),
            },
        );
        self.must(
            before == self.dispatcher.attempts.len(),
            "a stale ticket changed something",
        );
        self.obey(commands);
    }

    /// Time goes on: to the deadline, or by a little.
    fn later(&mut self) {
        let some = Duration::from_millis(self.dice.roll(20_000));
        self.now = match self.dispatcher.deadline() {
            Some(at) if self.dice.chance(80) => at.max(self.now),
            Some(_) | None => self.now.plus(some),
        };
        if self.dispatcher.deadline().is_none() {
            // Nothing is planned: whatever hangs must come back by itself.
            self.stuck.clear();
        }
        self.feed(Input::Tick);
    }

    fn feed(&mut self, input: Input) {
        if let Input::Answer { answer, .. } = &input {
            self.spent += match answer {
                Answer::Ran(Ok(facts)) => facts.cost.unwrap_or_default(),
                Answer::Reviewed(Ok(facts)) => facts.record.cost.unwrap_or_default(),
                _ => Cost::default(),
            };
        }
        let commands = self.dispatcher.handle(self.now, input);
        let deadline = self.dispatcher.deadline();
        self.must(
            deadline.is_none_or(|at| at > self.now),
            "a deadline that has passed keeps the engine spinning",
        );
        self.obey(commands);
    }

    // tidy: table
    fn obey(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Claim {
                    ticket,
                    limit,
                    room,
                } => {
                    self.must(!self.stopped, "a stopped run claims");
                    self.asked.insert(ticket, Asked::Claim(limit, room));
                }
                Command::Renew { ticket, claims } => {
                    self.asked.insert(ticket, Asked::Renew(claims));
                }
                Command::Name {
                    ticket,
                    turn,
                    claim,
                    ..
                } => self.naming(ticket, turn, &claim.task),
                Command::Call {
                    ticket,
                    task,
                    call,
                    guests,
                } => self.called(ticket, task, call, &guests),
                Command::Plan { ticket, call } => self.plan_called(ticket, call),
                Command::Stop { ticket, how } => self.stop(ticket, how),
                Command::Abandon { ticket } => self.abandon(ticket),
                Command::Publish(Event::RunEnded { .. }) => {
                    self.must(false, "the end is told by the engine");
                }
                Command::Publish(_) => {}
                Command::Forget { task, ending } => self.forgotten(&task, &ending),
            }
        }
        self.must(self.agents() <= self.jobs, "more agents than slots");
        let landing = self.asked.values().filter(|asked| {
            // A merge alone moves nothing: one that is being stopped may overlap.
            matches!(
                asked,
                Asked::Call(_, Call::Advance(_) | Call::Apply(Note::Intend(_)))
            )
        });
        self.must(landing.count() <= 1, "two landings at once");
        let policy = &self.dispatcher.policy;
        let live = |which: &dyn Fn(&Task) -> bool| {
            let tasks = self.live.keys().map(|task| &self.texts[task]);
            tasks.filter(|task| which(task)).count()
        };
        let within = policy.harness_jobs.iter().all(|(harness, most)| {
            live(&|task: &Task| task.harness.as_ref() == Some(harness)) <= *most
        }) && policy
            .kind_jobs
            .iter()
            .all(|(kind, most)| live(&|task: &Task| task.kind.as_ref() == Some(kind)) <= *most);
        self.must(within, "more attempts of a sort than may be");
    }

    fn naming(&mut self, ticket: Ticket, turn: u32, task: &TaskId) {
        let running = self.asked.values().any(|asked| match asked {
            Asked::Call(of, Call::Run(plan)) => of == task && plan.turn == turn,
            Asked::Call(..) | Asked::Claim(..) | Asked::Renew(_) | Asked::Name | Asked::Plan(_) => {
                false
            }
        });
        self.must(running, "a conversation is noted without its turn");
        self.asked.insert(ticket, Asked::Name);
    }

    fn abandon(&mut self, ticket: Ticket) {
        self.deaf.remove(&ticket);
        self.stuck.remove(&ticket);
        let failure = match self.asked.remove(&ticket) {
            Some(Asked::Call(task, call)) => {
                self.promised.remove(&task);
                if let (Call::LetGo, Some(live)) = (&call, self.live.get_mut(&task)) {
                    live.waits = false;
                }
                call.failure()
            }
            Some(Asked::Plan(call)) => {
                self.promised.remove(&planner_name());
                call.failure()
            }
            Some(Asked::Claim(..) | Asked::Renew(_) | Asked::Name) | None => return,
        };
        let answer = failure(fault(Advice::Bug));
        self.feed(Input::Answer { ticket, answer });
    }

    // tidy: table
    fn called(&mut self, ticket: Ticket, task: TaskId, call: Call, guests: &[Guest]) {
        self.hosts(&task, guests, &call);
        let others = self.asked.values().any(|asked| match asked {
            Asked::Call(of, _) => *of == task,
            Asked::Claim(..) | Asked::Renew(_) | Asked::Name | Asked::Plan(_) => false,
        });
        self.must(!others, "an attempt has two calls out");
        let max_turns = self.dispatcher.policy.max_turns;
        let max_restarts = self.dispatcher.policy.max_restarts;
        let stopped = self.stopped;
        let parked = account_of(&call).is_some_and(|name| self.is_parked(&name));
        let reviewed = !self.dispatcher.setting.reviewers.is_empty();
        let live = self.live.get_mut(&task);
        assert!(
            live.is_some(),
            "seed {}: a call for a dead attempt",
            self.seed
        );
        let live = live.expect("asserted above");
        let (mut broken, mut promises) = (None, None);
        match &call {
            Call::Acquire if stopped => broken = Some("a stopped run acquires"),
            Call::Acquire if live.tree.is_some() => broken = Some("two worktrees for one attempt"),
            Call::Acquire if live.cut_short > max_restarts => {
                broken = Some("more restarts than allowed");
            }
            Call::Run(_) if stopped => broken = Some("a stopped run starts agents"),
            Call::Run(_) | Call::Review { .. } if parked => {
                broken = Some("an agent starts on a parked account");
            }
            Call::Run(plan) if live.noted.as_ref().map(|n| n.counts.turns) != Some(plan.turn) => {
                broken = Some("a turn begins that was not noted");
            }
            Call::Run(plan) if live.waits && !plan.resume => {
                broken = Some("another conversation begins beside an agent that waits");
            }
            Call::Acquire
            | Call::Gate
            | Call::Diff
            | Call::Review { .. }
            | Call::Merge(_)
            | Call::Advance(_)
            | Call::Release(_)
                if live.waits =>
            {
                broken = Some("the worktree is used while an agent waits there");
            }
            Call::Run(plan) => {
                live.turns += 1;
                live.waits = false;
                (live.approved, live.exempt) = (false, false);
                promises = Some(plan.budget.cost);
                if live.turns > max_turns {
                    broken = Some("more turns than allowed");
                }
            }
            Call::Merge(_) if reviewed && !live.approved && !live.exempt => {
                broken = Some("work lands that nobody approved");
            }
            Call::Release(_) if live.tree.is_none() => {
                broken = Some("a worktree is released twice");
            }
            Call::Advance(_) if !live.intent => broken = Some("the line moves without an intent"),
            Call::Advance(_) if live.moved => broken = Some("the line moves twice for one task"),
            Call::Apply(Note::End { ending, .. }) => {
                live.recorded += 1;
                let landed = matches!(ending, Ending::Landed { .. });
                if landed && !live.moved && !live.already || !landed && live.moved {
                    broken = Some("landed is what git says, and nothing else");
                }
            }
            Call::Acquire
            | Call::Release(_)
            | Call::Advance(_)
            | Call::Apply(_)
            | Call::Contains(_)
            | Call::Claim { .. }
            | Call::LetGo
            | Call::Changes
            | Call::Gate
            | Call::Diff
            | Call::Review { .. }
            | Call::Merge(_) => {}
        }
        if let Some(share) = promises {
            self.promise(task.clone(), share);
        }
        self.must(broken.is_none(), broken.unwrap_or_default());
        self.may_hang(ticket, is_long(&call));
        self.asked.insert(ticket, Asked::Call(task, call));
    }

    /// A turn begins, and may use up so much.
    fn promise(&mut self, task: TaskId, share: Option<Cost>) {
        if let Some(share) = share {
            self.promised.insert(task, share);
        }
        let all: Cost = self.promised.values().copied().sum();
        let limit = self.dispatcher.policy.run_budget.cost;
        let over = limit.is_some_and(|limit| self.spent + all > limit.max(self.spent));
        self.must(!over, "more is promised than is left");
    }

    fn plan_called(&mut self, ticket: Ticket, call: PlanCall) {
        let other = self
            .asked
            .values()
            .any(|asked| matches!(asked, Asked::Plan(_)));
        self.must(!other, "the planner has two calls out");
        let rules = self.dispatcher.setting.planner.clone();
        self.must(rules.is_some(), "a run without a planner plans");
        let rules = rules.expect("asserted above");
        let begins = !matches!(call, PlanCall::Add | PlanCall::Release(_));
        self.must(!(begins && self.stopped), "a stopped run plans");
        let running = self.dispatcher.course == Course::Running;
        let (mut broken, mut promises) = (None, None);
        match &call {
            PlanCall::Count if !running => broken = Some("a run that begins nothing plans"),
            PlanCall::Acquire { .. } if self.plans.tree => {
                broken = Some("two worktrees for a plan");
            }
            PlanCall::Acquire { .. } if self.plans.counted >= rules.max_pending => {
                broken = Some("it plans though enough is pending");
            }
            PlanCall::Acquire { .. } => {
                self.plans.turns = 0;
                self.plans.begun += 1;
                if self.plans.begun > rules.max_plans {
                    broken = Some("more plans than allowed");
                }
            }
            PlanCall::Run(_) if !running => broken = Some("the planner speaks in a paused run"),
            PlanCall::Run(turn) if self.is_parked(&turn.harness) => {
                broken = Some("the planner starts on a parked account");
            }
            PlanCall::Run(_) if !self.plans.tree => broken = Some("the planner has no worktree"),
            PlanCall::Run(turn) => {
                promises = Some(turn.budget.cost);
                self.plans.turns += 1;
                if self.plans.turns > 2 {
                    broken = Some("a plan of three turns");
                }
            }
            PlanCall::Release(_) if !self.plans.tree => {
                broken = Some("a plan's worktree goes twice");
            }
            PlanCall::Count | PlanCall::Add | PlanCall::Release(_) => {}
        }
        self.must(broken.is_none(), broken.unwrap_or_default());
        if let Some(share) = promises {
            self.promise(planner_name(), share);
        }
        self.may_hang(ticket, !matches!(call, PlanCall::Release(_)));
        self.asked.insert(ticket, Asked::Plan(call));
    }

    /// An answer to a call of the planner; sometimes that to another one.
    fn plan_outcome(&mut self, call: &PlanCall) -> Answer {
        self.promised.remove(&planner_name());
        if let PlanCall::Release(_) = call {
            self.plans.tree = false;
        }
        if !self.kind && self.dice.chance(8) {
            return call.failure()(fault(Advice::Retry));
        }
        if !self.kind && self.dice.chance(3) {
            return Answer::Applied(Ok(()));
        }
        match call {
            PlanCall::Count => {
                let open = self
                    .tasks
                    .values()
                    .filter(|state| **state != State::Settled);
                let pending = if self.dice.chance(80) {
                    open.count()
                } else {
                    0
                };
                self.plans.counted = pending;
                let name = planner_name();
                Answer::Counted(Ok(CountFacts { pending, name }))
            }
            PlanCall::Acquire { .. } => {
                self.plans.tree = true;
                Answer::Acquired(Ok(tree()))
            }
            PlanCall::Run(turn) => {
                let (harness, budget) = (turn.harness.clone(), turn.budget);
                Answer::Ran(Ok(self.turn(&harness, budget)))
            }
            PlanCall::Add => Answer::Planned(Ok(self.plan())),
            PlanCall::Release(_) => Answer::Released(Ok(if self.dice.chance(50) {
                Released::Kept
            } else {
                Released::Removed
            })),
        }
    }

    fn plan(&mut self) -> PlanFacts {
        let mut facts = PlanFacts::default();
        match self.dice.roll(3) {
            0 => {}
            1 => facts.mistakes.push("x".to_owned()),
            _ => {
                for _ in 0..=self.dice.roll(2) {
                    self.plans.added += 1;
                    let name = format!("p{}", self.plans.added);
                    let task = Task::new(name, "Do it.").expect("a good id");
                    let id = task.id.clone();
                    self.tasks.insert(id.clone(), State::Ready(self.now));
                    self.texts.insert(id.clone(), task);
                    facts.added.push(id);
                }
            }
        }
        facts
    }

    fn may_hang(&mut self, ticket: Ticket, long: bool) {
        if long && !self.kind && self.dice.chance(10) {
            self.stuck.insert(ticket);
            if self.dice.chance(30) {
                self.deaf.insert(ticket);
            }
        }
    }

    fn is_parked(&self, name: &HarnessName) -> bool {
        let until = self.parked.get(name);
        until.is_some_and(|until| self.now < *until)
    }

    fn stop(&mut self, ticket: Ticket, how: Stop) {
        self.must(how >= Stop::Gently, "a stop says how");
        if !self.deaf.contains(&ticket) {
            self.stuck.remove(&ticket);
        }
    }

    /// Whose further tasks are whose, and that they end with their hosts.
    fn hosts(&mut self, task: &TaskId, guests: &[Guest], call: &Call) {
        for guest in guests {
            let host = self.guests.get(&guest.claim.task);
            self.must(host == Some(task), "a further task that it does not hold");
            if let Call::Apply(Note::End { .. }) = call {
                self.ended.insert(guest.claim.task.clone());
            }
        }
        self.must(
            guests.len() <= self.dispatcher.policy.claims,
            "too many claims",
        );
    }

    /// An agent asks for further tasks: some of them are to be had.
    fn named(&mut self, host: &TaskId, ids: &[TaskId], limit: usize) -> Answer {
        let mut facts = ClaimFacts::default();
        for id in ids {
            let ready = matches!(self.tasks.get(id), Some(State::Ready(at)) if *at <= self.now);
            if !ready
                || self.left.contains_key(id)
                || facts.won.len() >= limit
                || self.dice.chance(20)
            {
                facts.lost.push(id.clone());
                continue;
            }
            let won = self.win(id.clone());
            self.live.remove(id);
            self.guests.insert(id.clone(), host.clone());
            facts.won.push(won);
        }
        Answer::Claimed(Ok(facts))
    }

    /// A further task is no longer its host's: it was lost, or is over.
    fn guest_forgotten(&mut self, task: &TaskId, ending: &Ending) -> bool {
        if self.guests.remove(task).is_none() {
            return false;
        }
        let written = self.ended.remove(task);
        self.must(written, "a further task's end was not written down");
        let state = match ending {
            Ending::Interrupted { .. } => State::Ready(self.now),
            _ => State::Settled,
        };
        self.tasks.insert(task.clone(), state);
        true
    }

    fn forgotten(&mut self, task: &TaskId, ending: &Ending) {
        if self.guest_forgotten(task, ending) {
            return;
        }
        // What may have landed with it is asked for by whoever claims it next.
        let hosted = self.guests.iter().filter(|(_, host)| *host == task);
        let hosted: Vec<TaskId> = hosted.map(|(guest, _)| guest.clone()).collect();
        let lost = matches!(ending, Ending::Lost { .. });
        self.must(hosted.is_empty() || lost, "a further task has no end");
        for guest in hosted {
            self.guests.remove(&guest);
            self.tasks.insert(guest, State::Settled);
        }
        let live = self.live.remove(task);
        let want = self.wants.remove(task);
        self.must(live.is_some(), "an attempt ends twice");
        let live = live.unwrap_or_default();
        self.must(live.tree.is_none(), "an ended attempt keeps its worktree");
        let state = match ending {
            Ending::Retry { after, .. } => State::Ready(self.now.plus(*after)),
            Ending::Interrupted { .. } if want == Some(Want::Edited) => State::Ready(self.now),
            Ending::Interrupted { .. } | Ending::Lost { .. } => State::Settled,
            Ending::Landed { .. }
            | Ending::Failed { .. }
            | Ending::Held { .. }
            | Ending::Blocked { .. }
            | Ending::Closed { .. }
            | Ending::Rejected { .. } => {
                self.must(live.recorded > 0, "an ending was not written down");
                State::Settled
            }
        };
        self.tasks.insert(task.clone(), state);
    }

    fn answer(&mut self, ticket: Ticket) {
        self.deaf.remove(&ticket);
        if let Some(Asked::Call(task, Call::Run(_))) = self.asked.get(&ticket) {
            self.promised.remove(task);
        }
        let answer = match self.asked.remove(&ticket) {
            Some(Asked::Claim(limit, room)) => self.claims(limit, room),
            Some(Asked::Renew(claims)) => Answer::Renewed(Ok(claims
                .into_iter()
                .map(|claim| {
                    let lost = !self.kind && self.dice.chance(3);
                    if lost && self.guests.remove(&claim.task).is_some() {
                        self.tasks.insert(claim.task.clone(), State::Settled);
                    }
                    let renewal = match self.wants.get(&claim.task) {
                        _ if lost => Renewal::Lost,
                        Some(want) => Renewal::Wanted(want.clone()),
                        None => Renewal::Renewed,
                    };
                    (claim.task, renewal)
                })
                .collect())),
            Some(Asked::Name) if self.dice.chance(10) => Answer::Applied(Err(fault(Advice::Retry))),
            Some(Asked::Name) => Answer::Applied(Ok(())),
            Some(Asked::Call(task, call)) => self.outcome(&task, &call),
            Some(Asked::Plan(call)) => self.plan_outcome(&call),
            None => return,
        };
        self.feed(Input::Answer { ticket, answer });
    }

    fn claims(&mut self, limit: usize, room: Room) -> Answer {
        if !self.kind && self.dice.chance(5) {
            return Answer::Claimed(Err(fault(Advice::Retry)));
        }
        let mut facts = ClaimFacts::default();
        let mut choice = Choice::new(&ClaimRequest {
            run: RunId::new("r"),
            limit,
            lease: Duration::from_secs(120),
            source: None,
            ids: None,
            process: None,
            room,
            ageing: None,
        });
        let tasks: Vec<_> = self.tasks.clone().into_iter().collect();
        for (task, state) in tasks {
            let State::Ready(at) = state else {
                continue;
            };
            if at > self.now {
                let span = at.since(self.now);
                facts.next = Some(facts.next.map_or(span, |next| next.min(span)));
            } else if choice.takes(&self.texts[&task]) {
                if !self.kind && self.dice.chance(10) {
                    facts.lost.push(task);
                    facts.next = Some(Duration::from_secs(1));
                    continue;
                }
                facts.won.push(self.win(task));
            }
        }
        facts.passed = choice.passed() && !choice.is_full();
        Answer::Claimed(Ok(facts))
    }

    /// A claim, with what a killed run left.
    fn win(&mut self, task: TaskId) -> Won {
        self.tasks.insert(task.clone(), State::Claimed);
        let fence = self.fences.entry(task.clone()).or_default();
        *fence += 1;
        let fence = *fence;
        let left = self.left.remove(&task);
        let cut_short = left.as_ref().map_or(0, |left| left.cut_short + 1);
        let intended = match &left {
            Some(left) => left.intent,
            None => self.dice.chance(10),
        };
        let before = left.unwrap_or_default();
        let earlier = before.noted.clone().map(|progress| Earlier {
            progress,
            tree: before.tree,
            resumable: false,
        });
        let live = Live {
            turns: if earlier.is_some() { before.turns } else { 0 },
            cut_short,
            noted: before.noted,
            moved: before.moved,
            already: before.already,
            intent: intended,
            ..Live::default()
        };
        self.live.insert(task.clone(), live);
        let text = &self.texts[&task];
        let harness = text.harness.clone();
        Won {
            attempt: u32::try_from(fence).expect("small"),
            tries: u32::try_from(fence).expect("small"),
            max_attempts: None,
            harness: harness.unwrap_or_else(|| HarnessName::new("h")),
            kind: text.kind.clone(),
            spent: Spent::default(),
            want: self.wants.get(&task).cloned(),
            intent: intended.then(|| Intent {
                base: Oid::new("b"),
                commit: Oid::new("c"),
            }),
            cut_short,
            earlier,
            claim: Claim {
                task,
                fence: Fence(fence),
                nonce: Nonce::new("n"),
            },
        }
    }

    // tidy: table
    #[expect(clippy::too_many_lines, reason = "one row a call")]
    fn outcome(&mut self, task: &TaskId, call: &Call) -> Answer {
        let failing = if self.kind { 0 } else { 8 };
        if self.dice.chance(failing) {
            return self.failure(task, call);
        }
        if let Call::Claim { ids, limit } = call {
            return self.named(task, ids, *limit);
        }
        let Some(live) = self.live.get_mut(task) else {
            panic!("seed {}: a dead attempt has a call out", self.seed);
        };
        match call {
            Call::Apply(Note::Intend(_)) if self.wants.contains_key(task) => {
                call.failure()(fault(Advice::NeedsPerson))
            }
            Call::Contains(_) => {
                live.moved |= self.dice.chance(50);
                Answer::Contained(Ok(live.moved))
            }
            Call::Apply(note) => {
                match note {
                    Note::Intend(_) => live.intent = true,
                    Note::Withdraw => live.intent = false,
                    Note::Checkpoint(progress) => live.noted = Some(*progress.clone()),
                    Note::End { ending, .. } => {
                        let edited = self.wants.get(task) == Some(&Want::Edited);
                        live.ended = Some(state_after(ending, edited, self.now));
                    }
                }
                Answer::Applied(Ok(()))
            }
            Call::Acquire => {
                // By chance it is the one that an earlier attempt left.
                let tree = Worktree {
                    path: format!("/w{}", self.dice.roll(2)).into(),
                    branch: "b".to_owned(),
                    base: Oid::new("0"),
                };
                live.tree = Some(tree.clone());
                Answer::Acquired(Ok(tree))
            }
            Call::Run(plan) => {
                let (harness, budget) = (plan.harness.clone(), plan.budget);
                let facts = self.turn(&harness, budget);
                self.live.entry(task.clone()).or_default().waits = facts.kept;
                Answer::Ran(Ok(facts))
            }
            Call::LetGo => {
                live.waits = false;
                Answer::LetGo(Ok(self.survivors()))
            }
            Call::Claim { .. } => unreachable!("answered above"),
            Call::Changes => Answer::Changed(Ok(ChangeFacts {
                head: Oid::new("h"),
                commits: u32::from(self.dice.chance(80)),
                dirty: usize::from(self.dice.chance(20)),
                fingerprint: self.dice.roll(3),
            })),
            Call::Gate => Answer::Gated(Ok(GateFacts {
                failed: self.dice.chance(30).then(|| "test".to_owned()),
            })),
            Call::Diff => {
                live.exempt = self.dice.chance(10);
                Answer::Diffed(Ok(DiffFacts {
                    head: Oid::new(if self.dice.chance(2) { "x" } else { "h" }),
                    paths: 1,
                    cut: self.dice.chance(10),
                    exempt: live.exempt,
                }))
            }
            Call::Review { round, reviewer } => self.review(task, *round, *reviewer),
            Call::Merge(_) => Answer::Merged(Ok(match self.dice.roll(10) {
                0 => {
                    live.already = true;
                    Merge::AlreadyIn { tip: Oid::new("t") }
                }
                1..=3 => Merge::Conflict {
                    onto: Oid::new("t"),
                    paths: vec!["a".into()],
                },
                _ => Merge::Commit {
                    commit: Oid::new("c"),
                    onto: Oid::new("t"),
                },
            })),
            Call::Advance(_) => Answer::Advanced(Ok(match self.dice.roll(5) {
                0 => Advance::Stale { tip: Oid::new("x") },
                1 => {
                    live.moved = true;
                    Advance::Parked {
                        line: "l".to_owned(),
                        because: "b".to_owned(),
                    }
                }
                _ => {
                    live.moved = true;
                    Advance::Moved
                }
            })),
            Call::Release(_) => {
                live.tree = None;
                let kept = self.dice.chance(50);
                let released = if kept {
                    Released::Kept
                } else {
                    Released::Removed
                };
                Answer::Released(Ok(released))
            }
        }
    }

    fn review(&mut self, task: &TaskId, round: u32, reviewer: usize) -> Answer {
        let live = self.live.entry(task.clone()).or_default();
        let (answer, end) = judgement(&mut self.dice, live, round, self.now);
        if let Some(EndReason::RateLimited { retry_at: Some(at) }) = end {
            let name = HarnessName::new(reviewer.to_string());
            let until = self.parked.entry(name).or_default();
            *until = at.max(*until);
        }
        answer
    }

    /// A call that failed: it may have done its work all the same.
    fn failure(&mut self, task: &TaskId, call: &Call) -> Answer {
        let advice = match self.dice.roll(4) {
            0 => Advice::FixConfiguration,
            1 => Advice::Bug,
            2 => Advice::RetryAt(self.now.plus(Duration::from_secs(5))),
            _ => Advice::Retry,
        };
        let mut guests = self.guests.iter().filter(|(_, host)| *host == task);
        if let Call::Apply(Note::Intend(_) | Note::End { .. }) = call
            && let Some((guest, _)) = guests.next()
        {
            let guest = guest.clone();
            self.guests.remove(&guest);
            self.ended.remove(&guest);
            self.tasks.insert(guest.clone(), State::Settled);
            return Answer::Applied(Err(Fault {
                task: Some(guest),
                ..fault(advice)
            }));
        }
        if let Some(live) = self.live.get_mut(task)
            && matches!(call, Call::Release(_))
        {
            live.tree = None;
        }
        if let Some(live) = self.live.get_mut(task)
            && matches!(call, Call::LetGo)
        {
            live.waits = false;
        }
        call.failure()(fault(advice))
    }

    fn turn(&mut self, harness: &HarnessName, budget: Budget) -> TurnFacts {
        let end = match self.dice.roll(30) {
            0..3 => EndReason::Crashed,
            3 => EndReason::RateLimited { retry_at: None },
            4 => {
                let at = self.now.plus(Duration::from_secs(self.dice.roll(9_000)));
                let until = self.parked.entry(harness.clone()).or_default();
                *until = at.max(*until);
                EndReason::RateLimited { retry_at: Some(at) }
            }
            5 => EndReason::Overloaded,
            6 if self.dice.chance(20) => EndReason::Auth,
            7 => EndReason::LimitReached,
            10 => EndReason::ContextFull,
            8..10 => EndReason::Killed { by: Killer::Other },
            _ => EndReason::Finished,
        };
        let (signal, readiness) = (self.signal(), self.readiness());
        let resumable = self.dice.chance(50);
        TurnFacts {
            end,
            signal,
            readiness,
            opening: String::new(),
            session: None,
            resumable,
            usage: Usage::default(),
            cost: Some(match end {
                EndReason::LimitReached => budget.cost.unwrap_or_default(),
                _ => Cost(self.dice.roll(5)),
            }),
            error: None,
            context: Some(ContextUse {
                used: self.dice.roll(140),
                limit: 100 * self.dice.roll(2),
            }),
            looked_at: [self.dice.roll(4)].into(),
            survivors: self.survivors(),
            kept: end == EndReason::Finished && resumable && self.dice.chance(50),
        }
    }

    /// What could not be ended; mostly nothing.
    fn survivors(&mut self) -> Vec<u32> {
        if self.dice.roll(60) == 0 {
            vec![7]
        } else {
            Vec::new()
        }
    }

    fn signal(&mut self) -> Option<Signal> {
        match self.dice.roll(9) {
            0 => Some(Signal::Blocked {
                why: "x".to_owned(),
            }),
            1..=3 => Some(Signal::Done),
            4 => Some(Signal::FollowUp {
                why: "x".to_owned(),
            }),
            5 => Some(Signal::HandOff {
                note: "x".to_owned(),
            }),
            6 if self.dice.chance(30) => Some(Signal::Close {
                why: "x".to_owned(),
            }),
            7 => {
                let any = |n| TaskId::new(format!("t{n}")).expect("a good id");
                let tasks = (0..=self.dice.roll(3)).map(any).collect();
                Some(Signal::Claim { tasks })
            }
            _ => None,
        }
    }

    fn readiness(&mut self) -> Option<Readiness> {
        match self.dice.roll(6) {
            0 => Some(Readiness::NotReady {
                concerns: Vec::new(),
            }),
            1 if self.dice.chance(30) => Some(Readiness::Close {
                why: "x".to_owned(),
            }),
            2 => None,
            _ => Some(Readiness::Ready),
        }
    }
}

fn random_policy(dice: &mut Dice, jobs: usize) -> Policy {
    Policy {
        jobs,
        max_turns: u32::try_from(2 + dice.roll(8)).expect("small"),
        max_restarts: u32::try_from(dice.roll(4)).expect("small"),
        max_queue: usize::try_from(1 + dice.roll(3)).expect("small"),
        run_budget: budget(dice, 40),
        attempt_budget: budget(dice, 20),
        task_budget: budget(dice, 30),
        harness_jobs: some(dice, || HarnessName::new("i")),
        until: if dice.chance(20) {
            Until::Quiet(Duration::from_secs(dice.roll(600)))
        } else {
            Until::Drained
        },
        kind_jobs: some(dice, || "bug".to_owned()),
        breaker: usize::try_from(dice.roll(6)).expect("small"),
        validate: dice.chance(20),
        decide: dice.chance(20),
        claims: usize::try_from(dice.roll(4)).expect("small"),
        large_diff: if dice.chance(50) {
            LargeDiff::Read
        } else {
            LargeDiff::Hold
        },
        ..Policy::default()
    }
}

fn random_tasks(dice: &mut Dice) -> Vec<Task> {
    (0..=dice.roll(8))
        .map(|n| {
            let mut task = Task::new(format!("t{n}"), "Do it.").expect("a good id");
            task.harness = dice.chance(40).then(|| HarnessName::new("i"));
            task.kind = dice.chance(40).then(|| "bug".to_owned());
            task
        })
        .collect()
}

/// Sometimes something that may be used up.
fn budget(dice: &mut Dice, cost: u64) -> Budget {
    Budget {
        cost: dice.chance(10).then_some(Cost(cost)),
        tokens: dice.chance(10).then_some(cost),
        time: dice.chance(10).then(|| Duration::from_secs(60 * cost)),
    }
}

/// Sometimes a bound on something.
fn some<K: Ord>(dice: &mut Dice, name: impl Fn() -> K) -> BTreeMap<K, usize> {
    let bound = dice.chance(30).then(|| dice.roll(2) + 1);
    let bound = bound.map(|most| (name(), usize::try_from(most).expect("small")));
    bound.into_iter().collect()
}

/// What the store makes of a task whose attempt ended so.
fn state_after(ending: &Ending, edited: bool, now: Timestamp) -> State {
    match ending {
        Ending::Interrupted { .. } if edited => State::Ready(now),
        Ending::Retry { after, .. } => State::Ready(now.plus(*after)),
        Ending::Landed { .. }
        | Ending::Interrupted { .. }
        | Ending::Lost { .. }
        | Ending::Failed { .. }
        | Ending::Held { .. }
        | Ending::Blocked { .. }
        | Ending::Closed { .. }
        | Ending::Rejected { .. } => State::Settled,
    }
}

/// By which name the world knows whose service a call is.
fn account_of(call: &Call) -> Option<HarnessName> {
    match call {
        Call::Run(plan) => Some(plan.harness.clone()),
        Call::Review { reviewer, .. } => Some(HarnessName::new(reviewer.to_string())),
        _ => None,
    }
}

fn is_long(call: &Call) -> bool {
    matches!(
        call,
        Call::Acquire | Call::Run(_) | Call::Gate | Call::Review { .. }
    )
}

fn planner_name() -> TaskId {
    TaskId::new("planner").expect("a good id")
}

fn planner_rules(dice: &mut Dice) -> PlanRules {
    let harness = HarnessName::new(if dice.chance(50) { "h" } else { "i" });
    PlanRules {
        max_pending: usize::try_from(1 + dice.roll(5)).expect("small"),
        max_plans: u32::try_from(1 + dice.roll(6)).expect("small"),
        patience: u32::try_from(1 + dice.roll(3)).expect("small"),
        ..PlanRules::new(harness)
    }
}

fn tree() -> Worktree {
    Worktree {
        path: "/w".into(),
        branch: "b".to_owned(),
        base: Oid::new("0"),
    }
}

/// A reviewer that judges, is down, or leaves something in the worktree.
fn judgement(
    dice: &mut Dice,
    live: &mut Live,
    round: u32,
    now: Timestamp,
) -> (Answer, Option<EndReason>) {
    let verdict = match dice.roll(4) {
        0 => Verdict::Changes(vec!["x".to_owned()]),
        1 => Verdict::Unavailable("down".to_owned()),
        _ => Verdict::Approved,
    };
    let end = match (&verdict, dice.roll(6)) {
        (Verdict::Unavailable(_), 0) => Some(EndReason::Overloaded),
        (Verdict::Unavailable(_), 1) => {
            let retry_at = Some(now.plus(Duration::from_secs(dice.roll(9_000))));
            Some(EndReason::RateLimited { retry_at })
        }
        (Verdict::Unavailable(_), 2) => Some(EndReason::Auth),
        (Verdict::Unavailable(_), 3..) => None,
        (Verdict::Approved | Verdict::Changes(_), _) => Some(EndReason::Finished),
    };
    let spoiled = dice.chance(3);
    live.approved = !spoiled && verdict == Verdict::Approved;
    let answer = Answer::Reviewed(Ok(ReviewFacts {
        record: ReviewRecord {
            round,
            reviewer: "r".to_owned(),
            verdict,
            duration_ms: 1,
            paths: Vec::new(),
            more_paths: 0,
            usage: Usage::default(),
            cost: Some(Cost(1)),
        },
        spoiled,
        end,
    }));
    (answer, end)
}

fn fault(advice: Advice) -> Fault {
    Fault {
        advice,
        message: "no".to_owned(),
        task: None,
    }
}

/// Seeds beyond the usual ones that found something: a reviewer's limit that was
/// told when its attempt was being stopped; claims of an attempt and of its
/// further task that were lost at once, or lost and changed.
const FOUND: [u64; 3] = [32_800, 38_179, 68_640];

#[test]
fn whatever_the_world_does_the_run_drains_and_nothing_is_broken() {
    let seeds = match std::env::var("SWARM_SEEDS") {
        Ok(seeds) => seeds.parse().expect("SWARM_SEEDS is a number"),
        Err(_) => 20_000,
    };
    let all = (1..=seeds).chain(FOUND);
    let planned = all.map(|seed| World::new(seed).run()).sum::<u64>();
    assert!(seeds < 100 || planned > seeds / 20, "{planned}: who plans?");
}

#[test]
fn the_same_seed_gives_the_same_commands() {
    let trace = |seed| {
        let mut world = World::new(seed);
        let mut trace = Vec::new();
        for _ in 0..200 {
            world.step();
            trace.push((world.now, world.asked.keys().copied().collect::<Vec<_>>()));
        }
        trace
    };
    assert_eq!(trace(7), trace(7));
}
