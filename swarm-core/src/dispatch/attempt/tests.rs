//! The tables of an attempt: what each answer in each phase leads to. Written
//! by hand; one row a rule.

use std::time::Duration;

use super::phase::{End, Judge, Land, Phase, Recovery, Unmoved, Work};
use super::record::{Attempt, Next, Rules};
use crate::dispatch::command::{Ask, Call, Note, TurnPlan};
use crate::dispatch::input::{Answer, ChangeFacts, Fault, GateFacts, ReviewFacts, TurnFacts, Won};
use crate::dispatch::pacing::Budget;
use crate::dispatch::policy::{Completion, Policy};
use crate::error::Advice;
use crate::event::Verdict;
use crate::model::{
    Claim, Cost, EndReason, Ending, Fence, HarnessName, Intent, Killer, Limit, Nonce, Oid, TaskId,
    Timestamp, Usage,
};
use crate::ports::{Advance, Merge, Release, Released, Spent, Worktree};
use crate::protocol::signals::Signal;

const NOW: Timestamp = Timestamp(1_000_000);

/// What a row expects, in short.
#[derive(Clone, Debug, PartialEq)]
enum Then {
    Turn(Ask),
    AwaitSlot(Ask),
    Look,
    Gate,
    Review(usize),
    Queue,
    Pause,
    Intend,
    Advance,
    Contains,
    Withdraw,
    Acquire,
    Note,
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
        Next::Call(Call::Run(plan)) => Then::Turn(plan.ask),
        Next::Call(Call::Changes) => Then::Look,
        Next::Call(Call::Gate) => Then::Gate,
        Next::Call(Call::Review { reviewer, .. }) => Then::Review(reviewer),
        Next::Call(Call::Apply(Note::Checkpoint)) => Then::Note,
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
        onto: None,
        budget: None,
    }
}

fn attempt(phase: Phase) -> Attempt {
    let won = Won {
        claim: Claim {
            task: TaskId::new("t").expect("a good id"),
            fence: Fence(1),
            nonce: Nonce::new("n"),
        },
        attempt: 1,
        tries: 1,
        max_attempts: None,
        harness: HarnessName::new("h"),
        intent: None,
    };
    let (mut attempt, _) = Attempt::begin(won, NOW);
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
        said,
    })
}

fn gating() -> Phase {
    Phase::Judging(Judge::Gate { head: oid("head") })
}

fn reviewing(reviewer: usize) -> Phase {
    Phase::Judging(Judge::Review {
        head: oid("head"),
        reviewer,
    })
}

fn landing(make: impl FnOnce(Oid) -> Land) -> Phase {
    Phase::Landing(make(oid("head")))
}

fn fault(advice: Advice) -> Fault {
    Fault {
        advice,
        message: "no".to_owned(),
    }
}

fn ran(end: EndReason) -> Answer {
    Answer::Ran(Ok(TurnFacts {
        end,
        signal: None,
        session: None,
        resumable: false,
        usage: Usage::default(),
        cost: None,
        error: None,
    }))
}

fn changed(commits: u32, dirty: usize) -> Answer {
    Answer::Changed(Ok(ChangeFacts {
        head: oid("head"),
        commits,
        dirty,
    }))
}

fn gated(failed: Option<&str>) -> Answer {
    Answer::Gated(Ok(GateFacts {
        failed: failed.map(str::to_owned),
    }))
}

fn reviewed(verdict: Verdict) -> Answer {
    Answer::Reviewed(Ok(ReviewFacts {
        verdict,
        usage: Usage::default(),
        cost: None,
    }))
}

/// The run of the rows: gates, two reviewers, defaults.
struct Run {
    policy: Policy,
    budget: Budget,
    gated: bool,
    reviewers: Vec<String>,
}

