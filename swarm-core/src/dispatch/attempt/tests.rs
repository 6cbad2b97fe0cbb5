//! The tables of an attempt: what each answer in each phase leads to. Written
//! by hand; one row a rule.

use std::collections::BTreeSet;
use std::time::Duration;

use super::phase::{After, End, Judge, Land, Phase, Recovery, Unmoved, Work};
use super::record::{Attempt, Next, Rules};
use crate::dispatch::command::{Ask, Call, Note, TurnPlan};
use crate::dispatch::input::{
    Answer, ChangeFacts, DiffFacts, Earlier, Fault, GateFacts, ReviewFacts, TurnFacts, Won,
};
use crate::dispatch::pacing::{Budget, Governor, Ledger};
use crate::dispatch::policy::{Completion, LargeDiff, Policy};
use crate::dispatch::setting::Setting;
use crate::error::Advice;
use crate::event::Event;
use crate::model::{
    AccountId, Claim, Cost, EndReason, Ending, Fence, HarnessName, Intent, Killer, Limit, Nonce,
    Oid, Progress, ReviewRecord, SessionId, Stage, TaskId, Timestamp, Usage, Verdict,
};
use crate::ports::{Advance, Merge, Release, Released, Spent, Worktree};
use crate::protocol::signals::Signal;

mod parting;
mod protocol;

const NOW: Timestamp = Timestamp(1_000_000);

/// What a row expects, in short.
#[derive(Clone, Debug, PartialEq)]
enum Then {
    /// Written down first.
    Turn(Ask),
    Run(Ask),
    AwaitSlot(Ask),
    AwaitReviewer,
    LetGo,
    Look,
    /// Written down first.
    Judge,
    Gate,
    Diff,
    Review(usize),
    Queue,
    Pause,
    Intend,
    Advance,
    Contains,
    Withdraw,
    Acquire,
    Claim(usize),
    /// The worktree is given back so, and the attempt then ends so.
    Release(Release, Kind),
    /// This ending is written down.
    Record(Kind),
    Gone(Kind),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Landed,
    Retry(u64),
    Failed,
    Held,
    Blocked,
    Closed,
    Rejected,
    Interrupted,
    Lost,
}

fn kind(ending: &Ending) -> Kind {
    match ending {
        Ending::Landed { .. } => Kind::Landed,
        Ending::Retry { after, .. } => Kind::Retry(after.as_secs()),
        Ending::Failed { .. } => Kind::Failed,
        Ending::Held { .. } => Kind::Held,
        Ending::Blocked { .. } => Kind::Blocked,
        Ending::Closed { .. } => Kind::Closed,
        Ending::Rejected { .. } => Kind::Rejected,
        Ending::Interrupted { .. } => Kind::Interrupted,
        Ending::Lost { .. } => Kind::Lost,
    }
}

fn then(attempt: &Attempt, next: Next) -> Then {
    let ending = || match &attempt.phase {
        Phase::Ending(End::Releasing { ending } | End::Recording { ending }) => kind(ending),
        other => panic!("not ending: {other:?}"),
    };
    match next {
        Next::Call(Call::Run(plan)) => Then::Run(plan.ask),
        Next::Call(Call::LetGo) => Then::LetGo,
        Next::Call(Call::Changes) => Then::Look,
        Next::Call(Call::Claim { limit, .. }) => Then::Claim(limit),
        Next::Call(Call::Gate) => Then::Gate,
        Next::Call(Call::Diff) => Then::Diff,
        Next::Call(Call::Review { reviewer, .. }) => Then::Review(reviewer),
        Next::Call(Call::Apply(Note::Checkpoint(_))) => match &attempt.phase {
            Phase::Working(Work::Noting(plan)) => Then::Turn(plan.ask),
            Phase::Judging(Judge::Noting { .. }) => Then::Judge,
            other => panic!("nothing begins: {other:?}"),
        },
        Next::Call(Call::Apply(Note::Intend(_))) => Then::Intend,
        Next::Call(Call::Apply(Note::Withdraw)) => Then::Withdraw,
        Next::Call(Call::Apply(Note::End { ending, .. })) => Then::Record(kind(&ending)),
        Next::Call(Call::Advance(_)) => Then::Advance,
        Next::Call(Call::Contains(_)) => Then::Contains,
        Next::Call(Call::Acquire) => Then::Acquire,
        Next::Call(Call::Release(how)) => Then::Release(how, ending()),
        Next::Call(Call::Merge(_)) => panic!("merges are begun by the queue"),
        Next::Queue => Then::Queue,
        Next::Pause => Then::Pause,
        Next::AwaitSlot => match &attempt.phase {
            Phase::Waiting(plan) => Then::AwaitSlot(plan.ask),
            Phase::Judging(Judge::Parked { .. }) => Then::AwaitReviewer,
            other => panic!("not waiting: {other:?}"),
        },
        Next::Gone(ending) => Then::Gone(kind(&ending)),
    }
}

fn oid(text: &str) -> Oid {
    Oid::new(text)
}

fn intent() -> Intent {
    Intent {
        base: oid("tip"),
        commit: oid("commit"),
    }
}

fn plan(ask: Ask) -> TurnPlan {
    TurnPlan {
        turn: 1,
        ask,
        harness: HarnessName::new("h"),
        resume: false,
        interrupted: false,
        onto: None,
        budget: Budget::default(),
        claims: 0,
    }
}

fn won() -> Won {
    Won {
        claim: Claim {
            task: TaskId::new("t").expect("a good id"),
            fence: Fence(1),
            nonce: Nonce::new("n"),
        },
        attempt: 1,
        tries: 1,
        max_attempts: None,
        harness: HarnessName::new("h"),
        kind: None,
        spent: Spent::default(),
        want: None,
        intent: None,
        cut_short: 0,
        earlier: None,
    }
}

fn attempt(phase: Phase) -> Attempt {
    let (mut attempt, _) = Attempt::begin(won(), Run::new().rules());
    attempt.phase = phase;
    attempt.tree = Some(Worktree {
        path: "/w".into(),
        branch: "b".to_owned(),
        base: oid("base"),
    });
    attempt.counts.turns = 1;
    attempt
}

fn turned(ask: Ask) -> Phase {
    Phase::Working(Work::Turn(plan(ask)))
}

fn looking(ask: Ask, said: Option<Signal>) -> Phase {
    Phase::Working(Work::Looking {
        plan: plan(ask),
        after: After::Signal(said),
    })
}

fn gating() -> Phase {
    Phase::Judging(Judge::Gate { head: oid("head") })
}

fn diffing() -> Phase {
    Phase::Judging(Judge::Diff { head: oid("head") })
}

fn reviewing(reviewer: usize) -> Phase {
    Phase::Judging(Judge::Review {
        head: oid("head"),
        reviewer,
        down: Vec::new(),
    })
}

fn landing(make: impl FnOnce(Oid) -> Land) -> Phase {
    Phase::Landing(make(oid("head")))
}

