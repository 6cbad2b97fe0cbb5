//! The tables of the worker protocol: what is asked before the work, what
//! becomes of turns without finished work, of conversations that fill, and of
//! claims.

use super::*;
use crate::dispatch::attempt::recovery::Recovery;
use crate::dispatch::input::ClaimFacts;
use crate::model::ContextUse;
use crate::protocol::signals::Readiness;

fn why() -> String {
    "x".to_owned()
}

fn validated(said: Option<Readiness>) -> Phase {
    Phase::Working(Work::Looking {
        plan: plan(Ask::Validate),
        after: After::Readiness {
            said,
            opening: "Hm.".to_owned(),
        },
    })
}

fn decided(blocked: Option<String>) -> Phase {
    Phase::Working(Work::Looking {
        plan: plan(Ask::Decide),
        after: After::Decision { blocked },
    })
}

fn crashed(ask: Ask) -> Phase {
    Phase::Working(Work::Looking {
        plan: plan(ask),
        after: After::Crash { error: why() },
    })
}

#[test]
fn what_comes_before_the_work() {
    let tree = attempt(Phase::Acquiring).tree.expect("set there");
    let table = [
        (false, false, Ask::Task),
        (false, true, Ask::Decide),
        (true, false, Ask::Validate),
        (true, true, Ask::Validate),
    ];
    for (validate, decide, first) in table {
        let mut run = Run::new();
        (run.policy.validate, run.policy.decide) = (validate, decide);
        let acquired = Answer::Acquired(Ok(tree.clone()));
        let Answer::Claimed(Ok(facts)) = won(&["t"]) else {
            unreachable!("`won` makes nothing else");
        };
        let claimed = facts.won.into_iter().next().expect("made above");
        let (one, _) = Attempt::begin(claimed, run.rules());
        run.check(one, acquired, &Then::Turn(first));
    }
}

// tidy: table
#[test]
fn what_a_validator_says() {
    let ready = || Some(Readiness::Ready);
    let mut run = Run::new();
    run.policy.validate = true;
    run.table([
        (validated(ready()), changed(0, 0), Then::Turn(Ask::Task)),
        // What it corrected stays.
        (validated(ready()), changed(1, 0), Then::Turn(Ask::Task)),
        (validated(ready()), changed(0, 1), Then::Turn(Ask::Task)),
        (
            validated(Some(Readiness::NotReady {
                concerns: vec![why(), why()],
            })),
            changed(0, 0),
            unlanded(Kind::Blocked),
        ),
        (
            validated(Some(Readiness::Blocked { why: why() })),
            changed(0, 0),
            unlanded(Kind::Blocked),
        ),
        (
            validated(Some(Readiness::Close { why: why() })),
            changed(0, 0),
            unlanded(Kind::Closed),
        ),
        // What it corrected in a task that needs nothing may be worth a look.
        (
            validated(Some(Readiness::Close { why: why() })),
            changed(1, 0),
            unlanded(Kind::Blocked),
        ),
        (validated(None), changed(0, 0), Then::Turn(Ask::Validate)),
        (
            validated(ready()),
            Answer::Changed(Err(fault(Advice::Retry))),
            unlanded(Kind::Retry(60)),
        ),
    ]);
    let mut twice = attempt(validated(None));
    twice.counts.unclear = 1;
    run.check(twice, changed(0, 0), &held());
    run.policy.decide = true;
    run.table([(validated(ready()), changed(0, 0), Then::Turn(Ask::Decide))]);
}

