//! An agent that waits for its next turn, and what it is let go for.

use super::*;

fn kept(phase: Phase) -> Attempt {
    let mut attempt = attempt(phase);
    attempt.kept = true;
    attempt
}

fn waiting() -> Phase {
    Phase::Waiting(plan(Ask::GoOn))
}

fn releasing(ending: Ending) -> Phase {
    Phase::Ending(End::Releasing { ending })
}

fn parting(then: Phase, next: Next) -> Phase {
    Phase::Parting {
        then: Box::new(then),
        next: Box::new(next),
    }
}

fn progress() -> Note {
    let attempt = attempt(waiting());
    Note::Checkpoint(Box::new(attempt.progress()))
}

fn end() -> Note {
    Note::End {
        ending: failed(),
        spent: Spent::default(),
        progress: Box::new(attempt(waiting()).progress()),
    }
}

fn failed() -> Ending {
    Ending::Failed { reason: why() }
}

fn interrupted() -> Ending {
    Ending::Interrupted { reason: why() }
}

fn why() -> String {
    "x".to_owned()
}

fn release() -> Next {
    Next::Call(Call::Release(Release::Unlanded))
}

#[test]
// tidy: table
fn whoever_waits_is_let_go_for_all_but_its_own_conversation() {
    let resumed = TurnPlan {
        resume: true,
        ..plan(Ask::GoOn)
    };
    let noted = Next::Call(Call::Apply(progress()));
    let (goes_on, is_let_go) = (true, false);
    let rows = [
        (Next::Call(Call::Run(resumed.clone())), goes_on),
        (Next::Call(Call::Changes), goes_on),
        (noted.clone(), is_let_go),
        (
            Next::Call(Call::Claim {
                ids: Vec::new(),
                limit: 1,
            }),
            goes_on,
        ),
        (Next::Call(Call::LetGo), goes_on),
        (Next::Call(Call::Gate), is_let_go),
        (Next::Call(Call::Diff), is_let_go),
        (
            Next::Call(Call::Review {
                round: 1,
                reviewer: 0,
            }),
            is_let_go,
        ),
        (Next::Call(Call::Contains(oid("c"))), is_let_go),
        (Next::Call(Call::Acquire), is_let_go),
        (Next::Call(Call::Merge(oid("head"))), is_let_go),
        (Next::Call(Call::Apply(Note::Intend(intent()))), is_let_go),
        (Next::Call(Call::Apply(Note::Withdraw)), is_let_go),
        (Next::Call(Call::Apply(end())), is_let_go),
        (Next::Call(Call::Advance(intent())), is_let_go),
        (release(), is_let_go),
        (Next::Queue, is_let_go),
        (Next::Pause, is_let_go),
        (Next::AwaitSlot, is_let_go),
        (Next::Gone(failed()), is_let_go),
    ];
    for (next, goes_on) in rows {
        let mut attempt = kept(gating());
        let first = attempt.part_before(next.clone());
        if goes_on {
            assert_eq!((first, &attempt.phase), (next, &gating()));
            assert!(attempt.kept);
            continue;
        }
        assert_eq!(first, Next::Call(Call::LetGo), "{next:?}");
        assert!(attempt.holds_slot() && attempt.deadline().is_none());
        let (then, events) = attempt.answered(Answer::LetGo(Ok(Vec::new())), Run::new().rules());
        assert_eq!((then, events), (next, Vec::new()));
        assert_eq!(attempt.phase, gating());
        assert!(!attempt.kept);
    }
    for (plan, goes_on) in [(resumed, true), (plan(Ask::Continue), false)] {
        let mut attempt = kept(Phase::Working(Work::Noting(plan)));
        let next = attempt.part_before(noted.clone());
        assert_eq!(next == noted, goes_on);
    }
}

