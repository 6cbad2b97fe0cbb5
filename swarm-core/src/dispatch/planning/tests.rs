//! The tables of the planner: what each answer in each phase leads to. Written
//! by hand; one row a rule.

use std::collections::BTreeSet;

use super::activity::PlanEnd;
use super::call::{PlanCall, PlanTurn};
use super::planner::{Leave, News, Phase, Planner, Then};
use super::rules::PlanRules;
use crate::dispatch::input::{Answer, CountFacts, Fault, PlanFacts, TurnFacts};
use crate::dispatch::pacing::Budget;
use crate::error::Advice;
use crate::event::Event;
use crate::model::{
    Cost, EndReason, HarnessName, Killer, Limit, Oid, RunEnd, TaskId, Timestamp, Usage,
};
use crate::ports::{Release, Released, Worktree};

fn id(name: &str) -> TaskId {
    TaskId::new(name).expect("a good id")
}

fn harness() -> HarnessName {
    HarnessName::new("h")
}

fn now() -> Leave {
    Leave::Now(harness())
}

fn never() -> Leave {
    Leave::Never(PlanEnd::Run { why: RunEnd::Asked })
}

fn over_by_stop() -> Phase {
    Phase::Over(PlanEnd::Run {
        why: RunEnd::Stopped,
    })
}

fn turn(turn: u32) -> PlanTurn {
    PlanTurn {
        plan: 1,
        turn,
        harness: harness(),
        resume: turn == 2,
        budget: Budget::default(),
    }
}

/// One that has planned once, in this phase and with a worktree.
fn planner(phase: Phase) -> Planner {
    let mut planner = Planner::new(PlanRules::new(harness()));
    planner.phase = phase;
    planner.plans = 1;
    planner.name = Some(id("planner"));
    planner.acting = Some(harness());
    planner.resumable = true;
    planner.tree = Some(tree());
    planner
}

fn tree() -> Worktree {
    Worktree {
        path: "/w".into(),
        branch: "b".to_owned(),
        base: Oid::new("0"),
    }
}

fn fault() -> Fault {
    Fault {
        advice: Advice::Retry,
        message: "no".to_owned(),
        task: None,
    }
}

fn counted(pending: usize) -> Answer {
    let name = id("planner");
    Answer::Counted(Ok(CountFacts { pending, name }))
}

fn ran(end: EndReason) -> Answer {
    Answer::Ran(Ok(facts(end)))
}

fn facts(end: EndReason) -> TurnFacts {
    TurnFacts {
        end,
        signal: None,
        readiness: None,
        opening: String::new(),
        session: None,
        resumable: true,
        usage: Usage::default(),
        cost: None,
        error: None,
        context: None,
        looked_at: BTreeSet::new(),
        survivors: Vec::new(),
        kept: false,
    }
}

fn planned(added: &[&str], mistakes: &[&str]) -> Answer {
    Answer::Planned(Ok(PlanFacts {
        added: added.iter().map(|name| id(name)).collect(),
        mistakes: mistakes.iter().map(|&text| text.to_owned()).collect(),
    }))
}

fn releasing(then: Then) -> Phase {
    Phase::Releasing { then }
}

fn resting(until: News) -> Phase {
    Phase::Resting { until }
}

fn stopping(turn: Option<PlanTurn>) -> Phase {
    let give_up_at = Timestamp(1);
    Phase::Stopping { turn, give_up_at }
}

const GIVE_BACK: Option<PlanCall> = Some(PlanCall::Release(Release::Unlanded));

/// The call and the phase that an answer in this phase leads to.
fn after(phase: Phase, answer: Answer, leave: &Leave) -> (Option<PlanCall>, Phase) {
    let mut planner = planner(phase);
    let (call, _) = planner.answered(answer, leave);
    (call, planner.phase)
}

