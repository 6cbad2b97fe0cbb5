use super::{cut, ends, gate_output, turn};
use crate::model::{EndReason, Killer, Limit, Nonce, SessionId};
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
        let facts = turn(&report, asked, &Nonce::new("n"), Capabilities::default());
        assert_eq!(facts.end, want, "{end:?} asked {asked:?}");
    }
}

#[test]
fn a_signal_counts_only_in_a_turn_that_finished() {
    let nonce = Nonce::new("n");
    let mut report = TurnReport::finished("swarm:n DONE");
    let signal = |report: &TurnReport| turn(report, None, &nonce, Capabilities::default()).signal;
    assert_eq!(signal(&report), Some(Signal::Done));
    report.end = EndReason::Crashed;
    assert_eq!(signal(&report), None);
}

#[test]
fn a_conversation_is_resumed_only_where_the_harness_can() {
    let mut report = TurnReport::finished("");
    report.session = Some(SessionId::new("s"));
    for resume in [true, false] {
        let can = Capabilities::default().with_resume(resume);
        let facts = turn(&report, None, &Nonce::new("n"), can);
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