#[test]
fn a_reason_names_the_concerns_or_what_was_said_instead() {
    let concerns = vec!["no file".to_owned(), "no test".to_owned()];
    let not_ready = attempt(validated(Some(Readiness::NotReady { concerns })));
    let mut unclear = attempt(validated(None));
    unclear.counts.unclear = 1;
    let mut mute = unclear.clone();
    mute.phase = Phase::Working(Work::Looking {
        plan: plan(Ask::Validate),
        after: After::Readiness {
            said: None,
            opening: String::new(),
        },
    });
    let expected = [
        (not_ready, "not ready to be worked on: no file; no test"),
        (
            unclear,
            "nobody knows whether it is ready; its validator says: Hm.",
        ),
        (
            mute,
            "nobody knows whether it is ready; its validator says: No output",
        ),
    ];
    for (mut one, reason) in expected {
        let _ = one.answered(changed(0, 0), Run::new().rules());
        let Phase::Ending(End::Releasing { ending }) = &one.phase else {
            panic!("{:?}", one.phase);
        };
        assert_eq!(ending.reason(), reason);
    }
}

#[test]
fn what_a_validator_committed_is_no_work() {
    let mut run = Run::new();
    run.policy.validate = true;
    let mut one = attempt(validated(Some(Readiness::Ready)));
    let _ = one.answered(changed(2, 0), run.rules());
    one.phase = looking(Ask::Task, Some(Signal::Done));
    let mut idle = one.clone();
    run.check(one, changed(3, 0), &Then::Judge);
    run.check(idle.clone(), changed(2, 0), &unlanded(Kind::Retry(60)));
    idle.phase = looking(Ask::Task, Some(Signal::Close { why: why() }));
    run.check(idle, changed(2, 0), &unlanded(Kind::Closed));
}

#[test]
fn what_a_decider_says_and_that_its_failure_is_no_reason_not_to_work() {
    let mut run = Run::new();
    run.policy.decide = true;
    run.table([
        (decided(None), changed(0, 0), Then::Turn(Ask::Task)),
        (decided(Some(why())), changed(0, 0), unlanded(Kind::Blocked)),
    ]);
    for end in [
        EndReason::ContextFull,
        EndReason::LimitReached,
        EndReason::ModelLimit,
        EndReason::Refused,
        EndReason::SessionNotFound,
        EndReason::Killed { by: Killer::Other },
        EndReason::Crashed,
        EndReason::TimedOut { limit: Limit::Wall },
    ] {
        let row = (turned(Ask::Decide), ran(end), Then::Turn(Ask::Task));
        run.table([row]);
    }
    run.table([
        (
            turned(Ask::Decide),
            ran(EndReason::Auth),
            unlanded(Kind::Failed),
        ),
        (turned(Ask::Decide), ran(EndReason::Finished), Then::Look),
    ]);
}

#[test]
fn committed_work_of_a_crashed_agent_is_judged_where_something_can() {
    let retry = || unlanded(Kind::Retry(60));
    Run::new().table([
        (crashed(Ask::Task), changed(1, 0), Then::Judge),
        (crashed(Ask::MendGate), changed(1, 0), Then::Judge),
        (crashed(Ask::Task), changed(1, 1), retry()),
        (crashed(Ask::Task), changed(0, 0), retry()),
        (crashed(Ask::Task), changed(0, 1), retry()),
        // Nobody takes the word of one that validates or hands off.
        (turned(Ask::Validate), ran(EndReason::Crashed), retry()),
        (turned(Ask::HandOff), ran(EndReason::Crashed), retry()),
    ]);
    let mut ungated = Run::new();
    ungated.setting.gated = false;
    let mut strict = Run::new();
    strict.policy.completion = Completion::Strict;
    for run in [ungated, strict] {
        run.table([(turned(Ask::Task), ran(EndReason::Crashed), retry())]);
    }
}

/// How a turn left the worktree: commits, uncommitted paths, fingerprint; and
/// what it looked at.
type Turn<'a> = (u32, usize, u64, &'a [u64]);