#[test]
fn what_a_count_leads_to() {
    let counting = |answer, leave, call, then| {
        assert_eq!(after(Phase::Counting, answer, &leave), (call, then));
    };
    let ended = resting(News::Ended);
    let progress = || resting(News::Progress);
    let acquire = Some(PlanCall::Acquire { plan: 2 });
    counting(counted(1), now(), None, ended);
    counting(counted(0), now(), acquire, Phase::Acquiring);
    counting(counted(0), Leave::Later, None, Phase::Wanted);
    counting(counted(0), never(), None, Phase::Wanted);
    counting(Answer::Counted(Err(fault())), now(), None, progress());
    counting(planned(&[], &[]), now(), None, progress());
}

#[test]
fn what_a_worktree_leads_to() {
    let acquired = |leave, call, then| {
        let answer = Answer::Acquired(Ok(tree()));
        assert_eq!(after(Phase::Acquiring, answer, &leave), (call, then));
    };
    let speaks = Some(PlanCall::Run(turn(1)));
    acquired(now(), speaks, Phase::Turn(turn(1)));
    acquired(Leave::Later, GIVE_BACK, releasing(Then::Again));
    acquired(never(), GIVE_BACK, releasing(Then::Again));
}

#[test]
fn what_the_end_of_a_turn_leads_to() {
    let limit = Limit::Wall;
    let by = Killer::Other;
    for end in [
        EndReason::Auth,
        EndReason::Billing,
        EndReason::ContextFull,
        EndReason::LimitReached,
        EndReason::ModelLimit,
        EndReason::Refused,
        EndReason::Config,
        EndReason::SessionNotFound,
        EndReason::Killed { by },
        EndReason::Crashed,
        EndReason::TimedOut { limit },
    ] {
        let then = releasing(Then::Fruitless);
        assert_eq!(
            after(Phase::Turn(turn(1)), ran(end), &now()),
            (GIVE_BACK, then)
        );
    }
    for end in [
        EndReason::RateLimited { retry_at: None },
        EndReason::Overloaded,
        EndReason::Network,
    ] {
        let then = releasing(Then::Again);
        assert_eq!(
            after(Phase::Turn(turn(1)), ran(end), &now()),
            (GIVE_BACK, then)
        );
    }
    let add = || Some(PlanCall::Add);
    for leave in [now(), Leave::Later, never()] {
        let adding = Phase::Adding { turn: 1 };
        let finished = ran(EndReason::Finished);
        assert_eq!(
            after(Phase::Turn(turn(1)), finished, &leave),
            (add(), adding)
        );
    }
    let not_begun = Answer::Ran(Err(fault()));
    let then = releasing(Then::Fruitless);
    assert_eq!(
        after(Phase::Turn(turn(1)), not_begun, &now()),
        (GIVE_BACK, then)
    );
}

#[test]
fn what_a_plan_leads_to() {
    let first = |answer, leave, call, then| {
        assert_eq!(
            after(Phase::Adding { turn: 1 }, answer, &leave),
            (call, then)
        );
    };
    let second = |answer, call, then| {
        assert_eq!(
            after(Phase::Adding { turn: 2 }, answer, &now()),
            (call, then)
        );
    };
    let (added, fruitless) = (|| releasing(Then::Added), || releasing(Then::Fruitless));
    let mends = Some(PlanCall::Run(turn(2)));
    first(planned(&["a"], &[]), now(), GIVE_BACK, added());
    first(planned(&[], &[]), now(), GIVE_BACK, fruitless());
    first(planned(&[], &["x"]), now(), mends, Phase::Turn(turn(2)));
    first(planned(&[], &["x"]), Leave::Later, GIVE_BACK, fruitless());
    first(planned(&[], &["x"]), never(), GIVE_BACK, fruitless());
    first(Answer::Planned(Err(fault())), now(), GIVE_BACK, fruitless());
    first(counted(0), now(), GIVE_BACK, fruitless());
    second(planned(&[], &["x"]), GIVE_BACK, fruitless());
    second(planned(&["a"], &[]), GIVE_BACK, added());
}