fn fault(advice: Advice) -> Fault {
    Fault {
        advice,
        message: "no".to_owned(),
        task: None,
    }
}

fn ran(end: EndReason) -> Answer {
    Answer::Ran(Ok(TurnFacts {
        end,
        signal: None,
        readiness: None,
        opening: String::new(),
        session: None,
        resumable: false,
        usage: Usage::default(),
        cost: None,
        error: None,
        context: None,
        looked_at: BTreeSet::new(),
        survivors: Vec::new(),
        kept: false,
    }))
}

fn changed(commits: u32, dirty: usize) -> Answer {
    Answer::Changed(Ok(ChangeFacts {
        head: oid("head"),
        commits,
        dirty,
        fingerprint: 0,
    }))
}

fn gated(failed: Option<&str>) -> Answer {
    Answer::Gated(Ok(GateFacts {
        failed: failed.map(str::to_owned),
    }))
}

fn reviewed(verdict: Verdict) -> Answer {
    Answer::Reviewed(Ok(ReviewFacts {
        record: record(verdict),
        spoiled: false,
        end: None,
    }))
}

fn record(verdict: Verdict) -> ReviewRecord {
    ReviewRecord {
        round: 1,
        reviewer: "one".to_owned(),
        verdict,
        duration_ms: 0,
        paths: Vec::new(),
        more_paths: 0,
        usage: Usage::default(),
        cost: None,
    }
}

fn spoilt(verdict: Verdict) -> Answer {
    Answer::Reviewed(Ok(ReviewFacts {
        record: record(verdict),
        spoiled: true,
        end: None,
    }))
}

fn diffed(head: &str, cut: bool, exempt: bool) -> Answer {
    Answer::Diffed(Ok(DiffFacts {
        head: oid(head),
        paths: 3,
        cut,
        exempt,
    }))
}

/// The run of the rows: gates, two reviewers, defaults.
struct Run {
    policy: Policy,
    budget: Ledger,
    governor: Governor,
    setting: Setting,
}

impl Run {
    fn new() -> Self {
        let policy = Policy::default();
        Self {
            budget: Ledger::default(),
            governor: Governor::new(policy.backoff, policy.max_wait),
            policy,
            setting: Setting {
                gated: true,
                reviewers: vec!["one".to_owned(), "two".to_owned()],
                ..Setting::default()
            },
        }
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            now: NOW,
            policy: &self.policy,
            budget: &self.budget,
            governor: &self.governor,
            setting: &self.setting,
            paused: false,
        }
    }

    fn check(&self, mut attempt: Attempt, answer: Answer, want: &Then) {
        let asked = format!("{:?} + {answer:?}", attempt.phase);
        let (next, _) = attempt.answered(answer, self.rules());
        assert_eq!(&then(&attempt, next), want, "{asked}");
    }

    fn table(&self, rows: impl IntoIterator<Item = (Phase, Answer, Then)>) {
        for (phase, answer, want) in rows {
            self.check(attempt(phase), answer, &want);
        }
    }
}

fn unlanded(kind: Kind) -> Then {
    Then::Release(Release::Unlanded, kind)
}

fn held() -> Then {
    Then::Release(Release::Keep, Kind::Held)
}

#[test]
fn from_the_claim_to_the_first_turn() {
    let tree = attempt(Phase::Acquiring).tree.expect("set above");
    let asking = || Phase::Recovering(Recovery::Asking { intent: intent() });
    let withdrawing = || Phase::Recovering(Recovery::Withdrawing);
    Run::new().table([
        (
            Phase::Acquiring,
            Answer::Acquired(Ok(tree)),
            Then::Turn(Ask::Task),
        ),
        (
            Phase::Acquiring,
            Answer::Acquired(Err(fault(Advice::Retry))),
            unlanded(Kind::Retry(60)),
        ),
        (
            Phase::Acquiring,
            Answer::Acquired(Err(fault(Advice::FixConfiguration))),
            unlanded(Kind::Failed),
        ),
        (
            asking(),
            Answer::Contained(Ok(true)),
            Then::Record(Kind::Landed),
        ),
        (asking(), Answer::Contained(Ok(false)), Then::Withdraw),
        (
            asking(),
            Answer::Contained(Err(fault(Advice::Retry))),
            unlanded(Kind::Lost),
        ),
        (withdrawing(), Answer::Applied(Ok(())), Then::Acquire),
        (
            withdrawing(),
            Answer::Applied(Err(fault(Advice::Retry))),
            unlanded(Kind::Lost),
        ),
    ]);
}

/// The turn that begins once it has been written down.
fn begun(attempt: &mut Attempt, run: &Run) -> TurnPlan {
    let (next, _) = attempt.answered(Answer::Applied(Ok(())), run.rules());
    let Next::Call(Call::Run(plan)) = next else {
        panic!("{next:?}");
    };
    plan
}

#[test]
fn before_every_turn_it_is_written_down() {
    let noting = |ask| Phase::Working(Work::Noting(plan(ask)));
    let noted = || Answer::Applied(Ok(()));
    for ask in [Ask::Task, Ask::GoOn, Ask::MendGate, Ask::Resolve] {
        Run::new().table([(noting(ask), noted(), Then::Run(ask))]);
    }
    Run::new().table([(
        noting(Ask::Task),
        Answer::Applied(Err(fault(Advice::Retry))),
        unlanded(Kind::Retry(60)),
    )]);

    // What others did meanwhile counts.
    let account = AccountId::new("h");
    let mut parked = Run::new();
    let limited = EndReason::RateLimited { retry_at: None };
    parked.governor.ended(&account, limited, "why", NOW);
    let waits = Then::AwaitSlot(Ask::GoOn);
    parked.check(attempt(noting(Ask::GoOn)), noted(), &waits);
    let mut closed = Run::new();
    closed.governor.ended(&account, EndReason::Auth, "why", NOW);
    let ends = unlanded(Kind::Interrupted);
    closed.check(attempt(noting(Ask::GoOn)), noted(), &ends);
    let mut spent = Run::new();
    spent.budget = money(5);
    spent.budget.spend(paid(5));
    spent.check(attempt(noting(Ask::GoOn)), noted(), &ends);
    let mut promised = Run::new();
    promised.budget = money(5);
    let other = TaskId::new("other").expect("a good id");
    promised.budget.promise(&other, 1, Budget::default(), NOW);
    promised.check(attempt(noting(Ask::GoOn)), noted(), &waits);
}

