//! The end of an agent that did not say itself how its turn ended.

use crate::model::{EndReason, Killer};
use crate::ports::Stop;
use crate::process::Exit;

/// Signals by which a program shows a fault of its own (illegal instruction,
/// trap, abort, bus error, arithmetic, bad address): the same on Linux and macOS.
const FAULTS: [i32; 6] = [4, 5, 6, 8, 11, BUS];
const BUS: i32 = if cfg!(target_os = "macos") { 10 } else { 7 };

/// What an exit means if the agent's output does not tell how the turn ended,
/// and a line about it for people.
///
/// To be called where the output holds no verdict of the agent: exit code 0 is a
/// crash then, too. What was heard of the agent may explain more than an exit
/// does (it was waiting for a rate limit to end, it complained on standard
/// error); an adapter looks at that first.
///
/// A code of 128 + n is what shells and some agents make of signal n.
///
/// ```
/// use swarm_core::agent_cli::silent_end;
/// use swarm_core::model::{EndReason, Killer};
/// use swarm_core::process::Exit;
/// let (end, error) = silent_end("Claude Code", Exit::Code(143));
/// assert_eq!(end, EndReason::Killed { by: Killer::Other });
/// assert_eq!(error, "Claude Code was ended by signal 15");
/// ```
pub fn silent_end(agent: &str, exit: Exit) -> (EndReason, String) {
    match exit {
        Exit::Code(code @ 129..=192) => by_signal(agent, code - 128),
        Exit::Code(code) => (
            EndReason::Crashed,
            format!("{agent} exited with code {code} without a result"),
        ),
        Exit::Signal(signal) => by_signal(agent, signal),
        Exit::StoppedByUs(Stop::Limit(limit)) => (
            EndReason::TimedOut { limit },
            format!("{agent} reached a time limit"),
        ),
        Exit::StoppedByUs(Stop::Gently | Stop::Now) => (
            EndReason::Killed { by: Killer::Swarm },
            format!("{agent} was stopped"),
        ),
    }
}

fn by_signal(agent: &str, signal: i32) -> (EndReason, String) {
    if FAULTS.contains(&signal) {
        let error = format!("{agent} crashed with signal {signal}");
        (EndReason::Crashed, error)
    } else {
        let error = format!("{agent} was ended by signal {signal}");
        (EndReason::Killed { by: Killer::Other }, error)
    }
}

#[cfg(test)]
mod tests {
    use super::silent_end;
    use crate::model::{EndReason, Killer, Limit};
    use crate::ports::Stop;
    use crate::process::Exit;

    #[test]
    fn every_exit_has_its_meaning() {
        let other = EndReason::Killed { by: Killer::Other };
        let swarm = EndReason::Killed { by: Killer::Swarm };
        let wall = EndReason::TimedOut { limit: Limit::Wall };
        for (exit, end) in [
            (Exit::Code(0), EndReason::Crashed),
            (Exit::Code(1), EndReason::Crashed),
            (Exit::Code(128), EndReason::Crashed),
            (Exit::Code(137), other),
            (Exit::Code(139), EndReason::Crashed),
            (Exit::Code(255), EndReason::Crashed),
            (Exit::Signal(9), other),
            (Exit::Signal(6), EndReason::Crashed),
            (Exit::StoppedByUs(Stop::Gently), swarm),
            (Exit::StoppedByUs(Stop::Now), swarm),
            (Exit::StoppedByUs(Stop::Limit(Limit::Wall)), wall),
        ] {
            assert_eq!(silent_end("x", exit).0, end, "{exit:?}");
        }
    }
}