#[test]
fn what_a_worktree_that_was_given_back_leads_to() {
    let back = |then, answer, phase| {
        let answer = Answer::Released(answer);
        assert_eq!(after(releasing(then), answer, &now()), (None, phase));
    };
    let (gone, kept) = (Released::Removed, Released::Kept);
    back(Then::Added, Ok(gone), resting(News::Ended));
    back(Then::Added, Err(fault()), resting(News::Ended));
    back(Then::Fruitless, Ok(kept), resting(News::Progress));
    back(Then::Again, Ok(gone), Phase::Wanted);
    back(Then::Over, Ok(gone), over_by_stop());
}

#[test]
fn whatever_a_stopped_one_answers_it_gives_back_and_is_over() {
    let stopping = || stopping(None);
    for answer in [
        ran(EndReason::Finished),
        counted(0),
        planned(&[], &["x"]),
        Answer::Acquired(Ok(tree())),
        Answer::Planned(Err(fault())),
    ] {
        assert_eq!(
            after(stopping(), answer, &now()),
            (GIVE_BACK, releasing(Then::Over))
        );
    }
}

#[test]
fn without_a_worktree_nothing_is_given_back() {
    for phase in [Phase::Acquiring, stopping(None)] {
        let mut planner = planner(phase);
        planner.tree = None;
        let (next, _) = planner.answered(Answer::Acquired(Err(fault())), &now());
        assert_eq!(next, None);
        assert!(planner.dry(false), "{:?}", planner.phase);
    }
}

#[test]
fn a_worktree_that_somebody_may_still_write_to_is_kept() {
    let mut left = facts(EndReason::Finished);
    left.survivors = vec![7];
    for phase in [Phase::Turn(turn(1)), stopping(None)] {
        let answer = Answer::Ran(Ok(left.clone()));
        let (next, _) = planner(phase).answered(answer, &now());
        assert_eq!(next, Some(PlanCall::Release(Release::Keep)));
    }
}

#[test]
fn a_kept_worktree_is_told_with_its_place() {
    let (_, events) =
        planner(releasing(Then::Added)).answered(Answer::Released(Ok(Released::Kept)), &now());
    let kept = Event::WorktreeKept {
        task: id("planner"),
        path: "/w".into(),
        branch: "b".to_owned(),
    };
    assert_eq!(events, [kept]);
}

#[test]
fn only_the_conversation_of_the_same_agent_is_gone_on_with() {
    let mut one = planner(Phase::Adding { turn: 1 });
    let other = Leave::Now(HarnessName::new("i"));
    let (next, _) = one.answered(planned(&[], &["x"]), &other);
    assert!(matches!(
        next,
        Some(PlanCall::Run(PlanTurn { resume: false, .. }))
    ));
    let mut one = planner(Phase::Adding { turn: 1 });
    one.resumable = false;
    let (next, _) = one.answered(planned(&[], &["x"]), &now());
    assert!(matches!(
        next,
        Some(PlanCall::Run(PlanTurn { resume: false, .. }))
    ));
}

#[test]
fn it_wakes_for_what_it_waits_for_and_for_nothing_less() {
    for (until, news, wakes) in [
        (News::Ended, News::Ended, true),
        (News::Ended, News::Progress, true),
        (News::Progress, News::Ended, false),
        (News::Progress, News::Progress, true),
    ] {
        let mut planner = planner(resting(until));
        planner.hear(news);
        assert_eq!(planner.phase == Phase::Wanted, wakes, "{until:?} {news:?}");
    }
    let mut over = planner(over_by_stop());
    over.hear(News::Progress);
    assert_eq!(over.phase, over_by_stop());
}

#[test]
fn what_happens_while_it_plans_is_not_missed() {
    let mut planner = planner(Phase::Counting);
    planner.hear(News::Ended);
    let _ = planner.answered(counted(1), &now());
    assert_eq!(
        planner.phase,
        Phase::Wanted,
        "it ended after it was counted, perhaps"
    );
    let _ = planner.count();
    let _ = planner.answered(counted(1), &now());
    assert_eq!(planner.phase, resting(News::Ended), "that is old by now");
}