#[test]
fn every_end_of_a_turn() {
    let late = Timestamp(NOW.0 + 500_000);
    // No fault of the work: it waits for its account, and goes on.
    let waits = || Then::AwaitSlot(Ask::Task);
    let rows = [
        (EndReason::Finished, Then::Look),
        (EndReason::Auth, unlanded(Kind::Failed)),
        (EndReason::Billing, unlanded(Kind::Failed)),
        (EndReason::Config, unlanded(Kind::Failed)),
        (EndReason::RateLimited { retry_at: None }, waits()),
        (
            EndReason::RateLimited {
                retry_at: Some(late),
            },
            waits(),
        ),
        (
            EndReason::RateLimited {
                retry_at: Some(Timestamp(u64::MAX)),
            },
            unlanded(Kind::Interrupted),
        ),
        (EndReason::Overloaded, waits()),
        (EndReason::Network, waits()),
        (EndReason::ContextFull, Then::Turn(Ask::Continue)),
        (EndReason::LimitReached, unlanded(Kind::Retry(60))),
        (EndReason::ModelLimit, unlanded(Kind::Retry(60))),
        (EndReason::Refused, unlanded(Kind::Retry(60))),
        (EndReason::SessionNotFound, unlanded(Kind::Retry(60))),
        (
            EndReason::Killed { by: Killer::Other },
            unlanded(Kind::Retry(60)),
        ),
        (EndReason::Crashed, Then::Look),
        (
            EndReason::TimedOut { limit: Limit::Idle },
            unlanded(Kind::Retry(60)),
        ),
    ];
    for (end, want) in rows {
        let mut run = Run::new();
        run.governor.ended(&AccountId::new("h"), end, "why", NOW);
        run.check(attempt(turned(Ask::Task)), ran(end), &want);
    }
}

/// A turn that was to go on with a conversation.
fn resuming(ask: Ask) -> Phase {
    Phase::Working(Work::Turn(TurnPlan {
        resume: true,
        ..plan(ask)
    }))
}

fn ran_in(session: &str, end: EndReason) -> Answer {
    let Answer::Ran(Ok(facts)) = ran(end) else {
        unreachable!("`ran` makes nothing else");
    };
    Answer::Ran(Ok(TurnFacts {
        session: Some(SessionId::new(session)),
        resumable: true,
        ..facts
    }))
}

#[test]
fn a_failed_resume_is_repeated_once_as_a_new_conversation() {
    use EndReason::{Crashed, Refused, SessionNotFound};
    let killed = EndReason::Killed { by: Killer::Other };
    let idle = EndReason::TimedOut { limit: Limit::Idle };
    let retry = || unlanded(Kind::Retry(60));
    Run::new().table([
        // The same is asked again, whatever it was.
        (
            resuming(Ask::GoOn),
            ran(SessionNotFound),
            Then::Turn(Ask::GoOn),
        ),
        (
            resuming(Ask::MendGate),
            ran(Crashed),
            Then::Turn(Ask::MendGate),
        ),
        // It was resumed, and failed later.
        (resuming(Ask::GoOn), ran_in("s", Crashed), Then::Look),
        // Not for want of the conversation.
        (resuming(Ask::GoOn), ran(Refused), retry()),
        (resuming(Ask::GoOn), ran(killed), retry()),
        (resuming(Ask::GoOn), ran(idle), retry()),
        (
            resuming(Ask::GoOn),
            ran(EndReason::Auth),
            unlanded(Kind::Failed),
        ),
        // There was none: see also `every_end_of_a_turn`.
        (turned(Ask::GoOn), ran(SessionNotFound), retry()),
        (turned(Ask::GoOn), ran(Crashed), Then::Look),
    ]);

    let run = Run::new();
    let mut again = attempt(resuming(Ask::Resolve));
    again.resumable = true;
    let Phase::Working(Work::Turn(plan)) = &mut again.phase else {
        unreachable!("set above");
    };
    plan.onto = Some(oid("tip"));
    let (next, _) = again.answered(ran_in("lost", SessionNotFound), run.rules());
    assert_eq!(then(&again, next), Then::Turn(Ask::Resolve));
    let plan = begun(&mut again, &run);
    assert_eq!((plan.turn, plan.resume), (2, false), "counted, and anew");
    assert_eq!(plan.onto, Some(oid("tip")));
    // And if that fails as well, that was it.
    run.check(again, ran(SessionNotFound), &retry());

    let mut tired = attempt(resuming(Ask::GoOn));
    tired.counts.turns = run.policy.max_turns;
    run.check(tired, ran(SessionNotFound), &retry());
}

#[test]
fn a_limit_counts_as_a_turn_so_that_it_ends_some_day() {
    let mut run = Run::new();
    let end = EndReason::RateLimited { retry_at: None };
    run.governor.ended(&AccountId::new("h"), end, "why", NOW);
    let mut tired = attempt(turned(Ask::Task));
    tired.counts.turns = run.policy.max_turns;
    run.check(tired, ran(end), &unlanded(Kind::Retry(60)));
}

#[test]
fn a_share_that_is_used_up_is_no_failure_while_there_is_more() {
    let run = Run::new();
    let spent = |cost| {
        let Answer::Ran(Ok(mut facts)) = ran(EndReason::LimitReached) else {
            unreachable!("made so")
        };
        facts.cost = Some(Cost(cost));
        Answer::Ran(Ok(facts))
    };
    let promised = || {
        let mut plan = plan(Ask::Task);
        plan.budget.cost = Some(Cost(100));
        Phase::Working(Work::Turn(plan))
    };
    run.check(attempt(promised()), spent(95), &Then::Turn(Ask::Task));
    run.check(attempt(promised()), spent(20), &unlanded(Kind::Retry(60)));
}

#[test]
fn what_is_all_promised_is_waited_for() {
    let mut run = Run::new();
    run.budget = money(5);
    let other = TaskId::new("other").expect("a good id");
    run.budget.promise(&other, 1, Budget::default(), NOW);
    run.table([(
        looking(Ask::Task, None),
        changed(0, 1),
        Then::AwaitSlot(Ask::Commit),
    )]);
}

#[test]
fn whoever_cannot_be_ended_holds_the_attempt() {
    for end in [EndReason::Finished, EndReason::Auth, EndReason::Crashed] {
        let Answer::Ran(Ok(mut facts)) = ran(end) else {
            unreachable!("as made above")
        };
        facts.survivors = vec![7, 9];
        let mut attempt = attempt(turned(Ask::Task));
        let (next, events) = attempt.answered(Answer::Ran(Ok(facts)), Run::new().rules());
        assert_eq!(then(&attempt, next), held());
        let told = events.iter().any(
            |event| matches!(event, Event::TurnEnded { survivors, .. } if *survivors == [7, 9]),
        );
        assert!(told, "{events:?}");
        let Phase::Ending(End::Releasing { ending }) = &attempt.phase else {
            panic!("{:?}", attempt.phase)
        };
        assert_eq!(
            format!("{ending:?}"),
            r#"Held { reason: "processes 7, 9 could not be ended" }"#
        );
    }
}

