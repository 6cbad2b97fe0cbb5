//! The report of an agent that we ended.

use super::Transcript;
use crate::model::{EndReason, Killer, Limit};
use crate::ports::{Stop, TurnReport};
use crate::process::Exit;

/// What a transcript reports of an agent that ended so.
pub(super) fn settled(
    transcript: Box<dyn Transcript>,
    exit: Exit,
    over_when_stopped: bool,
) -> TurnReport {
    let report = transcript.finish(exit);
    match exit {
        Exit::StoppedByUs(how) => stopped(report, how, over_when_stopped),
        Exit::Code(_) | Exit::Signal(_) => report,
    }
}

/// What stands of an agent's report when we ended it.
///
/// | the agent | a limit | a stop |
/// |---|---|---|
/// | had said its last word when it was stopped | stands | stands |
/// | says that it waited for its service | stands | killed |
/// | anything else, also a last word after it was stopped | timed out | killed |
fn stopped(mut report: TurnReport, how: Stop, over_before: bool) -> TurnReport {
    if over_before {
        return report;
    }
    let (end, error) = match how {
        Stop::Limit(_) if report.end.explains_silence() => return report,
        Stop::Limit(limit) => {
            let error = match limit {
                Limit::Idle => "nothing was heard of the agent for too long",
                Limit::Wall => "the turn took too long",
            };
            (EndReason::TimedOut { limit }, error)
        }
        Stop::Gently | Stop::Now => {
            let by = Killer::Swarm;
            (EndReason::Killed { by }, "the agent was told to stop")
        }
    };
    report.end = end;
    report.error = Some(error.to_owned());
    report
}

#[cfg(test)]
mod tests {
    use super::stopped;
    use crate::model::{EndReason, Killer, Limit};
    use crate::ports::{Stop, TurnReport};

    const IDLE: Stop = Stop::Limit(Limit::Idle);
    const WALL: Stop = Stop::Limit(Limit::Wall);

    fn end(said: EndReason, how: Stop, before: bool) -> EndReason {
        stopped(TurnReport::ended(said, "x"), how, before).end
    }

    #[test]
    fn what_stands_of_the_report_of_an_agent_that_we_ended() {
        use EndReason::{
            Auth, Billing, Config, ContextFull, Crashed, Finished, LimitReached, ModelLimit,
            Network, Overloaded, Refused, SessionNotFound,
        };
        let limited = EndReason::RateLimited { retry_at: None };
        let swarm = EndReason::Killed { by: Killer::Swarm };
        let other = EndReason::Killed { by: Killer::Other };
        let idle = EndReason::TimedOut { limit: Limit::Idle };
        let wall = EndReason::TimedOut { limit: Limit::Wall };
        for said in [limited, Overloaded, Network, Auth, Billing] {
            assert_eq!(end(said, IDLE, false), said);
            assert_eq!(end(said, WALL, false), said);
            assert_eq!(end(said, Stop::Gently, false), swarm);
            assert_eq!(end(said, Stop::Now, false), swarm);
        }
        for said in [
            Finished,
            ContextFull,
            LimitReached,
            ModelLimit,
            Refused,
            Config,
            SessionNotFound,
            other,
            swarm,
            Crashed,
            wall,
        ] {
            assert_eq!(end(said, IDLE, false), idle, "{said:?}");
            assert_eq!(end(said, WALL, false), wall, "{said:?}");
            assert_eq!(end(said, Stop::Gently, false), swarm, "{said:?}");
            assert_eq!(end(said, Stop::Now, false), swarm, "{said:?}");
        }
        for how in [IDLE, WALL, Stop::Gently, Stop::Now] {
            assert_eq!(end(Finished, how, true), Finished);
            assert_eq!(end(ContextFull, how, true), ContextFull);
        }
    }

    #[test]
    fn what_was_said_and_used_is_kept() {
        let mut report = TurnReport::ended(EndReason::Crashed, "x");
        report.message = "half".to_owned();
        let ended = stopped(report.clone(), IDLE, false);
        assert_eq!(ended.message, "half");
        assert_eq!(
            ended.error.as_deref(),
            Some("nothing was heard of the agent for too long")
        );
        let limited = EndReason::RateLimited { retry_at: None };
        report.end = limited;
        let ended = stopped(report, IDLE, false);
        assert_eq!(ended.error.as_deref(), Some("x"), "the agent knows more");
    }
}
