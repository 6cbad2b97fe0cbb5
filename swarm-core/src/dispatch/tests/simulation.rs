//! A world that answers at random: late, wrongly, with every fault, in every
//! order, with stops in between. Whatever it does, what must always hold holds,
//! and the run drains. A failing seed is named and can be run again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::dispatch::command::{Call, Command, Note, Ticket};
use crate::dispatch::dispatcher::{Dispatcher, Setting};
use crate::dispatch::input::{
    Answer, ChangeFacts, ClaimFacts, Fault, GateFacts, Input, ReviewFacts, TurnFacts, Won,
};
use crate::dispatch::policy::Policy;
use crate::error::Advice;
use crate::event::{Event, Verdict};
use crate::model::{
    Claim, Cost, EndReason, Ending, Fence, HarnessName, Intent, Killer, Nonce, Oid, TaskId,
    Timestamp, Usage,
};
use crate::ports::{Advance, Merge, Released, Renewal, Stop, Worktree};
use crate::protocol::signals::Signal;

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
    tree: bool,
    turns: u32,
    /// The line was moved to its commit.
    moved: bool,
    /// Somebody else had put its work on the line.
    already: bool,
    recorded: u32,
    intent: bool,
}

enum Asked {
    Claim(usize),
    Renew(Vec<Claim>),
    Call(TaskId, Call),
}