// tidy: table
#[test]
fn what_finished_work_leads_to() {
    use Ask::{Commit, MendGate, Resolve, SayDone, Task};
    let done = || Some(Signal::Done);
    let blocked = || {
        Some(Signal::Blocked {
            why: "x".to_owned(),
        })
    };
    let close = || {
        Some(Signal::Close {
            why: "x".to_owned(),
        })
    };
    Run::new().table([
        (looking(Task, None), changed(1, 0), Then::Judge),
        (looking(Task, done()), changed(2, 0), Then::Judge),
        (looking(Task, None), changed(0, 0), Then::Turn(Ask::GoOn)),
        (
            looking(Task, done()),
            changed(0, 0),
            unlanded(Kind::Retry(60)),
        ),
        (looking(Task, None), changed(0, 3), Then::Turn(Commit)),
        (looking(Task, done()), changed(1, 1), Then::Turn(Commit)),
        (
            looking(Task, blocked()),
            changed(1, 1),
            unlanded(Kind::Blocked),
        ),
        (
            looking(Task, close()),
            changed(0, 0),
            unlanded(Kind::Closed),
        ),
        (
            looking(Task, close()),
            changed(1, 0),
            unlanded(Kind::Blocked),
        ),
        (
            looking(Task, close()),
            changed(0, 1),
            unlanded(Kind::Blocked),
        ),
        (looking(Commit, None), changed(1, 0), Then::Judge),
        (looking(Commit, None), changed(1, 1), Then::Turn(Commit)),
        (looking(Commit, None), changed(0, 0), Then::Turn(Ask::GoOn)),
        (looking(MendGate, None), changed(2, 0), Then::Judge),
        (looking(MendGate, None), changed(2, 1), Then::Turn(Commit)),
        (looking(Resolve, None), changed(3, 0), Then::Judge),
        (
            looking(Task, None),
            Answer::Changed(Err(fault(Advice::Retry))),
            unlanded(Kind::Retry(60)),
        ),
    ]);
    let mut strict = Run::new();
    strict.policy.completion = Completion::Strict;
    strict.table([
        (looking(Task, None), changed(1, 0), Then::Turn(SayDone)),
        (looking(Task, done()), changed(1, 0), Then::Judge),
        (
            looking(Task, done()),
            changed(0, 0),
            unlanded(Kind::Retry(60)),
        ),
    ]);
}

#[test]
fn follow_ups_and_hand_offs_lead_on_whatever_lies_there() {
    let why = || "x".to_owned();
    for (commits, dirty) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let said = |signal| looking(Ask::Task, Some(signal));
        Run::new().table([
            (
                said(Signal::FollowUp { why: why() }),
                changed(commits, dirty),
                Then::Turn(Ask::FollowUp),
            ),
            (
                said(Signal::HandOff { note: why() }),
                changed(commits, dirty),
                Then::Turn(Ask::Continue),
            ),
        ]);
    }
}

#[test]
fn a_new_conversation_begins_without_the_old_one() {
    let run = Run::new();
    for (phase, answer) in [
        (
            looking(
                Ask::Task,
                Some(Signal::HandOff {
                    note: String::new(),
                }),
            ),
            changed(0, 0),
        ),
        (turned(Ask::Task), ran_in("full", EndReason::ContextFull)),
    ] {
        let mut full = attempt(phase);
        full.resumable = true;
        let (next, _) = full.answered(answer, run.rules());
        assert_eq!(then(&full, next), Then::Turn(Ask::Continue));
        let plan = begun(&mut full, &run);
        assert_eq!((plan.ask, plan.resume), (Ask::Continue, false));
    }
}

#[test]
fn a_new_conversation_is_still_told_what_to_repair() {
    for (ask, then) in [
        (Ask::Task, Ask::Continue),
        (Ask::GoOn, Ask::Continue),
        (Ask::Commit, Ask::Commit),
        (Ask::MendGate, Ask::MendGate),
        (Ask::MendReview, Ask::MendReview),
        (Ask::Resolve, Ask::Resolve),
    ] {
        let onto = || Some(oid("line"));
        let mut full = plan(ask);
        full.onto = onto().filter(|_| ask == Ask::Resolve);
        let mut full = attempt(Phase::Working(Work::Turn(full)));
        let run = Run::new();
        let _ = full.answered(ran(EndReason::ContextFull), run.rules());
        let next = begun(&mut full, &run);
        assert_eq!(next.ask, then);
        assert_eq!(next.onto, onto().filter(|_| ask == Ask::Resolve));
    }
}

#[test]
fn asking_again_and_turns_are_capped() {
    let run = Run::new();
    let why = || "x".to_owned();
    let policy = &run.policy;
    let mut rows = Vec::new();
    let mut row = |said, answer, count: fn(&mut Attempt, u32), cap| {
        let mut one = attempt(looking(Ask::Task, said));
        count(&mut one, cap);
        rows.push((one, answer));
    };
    row(
        None,
        changed(0, 0),
        |one, cap| (one.counts.silent, one.counts.nudges) = (cap, 1),
        policy.silent_turns,
    );
    row(
        Some(Signal::FollowUp { why: why() }),
        changed(1, 0),
        |one, cap| one.counts.follow_ups = cap,
        policy.follow_ups,
    );
    row(
        Some(Signal::HandOff { note: why() }),
        changed(1, 0),
        |one, cap| one.counts.continuations = cap,
        policy.continuations,
    );
    row(
        None,
        changed(0, 1),
        |one, cap| one.counts.turns = cap,
        policy.max_turns,
    );
    for (one, answer) in rows {
        run.check(one, answer, &unlanded(Kind::Retry(60)));
    }
    let mut full = attempt(turned(Ask::Task));
    full.counts.continuations = policy.continuations;
    run.check(
        full,
        ran(EndReason::ContextFull),
        &unlanded(Kind::Retry(60)),
    );
    let mut strict = Run::new();
    strict.policy.completion = Completion::Strict;
    let mut asked = attempt(looking(Ask::SayDone, None));
    asked.counts.asked_again = 1;
    strict.check(asked, changed(1, 0), &unlanded(Kind::Retry(60)));
}

#[test]
fn tries_end_in_failure_and_pauses_double() {
    let run = Run::new();
    for (tries, cap, want) in [
        (1, None, Kind::Retry(60)),
        (2, None, Kind::Retry(120)),
        (3, None, Kind::Failed),
        (1, Some(1), Kind::Failed),
        (4, Some(9), Kind::Retry(480)),
        (8, Some(9), Kind::Retry(480)),
    ] {
        let mut attempt = attempt(turned(Ask::Task));
        attempt.tries = tries;
        attempt.max_attempts = cap;
        run.check(attempt, ran(EndReason::Refused), &unlanded(want));
    }
}

fn money(cost: u64) -> Ledger {
    Ledger::new(Budget {
        cost: Some(Cost(cost)),
        ..Budget::default()
    })
}

fn paid(cost: u64) -> Spent {
    Spent {
        cost: Cost(cost),
        ..Spent::default()
    }
}