/// The steps that follow from turns which end by themselves without a word.
fn course(run: &Run, turns: &[Turn<'_>]) -> Vec<Then> {
    course_with(run, turns, |one| one)
}

/// The same, if this happens on the way to each turn but the first.
fn course_with(run: &Run, turns: &[Turn<'_>], between: impl Fn(Attempt) -> Attempt) -> Vec<Then> {
    let mut one = attempt(turned(Ask::Task));
    let mut steps = Vec::new();
    for (commits, dirty, fingerprint, looked_at) in turns {
        let Answer::Ran(Ok(mut facts)) = ran(EndReason::Finished) else {
            unreachable!("`ran` makes nothing else");
        };
        facts.looked_at = looked_at.iter().copied().collect();
        let _ = one.answered(Answer::Ran(Ok(facts)), run.rules());
        let Answer::Changed(Ok(mut facts)) = changed(*commits, *dirty) else {
            unreachable!("`changed` makes nothing else");
        };
        facts.fingerprint = *fingerprint;
        let (next, _) = one.answered(Answer::Changed(Ok(facts)), run.rules());
        let next = then(&one, next);
        if let Then::Turn(ask) = next {
            one = between(one);
            one.phase = turned(ask);
        }
        steps.push(next);
    }
    steps
}

#[test]
fn turns_without_finished_work_lead_on_as_long_as_they_lead_somewhere() {
    use Then::Turn as T;
    let (go_on, commit, nudge) = (|| T(Ask::GoOn), || T(Ask::Commit), || T(Ask::Nudge));
    let stuck = || unlanded(Kind::Retry(60));
    let run = Run::new();
    // Nothing changes and nothing new is looked at: the third one is nudged.
    assert_eq!(
        course(&run, &[(0, 0, 0, &[][..]); 4]),
        [go_on(), go_on(), nudge(), stuck()]
    );
    assert_eq!(
        course(&run, &[(0, 2, 7, &[][..]); 4]),
        [commit(), commit(), nudge(), stuck()]
    );
    // Reading on is progress, but five silent turns are enough.
    let reading: [Turn<'_>; 6] = [
        (0, 0, 0, &[1]),
        (0, 0, 0, &[2]),
        (0, 0, 0, &[3]),
        (0, 0, 0, &[4]),
        (0, 0, 0, &[5]),
        (0, 0, 0, &[6]),
    ];
    assert_eq!(
        course(&run, &reading),
        [go_on(), go_on(), go_on(), go_on(), nudge(), stuck()]
    );
    // Edits without end are stopped by their number.
    let edits: Vec<Turn<'_>> = (1..=8).map(|n| (0, 1, n, &[][..])).collect();
    let mut expected: Vec<Then> = (1..=7).map(|_| commit()).collect();
    expected.push(stuck());
    assert_eq!(course(&run, &edits), expected);
    // The last way out is taken.
    let late: [Turn<'_>; 4] = [
        (0, 0, 0, &[]),
        (0, 0, 0, &[]),
        (0, 0, 0, &[]),
        (1, 0, 9, &[]),
    ];
    assert_eq!(
        course(&run, &late),
        [go_on(), go_on(), nudge(), Then::Judge]
    );
}

/// The run is killed, and this attempt of the next one goes on in this worktree.
fn gone_on_with(one: &Attempt, path: &str, run: &Run) -> Attempt {
    let mut won = left(one.stage.clone());
    let earlier = won.earlier.as_mut().expect("set there");
    earlier.progress = one.progress();
    let mut tree = earlier.tree.clone().expect("set there");
    tree.path = path.into();
    let (mut next, _) = Attempt::begin(won, run.rules());
    let _ = next.answered(Answer::Acquired(Ok(tree)), run.rules());
    next
}

#[test]
fn no_count_of_turns_without_finished_work_is_lost_with_the_run() {
    let run = Run::new();
    let same = attempt(Phase::Acquiring).tree.expect("set there").path;
    let same = same.to_str().expect("text");
    let stalled: Vec<Turn<'_>> = vec![(0, 0, 0, &[]); 4];
    let silent: Vec<Turn<'_>> = (0..6).map(|n| (0, 0, n, &[][..])).collect();
    let edits: Vec<Turn<'_>> = (1..=8).map(|n| (0, 1, n, &[][..])).collect();
    let idle: Vec<Turn<'_>> = vec![(0, 1, 7, &[]); 4];
    for turns in [&stalled, &silent, &edits, &idle] {
        let killed = course_with(&run, turns, |one| gone_on_with(&one, same, &run));
        assert_eq!(killed, course(&run, turns), "{turns:?}");
    }
    // Another worktree looks different, which is nobody's progress.
    let elsewhere = course_with(&run, &silent[..4], |one| gone_on_with(&one, "/new", &run));
    assert_eq!(elsewhere, course(&run, &stalled));
    // What was looked at is not kept: it is new once more.
    let reading: Vec<Turn<'_>> = vec![(0, 1, 0, &[1]); 3];
    let again = course_with(&run, &reading, |one| gone_on_with(&one, same, &run));
    assert_eq!(again, vec![Then::Turn(Ask::Commit); 3]);
}

#[test]
fn finished_work_begins_the_count_anew_and_a_forced_end_leaves_it_alone() {
    let run = Run::new();
    let mut one = attempt(looking(Ask::Task, None));
    let _ = one.answered(changed(0, 1), run.rules());
    let before = one.recovery.clone();
    one.phase = turned(Ask::Commit);
    let _ = one.answered(ran(EndReason::Network), run.rules());
    assert_eq!(one.recovery, before);
    one.phase = looking(Ask::Commit, None);
    let _ = one.answered(changed(1, 0), run.rules());
    assert_eq!(one.recovery, Recovery::default());
}

/// An attempt whose conversation is so full, in percent.
fn filled(phase: Phase, percent: u64) -> Attempt {
    let mut one = attempt(phase);
    one.resumable = true;
    one.fullness = percent;
    one
}

#[test]
fn a_conversation_that_fills_is_handed_on_in_time() {
    use Ask::{Commit, Continue, GoOn, HandOff, Task};
    let run = Run::new();
    let silent = || looking(Task, None);
    let mended = || gating();
    let table = [
        (silent(), 59, changed(0, 0), GoOn),
        (silent(), 60, changed(0, 0), HandOff),
        (silent(), 89, changed(0, 0), HandOff),
        (silent(), 90, changed(0, 0), Continue),
        // What is to be done first is done first, as long as there is room.
        (silent(), 89, changed(0, 1), Commit),
        (silent(), 90, changed(0, 1), Commit),
        (mended(), 89, gated(Some("test")), Ask::MendGate),
        (mended(), 90, gated(Some("test")), Ask::MendGate),
    ];
    for (phase, percent, answer, ask) in table {
        let mut one = filled(phase, percent);
        let (next, _) = one.answered(answer, run.rules());
        assert_eq!(then(&one, next), Then::Turn(ask), "{percent} %");
        let plan = begun(&mut one, &run);
        assert_eq!(plan.resume, percent < 90, "{percent} %");
        let continued = u32::from(percent >= 90);
        assert_eq!(one.counts.continuations, continued, "{percent} %");
    }
    let mut exhausted = filled(silent(), 95);
    exhausted.counts.continuations = run.policy.continuations;
    run.check(exhausted, changed(0, 0), &unlanded(Kind::Retry(60)));
    let mut never = Run::new();
    (never.policy.hand_off_at, never.policy.fresh_at) = (0, 0);
    never.check(filled(silent(), 99), changed(0, 0), &Then::Turn(GoOn));
}

#[test]
fn whatever_follows_a_request_to_hand_off() {
    let note = || Some(Signal::HandOff { note: why() });
    Run::new().table([
        (
            looking(Ask::HandOff, note()),
            changed(1, 0),
            Then::Turn(Ask::Continue),
        ),
        // Half of the work is committed, and it did not say that this was all.
        (
            looking(Ask::HandOff, None),
            changed(1, 0),
            Then::Turn(Ask::Continue),
        ),
        (
            looking(Ask::HandOff, None),
            changed(0, 0),
            Then::Turn(Ask::Continue),
        ),
        (
            looking(Ask::HandOff, None),
            changed(0, 1),
            Then::Turn(Ask::Commit),
        ),
        (
            looking(Ask::HandOff, Some(Signal::Done)),
            changed(1, 0),
            Then::Judge,
        ),
    ]);
}

#[test]
fn how_full_a_conversation_is_ends_with_it() {
    let run = Run::new();
    let mut one = attempt(turned(Ask::Task));
    let Answer::Ran(Ok(mut facts)) = ran_in("s", EndReason::ContextFull) else {
        unreachable!("`ran_in` makes nothing else");
    };
    facts.context = Some(ContextUse {
        used: 99,
        limit: 100,
    });
    let (next, _) = one.answered(Answer::Ran(Ok(facts)), run.rules());
    assert_eq!(then(&one, next), Then::Turn(Ask::Continue));
    assert_eq!((one.fullness, one.counts.continuations), (0, 1));
}

fn claim(task: &str) -> Claim {
    Claim {
        task: TaskId::new(task).expect("a good id"),
        fence: Fence(1),
        nonce: Nonce::new("n"),
    }
}

fn won(tasks: &[&str]) -> Answer {
    let won = tasks.iter().map(|task| Won {
        claim: claim(task),
        attempt: 1,
        tries: 1,
        max_attempts: None,
        harness: HarnessName::new("h"),
        kind: None,
        spent: Spent::default(),
        want: None,
        cut_short: 0,
        earlier: None,
        intent: None,
    });
    Answer::Claimed(Ok(ClaimFacts {
        won: won.collect(),
        ..ClaimFacts::default()
    }))
}

fn claiming() -> Phase {
    Phase::Working(Work::Claiming { turn: 1 })
}

fn hosting(phase: Phase, guests: &[&str]) -> Attempt {
    let mut one = attempt(phase);
    let Answer::Claimed(Ok(facts)) = won(guests) else {
        unreachable!("`won` makes nothing else");
    };
    let _ = one.take_in(facts.won);
    one
}

fn guests(of: &Attempt) -> Vec<&str> {
    of.claims()
        .skip(1)
        .map(|claim| claim.task.as_str())
        .collect()
}

#[test]
fn claims_that_were_not_offered_say_nothing() {
    let tasks = vec![TaskId::new("a").expect("a good id")];
    let asks = || {
        looking(
            Ask::Task,
            Some(Signal::Claim {
                tasks: tasks.clone(),
            }),
        )
    };
    Run::new().table([
        (asks(), changed(1, 0), Then::Judge),
        (asks(), changed(0, 0), Then::Turn(Ask::GoOn)),
    ]);
    let mut strict = Run::new();
    strict.policy.completion = Completion::Strict;
    strict.table([(asks(), changed(1, 0), Then::Turn(Ask::SayDone))]);
    // All that it may claim it has.
    let mut run = Run::new();
    run.policy.claims = 2;
    run.check(
        hosting(asks(), &["b", "c"]),
        changed(0, 0),
        &Then::Turn(Ask::GoOn),
    );
}

#[test]
fn claims_are_executed_and_their_outcome_is_told() {
    let mut run = Run::new();
    run.policy.claims = 3;
    let tasks = vec![TaskId::new("a").expect("a good id")];
    let asks = || {
        looking(
            Ask::Task,
            Some(Signal::Claim {
                tasks: tasks.clone(),
            }),
        )
    };
    run.check(attempt(asks()), changed(0, 0), &Then::Claim(3));
    run.check(hosting(asks(), &["b"]), changed(2, 3), &Then::Claim(2));
    for answer in [won(&[]), Answer::Claimed(Err(fault(Advice::Retry)))] {
        let mut one = attempt(claiming());
        let (next, _) = one.answered(answer, run.rules());
        assert_eq!(then(&one, next), Then::Turn(Ask::Claims));
        assert_eq!(guests(&one), [""; 0]);
    }
    let mut one = attempt(claiming());
    let (next, events) = one.answered(won(&["b", "c"]), run.rules());
    assert_eq!(then(&one, next), Then::Turn(Ask::Claims));
    let plan = begun(&mut one, &run);
    assert_eq!((plan.ask, plan.claims), (Ask::Claims, 1));
    assert_eq!(guests(&one), ["b", "c"]);
    let told = events
        .iter()
        .filter(|event| matches!(event, Event::Claimed { .. }));
    assert_eq!(told.count(), 2);
}

#[test]
fn claims_that_come_while_it_is_stopped_are_given_back() {
    let mut one = attempt(claiming());
    let then_ends = || Ending::Interrupted { reason: why() };
    let (step, ask) = one.stop(then_ends(), NOW);
    assert!(step.is_none() && ask, "the answer is waited for");
    let (next, _) = one.answered(won(&["b"]), Run::new().rules());
    assert_eq!(then(&one, next), unlanded(Kind::Interrupted));
    assert_eq!(
        guests(&one),
        ["b"],
        "its end is written down with the other's"
    );
}

#[test]
fn a_further_task_that_somebody_else_has_is_let_go() {
    let run = Run::new();
    let about = |task: &str| {
        Answer::Applied(Err(Fault {
            task: Some(TaskId::new(task).expect("a good id")),
            ..fault(Advice::Retry)
        }))
    };
    let landed = || Ending::Landed {
        commit: oid("commit"),
    };
    let intending = || {
        landing(|head| Land::Intending {
            head,
            intent: intent(),
        })
    };
    let recording = || Phase::Ending(End::Recording { ending: landed() });
    for (phase, again) in [
        (intending(), Then::Intend),
        (recording(), Then::Record(Kind::Landed)),
    ] {
        let mut one = hosting(phase, &["b", "c"]);
        let (next, _) = one.answered(about("b"), run.rules());
        assert_eq!(then(&one, next), again);
        assert_eq!(guests(&one), ["c"]);
    }
    // Its own claim is another matter.
    run.check(hosting(intending(), &["b"]), about("t"), &Then::Pause);
}

#[test]
fn whoever_lost_its_own_claim_still_gives_back_the_others() {
    let run = Run::new();
    let lost = || Ending::Lost { reason: why() };
    let releasing = || Phase::Ending(End::Releasing { ending: lost() });
    let released = || Answer::Released(Ok(Released::Kept));
    run.check(attempt(releasing()), released(), &Then::Gone(Kind::Lost));
    run.check(
        hosting(releasing(), &["b"]),
        released(),
        &Then::Record(Kind::Lost),
    );
    // Nobody knows whether they have landed: the next claims will ask.
    let checking = landing(|head| Land::Checking {
        head,
        intent: intent(),
    });
    let mut one = hosting(checking, &["b"]);
    let unknown = Answer::Contained(Err(fault(Advice::Retry)));
    let (next, _) = one.answered(unknown, run.rules());
    assert_eq!(then(&one, next), Then::Release(Release::Keep, Kind::Lost));
    assert_eq!(guests(&one), [""; 0]);
}

#[test]
fn who_acts_in_a_role() {
    let mut run = Run::new();
    let name = HarnessName::new;
    run.setting.fallbacks = [(name("h"), vec![name("deputy")])].into();
    run.setting.roles = [(crate::model::Role::Validate, name("v"))].into();
    run.setting.role_fallbacks = [(crate::model::Role::Fix, vec![name("fixer")])].into();
    let who = |run: &Run, ask: Ask| run.rules().choose(&name("h"), ask.role()).0;
    assert_eq!(who(&run, Ask::Task), name("h"));
    assert_eq!(who(&run, Ask::Validate), name("v"));
    let limited = EndReason::RateLimited { retry_at: None };
    run.governor
        .ended(&AccountId::new("h"), limited, "why", NOW);
    assert_eq!(who(&run, Ask::Task), name("deputy"));
    assert_eq!(who(&run, Ask::MendGate), name("fixer"));
    run.governor
        .ended(&AccountId::new("v"), limited, "why", NOW);
    assert_eq!(
        who(&run, Ask::Validate),
        name("v"),
        "nobody stands in for it"
    );
}