impl Run {
    fn new() -> Self {
        Self {
            policy: Policy::default(),
            budget: Budget::new(None),
            gated: true,
            reviewers: vec!["one".to_owned(), "two".to_owned()],
        }
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            now: NOW,
            policy: &self.policy,
            budget: &self.budget,
            gated: self.gated,
            reviewers: &self.reviewers,
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
        (Phase::Acquiring, Answer::Acquired(Ok(tree)), Then::Note),
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
            Phase::Working(Work::Noting),
            Answer::Applied(Ok(())),
            Then::Turn(Ask::Task),
        ),
        (
            Phase::Working(Work::Noting),
            Answer::Applied(Err(fault(Advice::Retry))),
            unlanded(Kind::Retry(60)),
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

#[test]
fn every_end_of_a_turn() {
    let soon = Timestamp(NOW.0 + 5_000);
    let late = Timestamp(NOW.0 + 500_000);
    let rows = [
        (EndReason::Finished, Then::Look),
        (EndReason::Auth, unlanded(Kind::Failed)),
        (EndReason::Billing, unlanded(Kind::Failed)),
        (EndReason::Config, unlanded(Kind::Failed)),
        (
            EndReason::RateLimited { retry_at: None },
            unlanded(Kind::Retry(60)),
        ),
        (
            EndReason::RateLimited {
                retry_at: Some(soon),
            },
            unlanded(Kind::Retry(60)),
        ),
        (
            EndReason::RateLimited {
                retry_at: Some(late),
            },
            unlanded(Kind::Retry(500)),
        ),
        (EndReason::Overloaded, unlanded(Kind::Retry(60))),
        (EndReason::Network, unlanded(Kind::Retry(60))),
        (EndReason::ContextFull, unlanded(Kind::Retry(60))),
        (EndReason::LimitReached, unlanded(Kind::Retry(60))),
        (EndReason::ModelLimit, unlanded(Kind::Retry(60))),
        (EndReason::Refused, unlanded(Kind::Retry(60))),
        (EndReason::SessionNotFound, unlanded(Kind::Retry(60))),
        (
            EndReason::Killed { by: Killer::Other },
            unlanded(Kind::Retry(60)),
        ),
        (EndReason::Crashed, unlanded(Kind::Retry(60))),
        (
            EndReason::TimedOut { limit: Limit::Idle },
            unlanded(Kind::Retry(60)),
        ),
    ];
    for (end, want) in rows {
        Run::new().check(attempt(turned(Ask::Task)), ran(end), &want);
    }
}

#[test]
fn what_finished_work_leads_to() {
    use Ask::{Commit, MendGate, Resolve, SayDone, Task};
    let done = || Some(Signal::Done);
    let blocked = || {
        Some(Signal::Blocked {
            why: "x".to_owned(),
        })
    };
    Run::new().table([
        (looking(Task, None), changed(1, 0), Then::Gate),
        (looking(Task, done()), changed(2, 0), Then::Gate),
        (looking(Task, None), changed(0, 0), Then::Turn(Ask::GoOn)),
        (looking(Task, done()), changed(0, 0), Then::Turn(Ask::GoOn)),
        (looking(Task, None), changed(0, 3), Then::Turn(Commit)),
        (looking(Task, done()), changed(1, 1), Then::Turn(Commit)),
        (
            looking(Task, blocked()),
            changed(1, 1),
            unlanded(Kind::Blocked),
        ),
        (
            looking(
                Task,
                Some(Signal::Close {
                    why: "x".to_owned(),
                }),
            ),
            changed(1, 0),
            unlanded(Kind::Blocked),
        ),
        (looking(Commit, None), changed(1, 0), Then::Gate),
        (looking(Commit, None), changed(1, 1), held()),
        (looking(Commit, None), changed(0, 0), Then::Turn(Ask::GoOn)),
        (looking(MendGate, None), changed(2, 0), Then::Gate),
        (looking(MendGate, None), changed(2, 1), Then::Turn(Commit)),
        (looking(Resolve, None), changed(3, 0), Then::Gate),
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
        (looking(Task, done()), changed(1, 0), Then::Gate),
        (looking(Task, done()), changed(0, 0), Then::Turn(Ask::GoOn)),
    ]);
}

#[test]
fn words_that_are_not_offered_yet_say_nothing() {
    use Ask::{GoOn, SayDone, Task};
    let why = || "x".to_owned();
    let mut strict = Run::new();
    strict.policy.completion = Completion::Strict;
    for said in [
        Signal::Claim {
            tasks: vec![TaskId::new("a").expect("a good id")],
        },
        Signal::FollowUp { why: why() },
        Signal::HandOff { note: why() },
    ] {
        let looking = || looking(Task, Some(said.clone()));
        Run::new().table([
            (looking(), changed(1, 0), Then::Gate),
            (looking(), changed(0, 0), Then::Turn(GoOn)),
        ]);
        strict.table([(looking(), changed(1, 0), Then::Turn(SayDone))]);
    }
}

#[test]
fn asking_again_and_turns_are_capped() {
    let run = Run::new();
    let mut asked = attempt(looking(Ask::GoOn, None));
    asked.counts.asked_again = 1;
    run.check(asked, changed(0, 0), &unlanded(Kind::Retry(60)));
    let mut tired = attempt(looking(Ask::Task, None));
    tired.counts.turns = run.policy.max_turns;
    run.check(tired, changed(0, 1), &unlanded(Kind::Retry(60)));
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
        run.check(attempt, ran(EndReason::Crashed), &unlanded(want));
    }
}

#[test]
fn no_money_no_turn() {
    let mut run = Run::new();
    run.budget = Budget::new(Some(Cost(5)));
    run.budget.spend(Cost(9));
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
        (gating(), gated(None), Then::Review(0)),
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
    let mut bare = Run::new();
    bare.gated = false;
    bare.table([(looking(Ask::Task, None), changed(1, 0), Then::Review(0))]);
    bare.reviewers.clear();
    bare.table([(looking(Ask::Task, None), changed(1, 0), Then::Queue)]);
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
        (
            intending(),
            Answer::Applied(Err(no())),
            unlanded(Kind::Retry(60)),
        ),
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
    for phase in [Phase::Acquiring, turned(Ask::Task), gating(), reviewing(1)] {
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
            session: None,
            resumable: true,
            usage: Usage {
                input: 10,
                ..Usage::default()
            },
            cost: Some(Cost(cents)),
            error: None,
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