// tidy: table
#[test]
fn whoever_has_used_up_its_budget_gets_no_turn() {
    let output = |output| Usage {
        output,
        ..Usage::default()
    };
    let spent = |cost, tokens, seconds| Spent {
        cost: Cost(cost),
        usage: output(tokens),
        duration: Duration::from_secs(seconds),
    };
    let budget = |cost, tokens, seconds| Budget {
        cost: Some(Cost(cost)),
        tokens: Some(tokens),
        time: Some(Duration::from_secs(seconds)),
    };
    let (some, all) = (budget(5, 50, 500), budget(u64::MAX, u64::MAX, u64::MAX));
    let (failed, retry) = (unlanded(Kind::Failed), unlanded(Kind::Retry(60)));
    let interrupted = unlanded(Kind::Interrupted);
    let goes_on = Then::Turn(Ask::Commit);
    // the run's, the attempt's and the task's budget, what this attempt and
    // earlier ones have used up; what follows
    let table = [
        (
            all,
            all,
            all,
            spent(9, 90, 900),
            spent(9, 90, 900),
            &goes_on,
        ),
        (
            all,
            some,
            all,
            spent(4, 49, 499),
            spent(9, 90, 900),
            &goes_on,
        ),
        (all, some, all, spent(5, 0, 0), spent(0, 0, 0), &retry),
        (all, some, all, spent(0, 50, 0), spent(0, 0, 0), &retry),
        (all, some, all, spent(0, 0, 500), spent(0, 0, 0), &retry),
        (all, all, some, spent(4, 49, 499), spent(0, 0, 0), &goes_on),
        (all, all, some, spent(1, 0, 0), spent(4, 0, 0), &failed),
        (all, all, some, spent(0, 1, 0), spent(0, 49, 0), &failed),
        (all, all, some, spent(0, 0, 1), spent(0, 0, 499), &failed),
        (all, some, some, spent(5, 0, 0), spent(0, 0, 0), &failed),
        (some, all, all, spent(5, 0, 0), spent(0, 0, 0), &interrupted),
        (
            some,
            all,
            all,
            spent(0, 50, 0),
            spent(0, 0, 0),
            &interrupted,
        ),
        (
            some,
            all,
            all,
            spent(0, 0, 500),
            spent(0, 0, 0),
            &interrupted,
        ),
        (
            some,
            some,
            some,
            spent(5, 0, 0),
            spent(0, 0, 0),
            &interrupted,
        ),
    ];
    for (run_budget, attempt_budget, task_budget, used, earlier, then) in table {
        let mut run = Run::new();
        run.policy.attempt_budget = attempt_budget;
        run.policy.task_budget = task_budget;
        run.budget = Ledger::new(run_budget);
        let began = Timestamp(NOW.0 - u64::try_from(used.duration.as_millis()).expect("short"));
        run.budget.begin(began);
        run.budget.spend(used);
        let mut attempt = attempt(looking(Ask::Task, None));
        attempt.began = began;
        (attempt.spent, attempt.before) = (used, earlier);
        run.check(attempt, changed(0, 1), then);
    }
}

#[test]
fn a_turn_that_took_all_the_time_that_was_left_says_so() {
    let mut run = Run::new();
    run.policy.attempt_budget.time = Some(Duration::from_secs(60));
    let limit = Limit::Wall;
    let mut long = attempt(turned(Ask::Task));
    long.began = Timestamp(NOW.0 - 60_000);
    let (_, events) = long.answered(ran(EndReason::TimedOut { limit }), run.rules());
    let Phase::Ending(End::Releasing { ending }) = &long.phase else {
        panic!("it ends: {events:?}");
    };
    assert!(ending.reason().contains("the attempt's budget of time"));
}

#[test]
fn no_money_no_turn() {
    let mut run = Run::new();
    run.budget = money(5);
    run.budget.spend(paid(9));
    run.table([(
        looking(Ask::Task, None),
        changed(0, 1),
        unlanded(Kind::Interrupted),
    )]);
}

#[test]
fn gates_then_reviewers_then_the_queue() {
    let changes = || Verdict::Changes(vec!["x".to_owned()]);
    let down = || Verdict::Unavailable("down".to_owned());
    Run::new().table([
        (gating(), gated(None), Then::Diff),
        (diffing(), diffed("head", false, false), Then::Review(0)),
        (gating(), gated(Some("test")), Then::Turn(Ask::MendGate)),
        (
            gating(),
            Answer::Gated(Err(fault(Advice::Retry))),
            unlanded(Kind::Retry(60)),
        ),
        (reviewing(0), reviewed(Verdict::Approved), Then::Queue),
        (
            reviewing(0),
            reviewed(changes()),
            Then::Turn(Ask::MendReview),
        ),
        (reviewing(0), reviewed(down()), Then::Review(1)),
        (
            reviewing(0),
            Answer::Reviewed(Err(fault(Advice::Retry))),
            Then::Review(1),
        ),
        (reviewing(1), reviewed(down()), held()),
        (reviewing(1), reviewed(Verdict::Approved), Then::Queue),
    ]);
}

#[test]
fn what_is_to_be_reviewed() {
    let mut run = Run::new();
    run.table([
        (diffing(), diffed("head", false, false), Then::Review(0)),
        // A reviewer reads the rest in the worktree.
        (diffing(), diffed("head", true, false), Then::Review(0)),
        (diffing(), diffed("head", false, true), Then::Queue),
        (diffing(), diffed("head", true, true), Then::Queue),
        // What was gated is not what would be judged.
        (diffing(), diffed("other", false, false), held()),
        (diffing(), diffed("other", false, true), held()),
        (
            diffing(),
            Answer::Diffed(Err(fault(Advice::Retry))),
            unlanded(Kind::Retry(60)),
        ),
        (diffing(), gated(None), unlanded(Kind::Retry(60))),
    ]);
    run.policy.large_diff = LargeDiff::Hold;
    run.table([
        (diffing(), diffed("head", false, false), Then::Review(0)),
        (diffing(), diffed("head", true, false), held()),
        (diffing(), diffed("head", true, true), Then::Queue),
    ]);
}

#[test]
fn a_reviewer_that_left_a_trace_has_judged_nothing() {
    let down = || Verdict::Unavailable("moved the branch".to_owned());
    Run::new().table([
        (reviewing(0), spoilt(down()), held()),
        (reviewing(1), spoilt(down()), held()),
        (reviewing(0), spoilt(Verdict::Approved), held()),
        (
            reviewing(0),
            spoilt(Verdict::Changes(vec!["x".to_owned()])),
            held(),
        ),
    ]);
}

/// With the word of each; the rounds are as they were.
#[test]
fn all_reviewers_down_is_no_verdict() {
    let run = Run::new();
    let mut attempt = attempt(diffing());
    let rows = [
        (diffed("head", false, false), Then::Review(0)),
        (
            reviewed(Verdict::Unavailable("no login".to_owned())),
            Then::Review(1),
        ),
        (Answer::Reviewed(Err(fault(Advice::Bug))), held()),
    ];
    for (answer, want) in rows {
        let (next, _) = attempt.answered(answer, run.rules());
        assert_eq!(then(&attempt, next), want);
    }
    let Phase::Ending(End::Releasing { ending }) = &attempt.phase else {
        panic!("not ending: {:?}", attempt.phase);
    };
    let why = "no reviewer could judge it: one: no login; two: no";
    assert_eq!(ending.reason(), why);
    assert_eq!(attempt.counts.review_rounds, 0);
}

