use super::{cut, ends, gate_output, turn};
use crate::model::{EndReason, Killer, Limit, Nonce, Role, SessionId, Timestamp};
use crate::ports::{Capabilities, StepOutcome, StepReport, Stop, TurnReport};
use crate::protocol::signals::Signal;

use std::time::Duration;

#[test]
fn a_limit_is_the_reason_unless_the_agent_finished_all_the_same() {
    let killed = EndReason::Killed { by: Killer::Swarm };
    let idle = EndReason::TimedOut { limit: Limit::Idle };
    let stop = Some(Stop::Limit(Limit::Idle));
    for (end, asked, want) in [
        (EndReason::Finished, None, EndReason::Finished),
        (EndReason::Finished, stop, EndReason::Finished),
        (killed, stop, idle),
        (EndReason::Crashed, stop, idle),
        (EndReason::Overloaded, stop, EndReason::Overloaded),
        (killed, Some(Stop::Gently), killed),
        (EndReason::Auth, None, EndReason::Auth),
    ] {
        let report = TurnReport::ended(end, "");
        let facts = turn(
            &report,
            asked,
            &Nonce::new("n"),
            (Role::Implement, Capabilities::default()),
        );
        assert_eq!(facts.end, want, "{end:?} asked {asked:?}");
    }
}

/// All of them; one that is added must be added here.
fn ends_of_turns() -> [EndReason; 18] {
    use EndReason as End;
    [
        End::Finished,
        End::Auth,
        End::Billing,
        End::RateLimited { retry_at: None },
        End::Overloaded,
        End::Network,
        End::ContextFull,
        End::LimitReached,
        End::ModelLimit,
        End::Refused,
        End::Config,
        End::SessionNotFound,
        End::Killed { by: Killer::Swarm },
        End::Killed { by: Killer::Other },
        End::Crashed,
        End::TimedOut { limit: Limit::Idle },
        End::TimedOut { limit: Limit::Wall },
        End::RateLimited {
            retry_at: Some(Timestamp(1)),
        },
    ]
}

/// A row for every two lines and every end: the end decides first, then the
/// last word that is no claim, then the claims. What each line says, by hand.
#[test]
fn a_signal_counts_only_in_a_turn_that_finished() {
    let nonce = Nonce::new("n");
    let lines = [
        ("just words", "-"),
        ("swarm:n DONE", "DONE"),
        ("swarm:n CLAIM a", "CLAIM"),
        ("swarm:n FOLLOWUP x", "FOLLOWUP"),
        ("swarm:n BLOCKED x", "BLOCKED"),
        ("swarm:n HANDOFF", "HANDOFF"),
        ("swarm:n CLOSE x", "CLOSE"),
        ("> swarm:n DONE", "-"),
        ("swarm:m DONE", "-"),
    ];
    let word = |signal: &Option<Signal>| match signal {
        None => "-",
        Some(Signal::Done) => "DONE",
        Some(Signal::Claim { .. }) => "CLAIM",
        Some(Signal::FollowUp { .. }) => "FOLLOWUP",
        Some(Signal::Blocked { .. }) => "BLOCKED",
        Some(Signal::HandOff { .. }) => "HANDOFF",
        Some(Signal::Close { .. }) => "CLOSE",
    };
    for end in ends_of_turns() {
        for (first, one) in lines {
            for (second, two) in lines {
                let mut report = TurnReport::finished(format!("{first}\n{second}"));
                report.end = end;
                let signal = turn(
                    &report,
                    None,
                    &nonce,
                    (Role::Implement, Capabilities::default()),
                )
                .signal;
                let expected = match (end, one, two) {
                    (EndReason::Finished, one, "-") => one,
                    (EndReason::Finished, "-", two) => two,
                    (EndReason::Finished, one, "CLAIM") => one,
                    (EndReason::Finished, _, two) => two,
                    _ => "-",
                };
                assert_eq!(word(&signal), expected, "{end:?}: {first} + {second}");
            }
        }
    }
}

#[test]
fn a_conversation_is_resumed_only_where_the_harness_can() {
    let mut report = TurnReport::finished("");
    report.session = Some(SessionId::new("s"));
    for resume in [true, false] {
        let can = Capabilities::default().with_resume(resume);
        let facts = turn(&report, None, &Nonce::new("n"), (Role::Implement, can));
        assert_eq!(facts.resumable, resume);
    }
}

#[test]
fn texts_are_cut_at_characters_and_say_so() {
    assert_eq!(cut("aé", 2), "a");
    assert_eq!(cut("aé", 3), "aé");
    assert_eq!(ends("short", 10), "short");
    let long = "é".repeat(1_000);
    let kept = ends(&long, 100);
    assert!(
        kept.len() < 160 && kept.contains("bytes left out"),
        "{kept}"
    );
    assert!(kept.starts_with('é') && kept.ends_with('é'));
}

#[test]
fn a_failed_step_is_named_with_how_it_failed() {
    let step = |outcome| StepReport {
        name: "test".to_owned(),
        outcome,
        output: "boom".to_owned(),
        duration: Duration::from_secs(7),
    };
    for (outcome, want) in [
        (
            StepOutcome::Failed { code: Some(2) },
            "test failed with exit code 2:\nboom",
        ),
        (StepOutcome::Failed { code: None }, "test was killed:\nboom"),
        (StepOutcome::TimedOut, "test took longer than 7 s:\nboom"),
    ] {
        assert_eq!(gate_output(&step(outcome), 100), want);
    }
}
