//! Variables that tell a program which work it is called for.

use std::ffi::{OsStr, OsString};

use crate::model::AttemptId;
use crate::ports::TurnRequest;
use crate::process::env::Vars;

const TASK: &str = "SWARM_TASK_ID";
const RUN: &str = "SWARM_RUN_ID";
const ATTEMPT: &str = "SWARM_ATTEMPT";
const TURN: &str = "SWARM_TURN";
const ROLE: &str = "SWARM_ROLE";
const NONCE: &str = "SWARM_NONCE";
const TASKS: &str = "SWARM_TASKS_DIR";
const ONTO: &str = "SWARM_ONTO";
const ALL: [&str; 8] = [TASK, RUN, ATTEMPT, TURN, ROLE, NONCE, TASKS, ONTO];

/// Without what an outer run told us: a swarm may work within a swarm.
pub(crate) fn without_own(mut vars: Vars) -> Vars {
    vars.retain(|(name, _)| !ALL.iter().any(|own| name == own));
    vars
}

/// Whose work it is.
pub(crate) fn attempt_vars(attempt: &AttemptId) -> Vars {
    vec![
        var(TASK, attempt.task.as_str()),
        var(RUN, attempt.run.as_str()),
        var(ATTEMPT, attempt.number.to_string()),
    ]
}

/// Whose work it is, and what an agent is asked for.
pub(super) fn turn_vars(turn: &TurnRequest) -> Vars {
    let mut vars = lasting_vars(turn);
    vars.push(var(TURN, turn.turn.to_string()));
    vars.push(var(ROLE, turn.role.as_str()));
    vars.push(var(NONCE, turn.nonce.as_str()));
    vars.extend(turn.onto.as_ref().map(|onto| var(ONTO, onto.as_str())));
    vars
}

/// What holds for all turns of a program: what is not there misleads nobody.
pub(super) fn lasting_vars(turn: &TurnRequest) -> Vars {
    let mut vars = attempt_vars(&turn.attempt);
    vars.extend(turn.tasks.as_ref().map(|tasks| var(TASKS, tasks)));
    vars
}

fn var(name: &str, value: impl AsRef<OsStr>) -> (OsString, OsString) {
    (name.into(), value.as_ref().to_owned())
}