/// Three reviews and two repairs, then it is over; whoever was down counts for
/// nothing.
#[test]
fn a_reviewer_that_is_never_content() {
    let run = Run::new();
    let mut attempt = attempt(looking(Ask::Task, None));
    let changes = || reviewed(Verdict::Changes(vec!["x".to_owned()]));
    let down = || reviewed(Verdict::Unavailable("down".to_owned()));
    let round = || {
        [
            (changed(1, 0), Then::Judge),
            (Answer::Applied(Ok(())), Then::Gate),
            (gated(None), Then::Diff),
            (diffed("head", false, false), Then::Review(0)),
            (down(), Then::Review(1)),
        ]
    };
    let mend = [
        (changes(), Then::Turn(Ask::MendReview)),
        (Answer::Applied(Ok(())), Then::Run(Ask::MendReview)),
        (ran(EndReason::Finished), Then::Look),
    ];
    let last = [(changes(), unlanded(Kind::Rejected))];
    let rows = round()
        .into_iter()
        .chain(mend.clone())
        .chain(round())
        .chain(mend)
        .chain(round())
        .chain(last);
    for (answer, want) in rows {
        let asked = format!("{:?} + {answer:?}", attempt.phase);
        let (next, _) = attempt.answered(answer, run.rules());
        assert_eq!(then(&attempt, next), want, "{asked}");
    }
    assert_eq!(attempt.counts.review_rounds, 3);
}

/// An approval is for one commit: what a later turn makes of it is gated and
/// reviewed again, also after a conflict.
#[test]
fn approved_work_that_is_changed_is_reviewed_again() {
    let run = Run::new();
    let mut attempt = attempt(reviewing(0));
    let conflict = Merge::Conflict {
        onto: oid("tip"),
        paths: vec!["a".into()],
    };
    let (next, _) = attempt.answered(reviewed(Verdict::Approved), run.rules());
    assert_eq!(then(&attempt, next), Then::Queue);
    let _ = attempt.merge(oid("head"));
    let (next, _) = attempt.answered(Answer::Merged(Ok(conflict)), run.rules());
    assert_eq!(then(&attempt, next), Then::AwaitSlot(Ask::Resolve));
    attempt.phase = turned(Ask::Resolve);
    for (answer, want) in [
        (ran(EndReason::Finished), Then::Look),
        (changed(3, 0), Then::Judge),
        (Answer::Applied(Ok(())), Then::Gate),
        (gated(None), Then::Diff),
        (diffed("head", false, false), Then::Review(0)),
        (reviewed(Verdict::Approved), Then::Queue),
    ] {
        let (next, _) = attempt.answered(answer, run.rules());
        assert_eq!(then(&attempt, next), want);
    }
}

#[test]
fn gate_and_review_rounds_are_capped() {
    let run = Run::new();
    let mut gated_out = attempt(gating());
    gated_out.counts.gate_rounds = run.policy.gate_rounds;
    run.check(gated_out, gated(Some("test")), &unlanded(Kind::Retry(60)));
    let mut reviewed_out = attempt(reviewing(0));
    reviewed_out.counts.review_rounds = run.policy.review_rounds - 1;
    let changes = reviewed(Verdict::Changes(vec!["x".to_owned()]));
    run.check(reviewed_out, changes, &unlanded(Kind::Rejected));
}

// tidy: table
#[test]
fn from_the_queue_to_the_line() {
    let merging = || landing(|head| Land::Merging { head });
    let intending = || {
        landing(|head| Land::Intending {
            head,
            intent: intent(),
        })
    };
    let advancing = || {
        landing(|head| Land::Advancing {
            head,
            intent: intent(),
        })
    };
    let checking = || {
        landing(|head| Land::Checking {
            head,
            intent: intent(),
        })
    };
    let withdrawing = |why| landing(|head| Land::Withdrawing { head, why });
    let conflict = Merge::Conflict {
        onto: oid("tip"),
        paths: vec!["a".into()],
    };
    let made = Merge::Commit {
        commit: oid("commit"),
        onto: oid("tip"),
    };
    let parked = Advance::Parked {
        line: "refs/swarm/line/main".to_owned(),
        because: "x".to_owned(),
    };
    let no = || fault(Advice::Retry);
    Run::new().table([
        (merging(), Answer::Merged(Ok(made)), Then::Intend),
        (
            merging(),
            Answer::Merged(Ok(Merge::AlreadyIn { tip: oid("tip") })),
            Then::Record(Kind::Landed),
        ),
        (
            merging(),
            Answer::Merged(Ok(conflict)),
            Then::AwaitSlot(Ask::Resolve),
        ),
        (merging(), Answer::Merged(Err(no())), Then::Pause),
        (intending(), Answer::Applied(Ok(())), Then::Advance),
        (intending(), Answer::Applied(Err(no())), Then::Pause),
        (
            advancing(),
            Answer::Advanced(Ok(Advance::Moved)),
            Then::Record(Kind::Landed),
        ),
        (
            advancing(),
            Answer::Advanced(Ok(parked)),
            Then::Record(Kind::Landed),
        ),
        (
            advancing(),
            Answer::Advanced(Ok(Advance::Stale { tip: oid("x") })),
            Then::Withdraw,
        ),
        (advancing(), Answer::Advanced(Err(no())), Then::Contains),
        (
            checking(),
            Answer::Contained(Ok(true)),
            Then::Record(Kind::Landed),
        ),
        (checking(), Answer::Contained(Ok(false)), Then::Withdraw),
        (
            checking(),
            Answer::Contained(Err(no())),
            Then::Release(Release::Keep, Kind::Lost),
        ),
        (
            withdrawing(Unmoved::Stale),
            Answer::Applied(Ok(())),
            Then::Queue,
        ),
        (
            withdrawing(Unmoved::Failed),
            Answer::Applied(Ok(())),
            Then::Pause,
        ),
        (
            withdrawing(Unmoved::Stale),
            Answer::Applied(Err(no())),
            Then::Pause,
        ),
    ]);
}

#[test]
fn conflicts_and_failed_landings_are_capped() {
    let run = Run::new();
    let mut again = attempt(landing(|head| Land::Merging { head }));
    again.counts.resolves = 1;
    let conflict = Merge::Conflict {
        onto: oid("tip"),
        paths: vec!["a".into()],
    };
    run.check(again, Answer::Merged(Ok(conflict)), &held());
    let mut unlucky = attempt(landing(|head| Land::Merging { head }));
    unlucky.counts.land_faults = 5;
    run.check(unlucky, Answer::Merged(Err(fault(Advice::Retry))), &held());
}