/// Plans until it is over, and is woken each time; gives why it is.
fn plans(rules: PlanRules, answer: &Answer) -> PlanEnd {
    let mut planner = Planner::new(rules);
    loop {
        if let Phase::Over(why) = planner.phase {
            return why;
        }
        if planner.phase != Phase::Wanted {
            planner.hear(News::Progress);
        }
        let _ = planner.count();
        let _ = planner.answered(counted(0), &now());
        let _ = planner.answered(Answer::Acquired(Ok(tree())), &now());
        let _ = planner.answered(ran(EndReason::Finished), &now());
        let _ = planner.answered(answer.clone(), &Leave::Later);
        let _ = planner.answered(Answer::Released(Ok(Released::Removed)), &now());
        assert!(planner.plans <= 100, "it never ends");
    }
}

#[test]
fn its_plans_are_counted_and_so_are_those_that_add_nothing() {
    let rules = PlanRules {
        max_plans: 7,
        patience: 2,
        ..PlanRules::new(harness())
    };
    let fruitless = || PlanEnd::Fruitless { plans: 2 };
    assert_eq!(
        plans(rules.clone(), &planned(&["a"], &[])),
        PlanEnd::Plans { plans: 7 }
    );
    assert_eq!(plans(rules.clone(), &planned(&[], &[])), fruitless());
    assert_eq!(plans(rules.clone(), &planned(&[], &["x"])), fruitless());
    assert_eq!(plans(rules, &Answer::Planned(Err(fault()))), fruitless());
}

#[test]
fn a_limited_account_uses_up_no_patience() {
    let mut planner = planner(Phase::Turn(turn(1)));
    planner.fruitless = 2;
    let _ = planner.answered(ran(EndReason::Overloaded), &now());
    let _ = planner.answered(Answer::Released(Ok(Released::Removed)), &now());
    assert_eq!((planner.fruitless, &planner.phase), (2, &Phase::Wanted));
    assert!(!planner.dry(false), "the run waits for it");
    assert!(planner.dry(true), "unless nothing more is begun");
}

#[test]
fn a_stop_reaches_it_in_every_phase() {
    let at = Timestamp(9);
    for (phase, asked) in [
        (resting(News::Ended), false),
        (Phase::Wanted, false),
        (over_by_stop(), false),
        (releasing(Then::Added), false),
        (Phase::Counting, true),
        (Phase::Acquiring, true),
        (Phase::Turn(turn(1)), true),
        (Phase::Adding { turn: 1 }, true),
        (stopping(None), true),
    ] {
        let mut planner = planner(phase.clone());
        assert_eq!(planner.stop(at), asked, "{phase:?}");
        assert_eq!(planner.deadline(), asked.then_some(at), "{phase:?}");
        assert_eq!(planner.holds_slot(), asked, "{phase:?}");
        let gives_back = planner.phase == releasing(Then::Over);
        assert!(
            asked || gives_back || planner.phase == over_by_stop(),
            "{phase:?}"
        );
    }
}

#[test]
fn what_it_added_is_told_even_if_it_was_stopped() {
    let (_, events) = planner(stopping(None)).answered(planned(&["a"], &[]), &now());
    let tasks = vec![id("a")];
    assert_eq!(events, [Event::TasksPlanned { plan: 1, tasks }]);
}

#[test]
fn what_a_turn_cost_is_told_even_if_it_was_stopped() {
    let mut facts = facts(EndReason::Killed { by: Killer::Swarm });
    facts.cost = Some(Cost(7));
    let mut planner = planner(Phase::Turn(turn(2)));
    for _ in 0..2 {
        assert!(planner.stop(Timestamp(1)));
    }
    let (_, events) = planner.answered(Answer::Ran(Ok(facts)), &now());
    let [
        Event::PlanningEnded {
            plan, turn, cost, ..
        },
    ] = events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!((plan, turn, cost), (1, 2, Some(Cost(7))));
}
