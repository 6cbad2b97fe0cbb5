//! What is said of a run before it begins and when it is over.

use std::time::Duration;

use swarm_core::RunReport;
use swarm_core::model::{Cost, Outcome, RunEnd, TaskId};
use swarm_core::ports::Gate;
use swarm_core::report::{PlanningReport, TaskReport};
use swarm_store::files::Synced;

use super::prepare::Prepared;
use super::table::table;
use super::text::{brief, clean, count, cut, short, span, tokens};

/// Characters of an id and of a reason in the table.
const ID: usize = 40;
const REASON: usize = 100;

/// With what a run works, in some lines.
pub(super) fn setting(prepared: &Prepared) -> String {
    let tasks = prepared.own_rows().count();
    let agents: Vec<&str> = prepared
        .harnesses
        .iter()
        .map(|(kind, _)| kind.name())
        .collect();
    let gates = match &prepared.gate {
        Some(gate) => format!("gates: {}", clean(&gate.steps().join(", "))),
        None => "not gated: no --gate".to_owned(),
    };
    let names: Vec<String> = prepared
        .reviewers
        .iter()
        .map(|reviewer| clean(&reviewer.info().name))
        .collect();
    let reviews = if names.is_empty() {
        "not reviewed: no --reviewer".to_owned()
    } else {
        format!("reviewed by {}", names.join(", "))
    };
    format!(
        "{} in {}, {} with {}, landing on {} ({})\n{gates}\n{reviews}",
        count(tasks, "task"),
        prepared.tasks.display(),
        count(prepared.settings.policy.jobs, "job"),
        agents.join(", "),
        prepared.before.target,
        short(&prepared.before.tip),
    )
}

/// What is new in the folder of task files.
pub(super) fn synced(synced: &Synced) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |tasks: &[TaskId], what: &str| {
        if !tasks.is_empty() {
            let names: Vec<String> = tasks.iter().take(8).map(|id| clean(id.as_str())).collect();
            let more = if tasks.len() > names.len() {
                " …"
            } else {
                ""
            };
            let number = count(tasks.len(), "task");
            lines.push(format!("{number} {what}: {}{more}", names.join(", ")));
        }
    };
    say(&synced.new, "new");
    say(&synced.updated, "changed");
    say(&synced.removed, "taken away");
    say(&synced.noted, "changed while worked on");
    say(&synced.kept, "changed too late to count");
    lines
}

/// The table, the sums, and what a person may have to do.
pub(super) fn lines(report: &RunReport) -> Vec<String> {
    let rows: Vec<[String; 7]> = report.tasks.iter().map(row).collect();
    let heading = [
        "task", "outcome", "attempts", "commit", "time", "cost", "reason",
    ];
    let mut lines = vec![String::new()];
    if !rows.is_empty() {
        lines.extend(table(heading, &rows));
        lines.push(String::new());
    }
    lines.push(sums(report));
    lines.extend(report.planning.as_ref().map(planned));
    if report.ended != RunEnd::Drained {
        lines.push(format!(
            "the run ended: {}",
            clean(&report.ended.to_string())
        ));
    }
    lines.push(target(report));
    if !report.reviewed {
        lines.push("not reviewed: no --reviewer".to_owned());
    }
    lines.extend(parked(report));
    lines.extend(report.tasks.iter().filter_map(to_do));
    lines
}

/// What the planner did; its figures are in the sums.
fn planned(planning: &PlanningReport) -> String {
    let plans = count(planning.plans as usize, "plan");
    let mut parts = vec![format!(
        "planning, in these sums: {} in {plans}",
        count(planning.tasks, "task")
    )];
    if planning.usage.total() > 0 {
        parts.push(tokens(planning.usage.total()));
    }
    if planning.cost_usd > Cost::default() {
        parts.push(planning.cost_usd.to_string());
    }
    parts.join(" · ")
}

fn row(task: &TaskReport) -> [String; 7] {
    let time = Duration::from_millis(task.duration_ms);
    let unless_zero = |zero: bool, text: String| if zero { String::new() } else { text };
    [
        cut(&clean(task.id.as_str()), ID),
        task.outcome.as_str().to_owned(),
        task.attempts.to_string(),
        task.commit.as_ref().map(short).unwrap_or_default(),
        unless_zero(task.duration_ms == 0, span(time)),
        unless_zero(task.cost_usd == Cost::default(), task.cost_usd.to_string()),
        brief(task.reason.as_deref().unwrap_or_default(), REASON),
    ]
}

fn sums(report: &RunReport) -> String {
    let totals = &report.totals;
    if totals.tasks == 0 {
        return "no tasks".to_owned();
    }
    let outcomes: Vec<String> = totals
        .outcomes
        .iter()
        .map(|(outcome, number)| format!("{number} {}", outcome.as_str()))
        .collect();
    let mut parts = vec![
        format!("{}: {}", count(totals.tasks, "task"), outcomes.join(", ")),
        count(totals.attempts as usize, "attempt"),
        format!(
            "{} at work",
            span(Duration::from_millis(totals.duration_ms))
        ),
    ];
    if totals.usage.total() > 0 {
        parts.push(tokens(totals.usage.total()));
    }
    if totals.cost_usd > Cost::default() {
        parts.push(totals.cost_usd.to_string());
    }
    parts.join(" · ")
}

fn target(report: &RunReport) -> String {
    let target = &report.target;
    let line = target.parked.as_ref().unwrap_or(&target.branch);
    if target.before == target.after {
        format!("{line} is at {}, as before", short(&target.after))
    } else {
        let (before, after) = (short(&target.before), short(&target.after));
        format!("{line} went from {before} to {after}")
    }
}

/// The user's own checkout stands in the way.
fn parked(report: &RunReport) -> Option<String> {
    let line = report.target.parked.as_ref()?;
    let branch = &report.target.branch;
    Some(format!(
        "the branch {branch} itself stays behind, since your checkout is in the way; nothing of \
         yours was touched.\n  The work is on {line}. Once your changes are committed or put \
         aside: git merge {line}"
    ))
}

/// What a person can do about a task that did not land.
fn to_do(task: &TaskReport) -> Option<String> {
    if task.clean {
        return None;
    }
    let id = shlex::try_quote(task.id.as_str()).unwrap_or_else(|_| task.id.as_str().into());
    let next = match task.outcome {
        Outcome::Landed | Outcome::Closed | Outcome::Skipped => return None,
        Outcome::Held | Outcome::Rejected => {
            format!("look at it, then have it tried again: swarm retry {id}")
        }
        Outcome::Blocked if task.attempts == 0 => format!("see: swarm why {id}"),
        Outcome::Blocked => format!("change its task file, or: swarm retry {id}"),
        Outcome::Failed => format!("the next run tries it again; see: swarm show {id}"),
        Outcome::Interrupted => "the next run goes on with it".to_owned(),
    };
    let kept = match (&task.worktree, &task.branch) {
        (Some(worktree), Some(branch)) => format!(
            "\n  its work is kept in {} (branch {})",
            clean(&worktree.to_string_lossy()),
            clean(branch)
        ),
        _ => String::new(),
    };
    Some(format!("{}: {next}{kept}", clean(task.id.as_str())))
}

#[cfg(test)]
mod tests;