#[test]
fn how_an_attempt_comes_to_its_end() {
    let landed = || Ending::Landed {
        commit: oid("commit"),
    };
    let lost = || Ending::Lost {
        reason: String::new(),
    };
    let failed = || Ending::Failed {
        reason: String::new(),
    };
    let releasing = |ending| Phase::Ending(End::Releasing { ending });
    let recording = |ending| Phase::Ending(End::Recording { ending });
    let applied = || Answer::Applied(Ok(()));
    let removed = || Answer::Released(Ok(Released::Removed));
    Run::new().table([
        (
            recording(landed()),
            applied(),
            Then::Release(
                Release::Landed {
                    commit: oid("commit"),
                },
                Kind::Landed,
            ),
        ),
        (releasing(landed()), removed(), Then::Gone(Kind::Landed)),
        (releasing(failed()), removed(), Then::Record(Kind::Failed)),
        (
            releasing(failed()),
            Answer::Released(Err(fault(Advice::Retry))),
            Then::Record(Kind::Failed),
        ),
        (recording(failed()), applied(), Then::Gone(Kind::Failed)),
        (
            recording(failed()),
            Answer::Applied(Err(fault(Advice::Retry))),
            Then::Record(Kind::Failed),
        ),
        // What is not ours to write is not written.
        (releasing(lost()), removed(), Then::Gone(Kind::Lost)),
    ]);
    let mut unwritable = attempt(recording(failed()));
    unwritable.counts.record_faults = 4;
    let answer = Answer::Applied(Err(fault(Advice::Retry)));
    Run::new().check(unwritable, answer, &Then::Gone(Kind::Failed));
}

#[test]
fn whatever_a_stopped_call_answers_the_attempt_ends_as_it_was_told() {
    let stopping = || Phase::Stopping {
        then: Ending::Interrupted {
            reason: String::new(),
        },
        give_up_at: NOW,
    };
    Run::new().table([
        (
            stopping(),
            ran(EndReason::Finished),
            unlanded(Kind::Interrupted),
        ),
        (
            stopping(),
            Answer::Ran(Err(fault(Advice::Bug))),
            unlanded(Kind::Interrupted),
        ),
        (stopping(), changed(1, 0), unlanded(Kind::Interrupted)),
        (stopping(), gated(None), unlanded(Kind::Interrupted)),
        (
            stopping(),
            Answer::Merged(Err(fault(Advice::Bug))),
            unlanded(Kind::Interrupted),
        ),
    ]);
}

#[test]
fn a_stop_waits_for_what_moves_the_line_and_for_nothing_else() {
    let then = || Ending::Interrupted {
        reason: String::new(),
    };
    let rows = [
        (Phase::Acquiring, true, false),
        (turned(Ask::Task), true, false),
        (looking(Ask::Task, None), true, false),
        (gating(), true, false),
        (diffing(), true, false),
        (reviewing(0), true, false),
        (landing(|head| Land::Merging { head }), true, false),
        (landing(|head| Land::Queued { head }), false, true),
        (Phase::Waiting(plan(Ask::Resolve)), false, true),
        (
            landing(|head| Land::Intending {
                head,
                intent: intent(),
            }),
            false,
            false,
        ),
        (
            landing(|head| Land::Advancing {
                head,
                intent: intent(),
            }),
            false,
            false,
        ),
        (
            landing(|head| Land::Checking {
                head,
                intent: intent(),
            }),
            false,
            false,
        ),
        (
            Phase::Ending(End::Recording { ending: then() }),
            false,
            false,
        ),
    ];
    for (phase, asked, ends) in rows {
        let mut attempt = attempt(phase.clone());
        let (step, ask) = attempt.stop(then(), NOW);
        assert_eq!((ask, step.is_some()), (asked, ends), "{phase:?}");
    }
}

#[test]
fn the_wrong_answer_is_a_failure_not_a_panic() {
    let run = Run::new();
    for phase in [
        Phase::Acquiring,
        turned(Ask::Task),
        gating(),
        diffing(),
        reviewing(1),
    ] {
        let mut attempt = attempt(phase);
        let (next, _) = attempt.answered(Answer::Renewed(Ok(Vec::new())), run.rules());
        assert!(matches!(
            then(&attempt, next),
            Then::Release(_, Kind::Retry(60))
        ));
    }
}

#[test]
fn figures_of_all_turns_are_summed() {
    let run = Run::new();
    let mut attempt = attempt(turned(Ask::Task));
    for cents in [3, 4] {
        attempt.phase = turned(Ask::Task);
        let facts = TurnFacts {
            end: EndReason::Finished,
            signal: None,
            readiness: None,
            opening: String::new(),
            session: None,
            resumable: true,
            usage: Usage {
                input: 10,
                ..Usage::default()
            },
            cost: Some(Cost(cents)),
            error: None,
            context: None,
            looked_at: BTreeSet::new(),
            survivors: Vec::new(),
            kept: false,
        };
        let _ = attempt.answered(Answer::Ran(Ok(facts)), run.rules());
    }
    let want = Spent {
        usage: Usage {
            input: 20,
            ..Usage::default()
        },
        cost: Cost(7),
        duration: Duration::ZERO,
    };
    assert_eq!((attempt.spent, attempt.resumable), (want, true));
}

/// What an attempt left that was cut short in this stage, in the worktree that
/// `attempt` has.
fn left(stage: Stage) -> Won {
    let mut progress = Progress::new(HarnessName::new("h"));
    progress.counts.turns = 3;
    progress.counts.resolves = 1;
    progress.cost = Cost(7);
    progress.stage = stage;
    Won {
        cut_short: 1,
        earlier: Some(Earlier {
            progress,
            tree: attempt(Phase::Acquiring).tree,
            resumable: true,
        }),
        ..won()
    }
}

fn mending() -> Stage {
    Stage::Turn {
        ask: Ask::Resolve,
        onto: Some(oid("tip")),
    }
}

fn finished() -> Stage {
    Stage::Finished { head: oid("head") }
}

#[test]
fn what_was_cut_short_is_gone_on_with() {
    let run = Run::new();
    let earlier = || attempt(Phase::Acquiring).tree.expect("set there");
    let new = || Worktree {
        path: "/new".into(),
        ..earlier()
    };
    let table = [
        (mending(), earlier(), Then::Turn(Ask::Resolve)),
        (mending(), new(), Then::Turn(Ask::Resolve)),
        (finished(), earlier(), Then::Look),
        (finished(), new(), Then::Turn(Ask::Task)),
    ];
    for (stage, tree, want) in table {
        let (mut attempt, (next, _)) = Attempt::begin(left(stage), run.rules());
        assert_eq!(then(&attempt, next), Then::Acquire);
        let asked = format!("{:?} in {tree:?}", attempt.stage);
        let (next, _) = attempt.answered(Answer::Acquired(Ok(tree)), run.rules());
        assert_eq!(then(&attempt, next), want, "{asked}");
    }
}

