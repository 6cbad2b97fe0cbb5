//! `swarm status`.

use serde_json::json;
use swarm_core::model::{TaskRow, TaskState};
use swarm_core::protocol::standing::Standing;

use super::args::StatusArgs;
use super::console::result;
use super::host::Host;
use super::known::Known;
use super::refusal::Refusal;
use super::table::table;
use super::text::{brief, clean, cut, short};

/// Lists the tasks.
pub(super) async fn status(args: &StatusArgs, host: &Host) -> Result<u8, Refusal> {
    let known = Known::look(&args.place, host).await?;
    let mut standings = known.standings();
    let tasks: Vec<(&TaskRow, Standing)> = known
        .rows
        .iter()
        .filter(|row| row.state != TaskState::Removed)
        .filter_map(|row| Some((row, standings.remove(&row.task.id)?)))
        .collect();
    if args.json {
        let tasks: Vec<_> = tasks.iter().map(|(row, how)| as_json(row, how)).collect();
        result(json!({"schema": 1, "tasks": tasks}));
        return Ok(0);
    }
    if tasks.is_empty() {
        result("no tasks");
        return Ok(0);
    }
    let rows: Vec<[String; 5]> = tasks.iter().map(|(row, how)| line(row, how)).collect();
    table(["task", "state", "attempts", "commit", "why"], &rows)
        .into_iter()
        .for_each(result);
    Ok(0)
}

fn line(row: &TaskRow, standing: &Standing) -> [String; 5] {
    let why = match standing {
        Standing::Landed { .. } | Standing::Ready => String::new(),
        _ => brief(&standing.to_string(), 100),
    };
    let commit = match standing {
        Standing::Landed { commit } => short(commit),
        _ => String::new(),
    };
    [
        cut(&clean(row.task.id.as_str()), 40),
        word(row, standing).to_owned(),
        row.attempts.to_string(),
        commit,
        why,
    ]
}

fn as_json(row: &TaskRow, standing: &Standing) -> serde_json::Value {
    let commit = match standing {
        Standing::Landed { commit } => Some(commit),
        _ => None,
    };
    json!({
        "id": row.task.id,
        "title": row.task.title,
        "state": word(row, standing),
        "reason": standing.to_string(),
        "attempts": row.attempts,
        "commit": commit,
        "worktree": row.checkpoint.worktree,
        "branch": row.checkpoint.branch,
        "usage": row.usage,
        "cost_usd": row.cost,
        "duration_ms": row.duration_ms,
    })
}

/// How a task stands, in one word.
pub(super) fn word(row: &TaskRow, standing: &Standing) -> &'static str {
    match standing {
        Standing::WaitsFor { .. } | Standing::Stalled(_) => "waiting",
        Standing::BackingOff { .. } => "pausing",
        Standing::Silent { .. } => "silent",
        Standing::Unsatisfiable(_) => "blocked",
        Standing::Draft => "draft",
        _ => row.state.word(),
    }
}