#[test]
fn another_conversation_is_noted_again_when_nobody_waits() {
    let run = Run::new();
    let mut attempt = kept(Phase::Working(Work::Noting(TurnPlan {
        resume: true,
        ..plan(Ask::GoOn)
    })));
    // Meanwhile its harness was given another one's place.
    (attempt.resumable, attempt.acting) = (true, HarnessName::new("another"));
    let (next, events) = attempt.answered(Answer::Applied(Ok(())), run.rules());
    assert!(events.is_empty(), "no turn has begun: {events:?}");
    assert_eq!(attempt.part_before(next), Next::Call(Call::LetGo));
    let (next, _) = attempt.answered(Answer::LetGo(Ok(Vec::new())), run.rules());
    assert_eq!(then(&attempt, next), Then::Turn(Ask::GoOn));
    let (next, _) = attempt.answered(Answer::Applied(Ok(())), run.rules());
    assert_eq!(then(&attempt, next), Then::Run(Ask::GoOn));
}

#[test]
fn where_nobody_waits_nobody_is_let_go() {
    let mut attempt = attempt(gating());
    assert_eq!(
        attempt.part_before(Next::Call(Call::Gate)),
        Next::Call(Call::Gate)
    );
    assert_eq!(attempt.part_before(Next::Queue), Next::Queue);
}

#[test]
fn whoever_cannot_be_let_go_holds_the_attempt() {
    let gate = || parting(gating(), Next::Call(Call::Gate));
    let stays = || Answer::LetGo(Ok(vec![7]));
    let fails = || Answer::LetGo(Err(fault(Advice::NeedsPerson)));
    let held = || Then::Release(Release::Keep, Kind::Held);
    let ends = |ending| parting(releasing(ending), release());
    let lost = Ending::Lost { reason: why() };
    Run::new().table([
        (gate(), stays(), held()),
        (gate(), fails(), held()),
        (gate(), Answer::Applied(Ok(())), held()),
        (parting(waiting(), Next::AwaitSlot), stays(), held()),
        (ends(failed()), stays(), held()),
        (
            ends(interrupted()),
            stays(),
            Then::Release(Release::Keep, Kind::Interrupted),
        ),
        (
            ends(lost),
            fails(),
            Then::Release(Release::Keep, Kind::Lost),
        ),
    ]);
}

#[test]
fn a_stop_ends_who_waits_too() {
    let later = NOW.plus(Duration::from_secs(30));
    let run = Run::new();

    let mut on_its_way = kept(parting(gating(), Next::Call(Call::Gate)));
    let (step, asks) = on_its_way.stop(interrupted(), later);
    assert!(step.is_none() && asks, "the parting is hastened");
    let (next, events) = on_its_way.answered(Answer::LetGo(Ok(vec![7])), run.rules());
    assert_eq!(
        then(&on_its_way, next),
        Then::Release(Release::Unlanded, Kind::Interrupted)
    );
    assert!(matches!(&events[..], [Event::Trouble { message, .. }] if message.contains('7')));
    assert!(!on_its_way.kept);

    let mut ending = kept(parting(releasing(failed()), release()));
    let (step, asks) = ending.stop(interrupted(), later);
    assert!(step.is_none() && !asks, "its ending is decided");
    let (next, _) = ending.answered(Answer::LetGo(Ok(Vec::new())), run.rules());
    assert_eq!(
        then(&ending, next),
        Then::Release(Release::Unlanded, Kind::Failed)
    );
}

#[test]
fn an_agent_that_stayed_at_the_end_of_a_stopped_turn_is_let_go_first() {
    let Answer::Ran(Ok(mut facts)) = ran(EndReason::Finished) else {
        panic!("a turn");
    };
    facts.kept = true;
    let mut attempt = attempt(Phase::Stopping {
        then: interrupted(),
        give_up_at: NOW,
    });
    let (next, _) = attempt.answered(Answer::Ran(Ok(facts)), Run::new().rules());
    assert_eq!(attempt.part_before(next), Next::Call(Call::LetGo));
}