#[test]
fn finished_work_is_judged_again_if_it_is_as_it_was() {
    let taking_up = || Phase::Working(Work::TakingUp { head: oid("head") });
    let moved = Phase::Working(Work::TakingUp { head: oid("other") });
    let noting = || Phase::Judging(Judge::Noting { head: oid("head") });
    Run::new().table([
        (taking_up(), changed(1, 0), Then::Judge),
        (taking_up(), changed(1, 1), Then::Turn(Ask::Task)),
        (taking_up(), changed(0, 0), Then::Turn(Ask::Task)),
        (moved, changed(1, 0), Then::Turn(Ask::Task)),
        (
            taking_up(),
            Answer::Changed(Err(fault(Advice::Retry))),
            unlanded(Kind::Retry(60)),
        ),
        (noting(), Answer::Applied(Ok(())), Then::Gate),
        (
            noting(),
            Answer::Applied(Err(fault(Advice::Retry))),
            unlanded(Kind::Retry(60)),
        ),
    ]);
    let mut ungated = Run::new();
    ungated.setting.gated = false;
    ungated.table([(noting(), Answer::Applied(Ok(())), Then::Diff)]);
    ungated.setting.reviewers.clear();
    ungated.table([(noting(), Answer::Applied(Ok(())), Then::Queue)]);
}

#[test]
fn caps_and_conversation_outlive_the_run() {
    let mut run = Run::new();
    let tree = || Answer::Acquired(Ok(attempt(Phase::Acquiring).tree.expect("set there")));
    let begin = |won: Won, run: &Run| {
        let (mut attempt, _) = Attempt::begin(won, run.rules());
        let (next, _) = attempt.answered(tree(), run.rules());
        (attempt, next)
    };
    let (mut goes_on, _) = begin(left(mending()), &run);
    let plan = begun(&mut goes_on, &run);
    assert_eq!(
        (plan.turn, plan.resume, plan.interrupted, plan.onto),
        (4, true, true, Some(oid("tip")))
    );
    assert_eq!(goes_on.progress().counts.resolves, 1);
    assert_eq!(goes_on.progress().cost, Cost(7), "of the turns before");

    // Once a turn has ended by itself, it is an attempt like any other.
    let _ = goes_on.answered(ran(EndReason::Finished), run.rules());
    let _ = goes_on.answered(changed(0, 1), run.rules());
    assert!(!begun(&mut goes_on, &run).interrupted);

    let mut elsewhere = left(mending());
    elsewhere.harness = HarnessName::new("other");
    let (mut elsewhere, _) = begin(elsewhere, &run);
    let plan = begun(&mut elsewhere, &run);
    assert_eq!((plan.resume, plan.interrupted), (false, true));

    run.policy.max_turns = 3;
    let (tired, next) = begin(left(mending()), &run);
    assert_eq!(then(&tired, next), unlanded(Kind::Retry(60)));
}

#[test]
fn what_is_cut_short_again_and_again_is_held() {
    let run = Run::new();
    let often = |intent| {
        let mut won = left(mending());
        won.cut_short = run.policy.max_restarts + 1;
        won.intent = intent;
        Attempt::begin(won, run.rules())
    };
    let (attempt, (next, _)) = often(None);
    assert_eq!(then(&attempt, next), Then::Record(Kind::Held));
    // Whether it has landed is asked first.
    let (mut attempt, (next, _)) = often(Some(intent()));
    assert_eq!(then(&attempt, next), Then::Contains);
    let (next, _) = attempt.answered(Answer::Contained(Ok(false)), run.rules());
    assert_eq!(then(&attempt, next), Then::Withdraw);
    run.check(attempt, Answer::Applied(Ok(())), &Then::Record(Kind::Held));
}

#[test]
fn what_an_attempt_notes_of_itself() {
    let run = Run::new();
    let mut judged = attempt(looking(Ask::Task, None));
    judged.spent.cost = Cost(7);
    let (next, _) = judged.answered(changed(1, 0), run.rules());
    let Next::Call(Call::Apply(Note::Checkpoint(progress))) = next else {
        panic!("{next:?}");
    };
    assert_eq!((progress.stage, progress.cost), (finished(), Cost(7)));

    // It waits for its slot with what it is to do.
    let mut run = Run::new();
    run.governor.ended(
        &AccountId::new("h"),
        EndReason::RateLimited { retry_at: None },
        "why",
        NOW,
    );
    let _ = judged.turn(Ask::Resolve, Some(oid("tip")), run.rules());
    assert_eq!(judged.stage, mending());

    // With its end, what it spent is in the row's sum.
    judged.tree = None;
    let interrupted = Ending::Interrupted {
        reason: "stopped".to_owned(),
    };
    let (next, _) = judged.end(interrupted);
    let Next::Call(Call::Apply(Note::End { progress, .. })) = next else {
        panic!("{next:?}");
    };
    assert_eq!((progress.stage, progress.cost), (mending(), Cost(0)));
}

#[test]
fn a_conversation_is_noted_when_it_is_named() {
    let (one, two) = (SessionId::new("one"), SessionId::new("two"));
    let mut working = attempt(turned(Ask::Task));
    assert!(!working.named(2, &one), "not of this turn");
    assert!(!working.resumable);
    assert!(working.named(1, &one));
    assert!(working.progress().resumable);
    working.phase = resuming(Ask::GoOn);
    assert!(!working.named(1, &one), "it is known");
    assert!(working.named(1, &two));
    working.phase = looking(Ask::Task, None);
    assert!(!working.named(1, &one), "its turn is over");
}

#[test]
fn reviewers_who_are_not_let_in_are_not_asked() {
    use EndReason::{Auth, Overloaded};
    let ask = Then::Review;
    // how the last call of each reviewer ended; who is asked now, and who after
    // the first one was down
    let table = [
        ((None, None), ask(0), ask(1)),
        ((Some(Overloaded), None), ask(1), ask(1)),
        ((None, Some(Overloaded)), ask(0), Then::AwaitReviewer),
        (
            (Some(Overloaded), Some(Auth)),
            Then::AwaitReviewer,
            Then::AwaitReviewer,
        ),
        ((Some(Auth), None), ask(1), ask(1)),
        ((None, Some(Auth)), ask(0), held()),
        ((Some(Auth), Some(Auth)), held(), held()),
    ];
    for ((one, two), first, next) in table {
        let mut run = Run::new();
        for (name, end) in [("one", one), ("two", two)] {
            if let Some(end) = end {
                run.governor.ended(&AccountId::new(name), end, "why", NOW);
            }
        }
        run.check(attempt(diffing()), diffed("head", false, false), &first);
        let down = reviewed(Verdict::Unavailable("down".to_owned()));
        run.check(attempt(reviewing(0)), down, &next);
        // Each wait counts, so that it ends some day.
        let mut long = attempt(diffing());
        long.counts.review_waits = run.policy.max_turns;
        let end = if first == Then::AwaitReviewer {
            held()
        } else {
            first
        };
        run.check(long, diffed("head", false, false), &end);
    }
}
