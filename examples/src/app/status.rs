//! `swarm status`.

use serde_json::json;
use swarm_core::model::{TaskRow, TaskState, Timestamp};
use swarm_core::protocol::standing::Standing;

use super::args::StatusArgs;
use super::console::result;
use super::host::Host;
use super::known::Known;
use super::live::{doing, of_run};
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
        let tasks = tasks.iter().map(|(row, how)| as_json(row, how, &known));
        let tasks: Vec<_> = tasks.collect();
        result(json!({"schema": 1, "tasks": tasks, "runs": known.runs}));
        return Ok(0);
    }
    if tasks.is_empty() {
        result("no tasks");
        return Ok(0);
    }
    let rows = tasks.iter().map(|(row, how)| line(row, how, &known));
    let rows: Vec<[String; 5]> = rows.collect();
    table(["task", "state", "attempts", "commit", "why"], &rows)
        .into_iter()
        .for_each(result);
    let now = Timestamp::wall();
    let runs = known.runs.iter().flat_map(|live| of_run(live, now));
    let mut runs = runs.peekable();
    if runs.peek().is_none() {
        result("no run is under way");
    }
    runs.for_each(|line| result(clean(&line)));
    Ok(0)
}

fn line(row: &TaskRow, standing: &Standing, known: &Known) -> [String; 5] {
    let why = match standing {
        Standing::Landed { .. } => String::new(),
        Standing::Ready if known.runs.is_empty() => String::new(),
        _ => brief(&known.why(row, standing), 100),
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

fn as_json(row: &TaskRow, standing: &Standing, known: &Known) -> serde_json::Value {
    let commit = match standing {
        Standing::Landed { commit } => Some(commit),
        _ => None,
    };
    json!({
        "id": row.task.id,
        "title": row.task.title,
        "state": word(row, standing),
        "reason": known.why(row, standing),
        "activity": doing(&row.task.id, &known.runs),
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
