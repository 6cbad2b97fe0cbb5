//! `swarm run --dry-run`: what would run, and nothing else.

use serde_json::json;
use swarm_core::model::{TaskId, TaskRow, TaskState, Timestamp};
use swarm_core::protocol::plan;

use super::console::result;
use super::prepare::Prepared;
use super::summary;
use super::text::{brief, clean};

/// Prints the plan.
pub(super) fn print(prepared: &Prepared, as_json: bool) {
    let mut plan = plan::order(&prepared.rows, Timestamp::wall());
    let own = |id: &TaskId| prepared.own_rows().any(|row| row.task.id == *id);
    plan.start.retain(own);
    plan.rest.retain(|(id, _)| own(id));
    if as_json {
        let rest = plan.rest.iter();
        let rest: Vec<_> = rest
            .map(|(id, standing)| json!({"id": id, "reason": standing.to_string()}))
            .collect();
        result(json!({"schema": 1, "dry_run": true, "start": plan.start, "rest": rest}));
        return;
    }
    result(format_args!("dry run: {}", summary::setting(prepared)));
    if plan.start.is_empty() {
        result("nothing would run");
    } else {
        result("would run, in this order:");
    }
    for (place, id) in plan.start.iter().enumerate() {
        let after = prepared.rows.iter().find(|row| row.task.id == *id);
        let after = after.map(after_what).unwrap_or_default();
        result(format_args!(
            "{:3}. {}{after}",
            place + 1,
            clean(id.as_str())
        ));
    }
    if !plan.rest.is_empty() {
        result("would not run:");
    }
    for (id, standing) in &plan.rest {
        let why = brief(&standing.to_string(), 160);
        result(format_args!("  {}: {why}", clean(id.as_str())));
    }
    let landed = |row: &&TaskRow| matches!(row.state, TaskState::Landed { .. });
    let landed = prepared.own_rows().filter(landed).count();
    if landed > 0 {
        result(format_args!("landed before: {landed}"));
    }
}

fn after_what(row: &TaskRow) -> String {
    if row.task.depends_on.is_empty() {
        return String::new();
    }
    let names = row.task.depends_on.iter().map(|id| clean(id.as_str()));
    let names: Vec<String> = names.collect();
    format!("  (after {})", names.join(", "))
}