struct World {
    dice: Dice,
    seed: u64,
    now: Timestamp,
    jobs: usize,
    dispatcher: Dispatcher,
    tasks: BTreeMap<TaskId, State>,
    fences: BTreeMap<TaskId, u64>,
    live: BTreeMap<TaskId, Live>,
    asked: BTreeMap<Ticket, Asked>,
    /// Calls that hang until they are stopped, or for ever.
    stuck: BTreeSet<Ticket>,
    deaf: BTreeSet<Ticket>,
    stopped: bool,
    kind: bool,
    steps: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let jobs = usize::try_from(1 + dice.roll(4)).expect("small");
        let policy = Policy {
            jobs,
            max_turns: u32::try_from(2 + dice.roll(8)).expect("small"),
            max_queue: usize::try_from(1 + dice.roll(3)).expect("small"),
            max_cost: dice.chance(10).then_some(Cost(40)),
            ..Policy::default()
        };
        let setting = Setting {
            gated: dice.chance(50),
            reviewers: (0..dice.roll(3)).map(|n| n.to_string()).collect(),
        };
        let tasks = (0..=dice.roll(8)).map(|n| {
            let id = TaskId::new(format!("t{n}")).expect("a good id");
            (id, State::Ready(Timestamp(0)))
        });
        Self {
            tasks: tasks.collect(),
            dice,
            seed,
            now: Timestamp(0),
            jobs,
            dispatcher: Dispatcher::new(policy, setting),
            fences: BTreeMap::new(),
            live: BTreeMap::new(),
            asked: BTreeMap::new(),
            stuck: BTreeSet::new(),
            deaf: BTreeSet::new(),
            stopped: false,
            kind: false,
            steps: 0,
        }
    }

    fn must(&self, holds: bool, what: &str) {
        assert!(holds, "seed {}, step {}: {what}", self.seed, self.steps);
    }

    fn run(mut self) {
        let start = Input::Start {
            target: "main".to_owned(),
            tip: Oid::new("0"),
        };
        self.feed(start);
        while !self.dispatcher.is_idle() {
            self.steps += 1;
            // Past this the world is kind: everything must come to its end.
            self.kind = self.steps > 400;
            self.must(self.steps < 4_000, "it does not drain");
            self.step();
        }
        self.must(self.live.is_empty(), "an attempt has no ending");
        self.must(self.asked.is_empty(), "a call is out after the end");
        let open = self.tasks.values().any(|state| *state == State::Claimed);
        self.must(!open, "a claim has no end");
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
            0..2 if !self.kind => {
                let now = self.dice.chance(50);
                self.stopped = true;
                self.feed(Input::Stop { now });
            }
            2..6 => self.feed(Input::Added),
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
        let commands = self.dispatcher.handle(self.now, input);
        self.obey(commands);
    }

    fn obey(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Claim { ticket, limit } => {
                    self.must(!self.stopped, "a stopped run claims");
                    self.asked.insert(ticket, Asked::Claim(limit));
                }
                Command::Renew { ticket, claims } => {
                    self.asked.insert(ticket, Asked::Renew(claims));
                }
                Command::Call { ticket, task, call } => self.called(ticket, task, call),
                Command::Stop { ticket, how } => self.stop(ticket, how),
                Command::Abandon { ticket } => {
                    self.deaf.remove(&ticket);
                    self.stuck.remove(&ticket);
                    if let Some(Asked::Call(_, call)) = self.asked.remove(&ticket) {
                        let answer = call.failure()(fault(Advice::Bug));
                        self.feed(Input::Answer { ticket, answer });
                    }
                }
                Command::Publish(Event::RunEnded { .. }) => {
                    self.must(false, "the end is told by the engine");
                }
                Command::Publish(_) => {}
                Command::Forget { task, ending } => self.forgotten(&task, &ending),
            }
        }
        let agents = self.asked.values().filter(|asked| {
            matches!(
                asked,
                Asked::Call(_, Call::Run(_) | Call::Gate | Call::Review { .. })
            )
        });
        self.must(agents.count() <= self.jobs, "more agents than slots");
        let landing = self.asked.values().filter(|asked| {
            // A merge alone moves nothing: one that is being stopped may overlap.
            matches!(
                asked,
                Asked::Call(_, Call::Advance(_) | Call::Apply(Note::Intend(_)))
            )
        });
        self.must(landing.count() <= 1, "two landings at once");
    }

    fn called(&mut self, ticket: Ticket, task: TaskId, call: Call) {
        let others = self.asked.values().any(|asked| match asked {
            Asked::Call(of, _) => *of == task,
            Asked::Claim(_) | Asked::Renew(_) => false,
        });
        self.must(!others, "an attempt has two calls out");
        let max_turns = self.dispatcher.policy.max_turns;
        let stopped = self.stopped;
        let live = self.live.get_mut(&task);
        assert!(
            live.is_some(),
            "seed {}: a call for a dead attempt",
            self.seed
        );
        let live = live.expect("asserted above");
        let mut broken = None;
        match &call {
            Call::Acquire if stopped => broken = Some("a stopped run acquires"),
            Call::Acquire if live.tree => broken = Some("two worktrees for one attempt"),
            Call::Run(_) if stopped => broken = Some("a stopped run starts agents"),
            Call::Run(_) => {
                live.turns += 1;
                if live.turns > max_turns {
                    broken = Some("more turns than allowed");
                }
            }
            Call::Release(_) if !live.tree => broken = Some("a worktree is released twice"),
            Call::Advance(_) if !live.intent => broken = Some("the line moves without an intent"),
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
            | Call::Changes
            | Call::Gate
            | Call::Review { .. }
            | Call::Merge(_) => {}
        }
        self.must(broken.is_none(), broken.unwrap_or_default());
        let long = matches!(
            call,
            Call::Acquire | Call::Run(_) | Call::Gate | Call::Review { .. }
        );
        if long && !self.kind && self.dice.chance(10) {
            self.stuck.insert(ticket);
            if self.dice.chance(30) {
                self.deaf.insert(ticket);
            }
        }
        self.asked.insert(ticket, Asked::Call(task, call));
    }

    fn stop(&mut self, ticket: Ticket, how: Stop) {
        self.must(how >= Stop::Gently, "a stop says how");
        if !self.deaf.contains(&ticket) {
            self.stuck.remove(&ticket);
        }
    }

    fn forgotten(&mut self, task: &TaskId, ending: &Ending) {
        let live = self.live.remove(task);
        self.must(live.is_some(), "an attempt ends twice");
        let live = live.unwrap_or_default();
        self.must(!live.tree, "an ended attempt keeps its worktree");
        let state = match ending {
            Ending::Retry { after, .. } => State::Ready(self.now.plus(*after)),
            Ending::Interrupted { .. } | Ending::Lost { .. } => State::Settled,
            Ending::Landed { .. }
            | Ending::Failed { .. }
            | Ending::Held { .. }
            | Ending::Blocked { .. }
            | Ending::Rejected { .. } => {
                self.must(live.recorded > 0, "an ending was not written down");
                State::Settled
            }
        };
        self.tasks.insert(task.clone(), state);
    }

    fn answer(&mut self, ticket: Ticket) {
        self.deaf.remove(&ticket);
        let answer = match self.asked.remove(&ticket) {
            Some(Asked::Claim(limit)) => self.claims(limit),
            Some(Asked::Renew(claims)) => Answer::Renewed(Ok(claims
                .into_iter()
                .map(|claim| {
                    let lost = !self.kind && self.dice.chance(3);
                    let renewal = if lost {
                        Renewal::Lost
                    } else {
                        Renewal::Renewed
                    };
                    (claim.task, renewal)
                })
                .collect())),
            Some(Asked::Call(task, call)) => self.outcome(&task, &call),
            None => return,
        };
        self.feed(Input::Answer { ticket, answer });
    }

    fn claims(&mut self, limit: usize) -> Answer {
        if !self.kind && self.dice.chance(5) {
            return Answer::Claimed(Err(fault(Advice::Retry)));
        }
        let mut facts = ClaimFacts::default();
        for (task, state) in &mut self.tasks {
            let State::Ready(at) = *state else {
                continue;
            };
            if at > self.now {
                let span = at.since(self.now);
                facts.next = Some(facts.next.map_or(span, |next| next.min(span)));
            } else if facts.won.len() < limit {
                if !self.kind && self.dice.chance(10) {
                    facts.lost.push(task.clone());
                    facts.next = Some(Duration::from_secs(1));
                    continue;
                }
                *state = State::Claimed;
                let fence = self.fences.entry(task.clone()).or_default();
                *fence += 1;
                let intent = self.dice.chance(10).then(|| Intent {
                    base: Oid::new("b"),
                    commit: Oid::new("c"),
                });
                facts.won.push(Won {
                    claim: Claim {
                        task: task.clone(),
                        fence: Fence(*fence),
                        nonce: Nonce::new("n"),
                    },
                    attempt: u32::try_from(*fence).expect("small"),
                    tries: u32::try_from(*fence).expect("small"),
                    max_attempts: None,
                    harness: HarnessName::new("h"),
                    intent,
                });
                self.live.insert(task.clone(), Live::default());
            }
        }
        Answer::Claimed(Ok(facts))
    }

    // tidy: table
    fn outcome(&mut self, task: &TaskId, call: &Call) -> Answer {
        let failing = if self.kind { 0 } else { 8 };
        if self.dice.chance(failing) {
            return self.failure(task, call);
        }
        let Some(live) = self.live.get_mut(task) else {
            panic!("seed {}: a dead attempt has a call out", self.seed);
        };
        match call {
            Call::Contains(_) => {
                live.moved = self.dice.chance(50);
                Answer::Contained(Ok(live.moved))
            }
            Call::Apply(note) => {
                match note {
                    Note::Intend(_) => live.intent = true,
                    Note::Withdraw => live.intent = false,
                    Note::Checkpoint | Note::End { .. } => {}
                }
                Answer::Applied(Ok(()))
            }
            Call::Acquire => {
                live.tree = true;
                Answer::Acquired(Ok(Worktree {
                    path: "/w".into(),
                    branch: "b".to_owned(),
                    base: Oid::new("0"),
                }))
            }
            Call::Run(_) => Answer::Ran(Ok(self.turn())),
            Call::Changes => Answer::Changed(Ok(ChangeFacts {
                head: Oid::new("h"),
                commits: u32::from(self.dice.chance(80)),
                dirty: usize::from(self.dice.chance(20)),
            })),
            Call::Gate => Answer::Gated(Ok(GateFacts {
                failed: self.dice.chance(30).then(|| "test".to_owned()),
            })),
            Call::Review { .. } => Answer::Reviewed(Ok(ReviewFacts {
                verdict: match self.dice.roll(4) {
                    0 => Verdict::Changes(vec!["x".to_owned()]),
                    1 => Verdict::Unavailable("down".to_owned()),
                    _ => Verdict::Approved,
                },
                usage: Usage::default(),
                cost: Some(Cost(1)),
            })),
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
                live.tree = false;
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

    /// A call that failed: it may have done its work all the same.
    fn failure(&mut self, task: &TaskId, call: &Call) -> Answer {
        let advice = match self.dice.roll(4) {
            0 => Advice::FixConfiguration,
            1 => Advice::Bug,
            2 => Advice::RetryAt(self.now.plus(Duration::from_secs(5))),
            _ => Advice::Retry,
        };
        if let Some(live) = self.live.get_mut(task)
            && matches!(call, Call::Release(_))
        {
            live.tree = false;
        }
        call.failure()(fault(advice))
    }

    fn turn(&mut self) -> TurnFacts {
        let end = match self.dice.roll(10) {
            0 => EndReason::Crashed,
            1 => EndReason::RateLimited { retry_at: None },
            2 => EndReason::Killed { by: Killer::Other },
            _ => EndReason::Finished,
        };
        let signal = match self.dice.roll(6) {
            0 => Some(Signal::Blocked {
                why: "x".to_owned(),
            }),
            1..=3 => Some(Signal::Done),
            _ => None,
        };
        TurnFacts {
            end,
            signal,
            session: None,
            resumable: false,
            usage: Usage::default(),
            cost: Some(Cost(self.dice.roll(5))),
            error: None,
            survivors: if self.dice.roll(60) == 0 {
                vec![7]
            } else {
                Vec::new()
            },
        }
    }
}

fn fault(advice: Advice) -> Fault {
    Fault {
        advice,
        message: "no".to_owned(),
    }
}

#[test]
fn whatever_the_world_does_the_run_drains_and_nothing_is_broken() {
    let seeds = match std::env::var("SWARM_SEEDS") {
        Ok(seeds) => seeds.parse().expect("SWARM_SEEDS is a number"),
        Err(_) => 20_000,
    };
    for seed in 1..=seeds {
        World::new(seed).run();
    }
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
