//! Why a task is where it is, in one sentence, from its row and the runs that
//! are under way.

use swarm_core::dispatch::{Activity, PlannerActivity, Shut};
use swarm_core::model::{AccountId, HarnessName, TaskId, TaskRow, Timestamp, Wish};
use swarm_core::protocol::standing::Standing;

use super::restarts::counts;
use super::{Live, cut_short};
use crate::app::text::{count, span};

/// Why a task is where it is. `usual` is how often in a row the next run would
/// allow it to be cut short.
pub(in crate::app) fn why(
    row: &TaskRow,
    standing: &Standing,
    runs: &[Live],
    usual: u32,
    now: Timestamp,
) -> String {
    let why = stands(row, standing, runs, now);
    let cut = cut_short(row, runs, usual);
    match (standing, cut) {
        // What came to an end since is past caring.
        (Standing::Running { .. } | Standing::Silent { .. } | Standing::Ready, Some(cut))
            if counts(row) =>
        {
            format!("{why}; {cut}")
        }
        _ => why,
    }
}

fn stands(row: &TaskRow, standing: &Standing, runs: &[Live], now: Timestamp) -> String {
    match standing {
        Standing::Running { run } => {
            let attempt = row.attempts;
            let wanted = row.wish.as_ref().map_or("", wanted);
            match doing(&row.task.id, runs) {
                Some(activity) => {
                    let activity = activity_at(activity, now);
                    format!("{activity} (attempt {attempt}, run {run}){wanted}")
                }
                None if runs.iter().any(|live| live.run == *run) => standing.to_string(),
                None => format!(
                    "run {run} began it and tells no more: it was killed, or works on another \
                     machine"
                ),
            }
        }
        Standing::Ready => match at_work_on(row, runs) {
            Some(live) => format!("ready: {}", why_not_begun(row, live, now)),
            None => format!("{standing}: no run is under way"),
        },
        Standing::BackingOff { reason, .. } if at_work_on(row, runs).is_none() => {
            format!("an attempt failed, and the next run tries it again at once: {reason}")
        }
        Standing::WaitsFor { tasks } => waits_for(tasks, row, runs, now),
        _ => standing.to_string(),
    }
}

/// What becomes of a task when its attempt has ended, since somebody wants it.
fn wanted(wish: &Wish) -> &'static str {
    match wish {
        Wish::Edit { .. } => "; its text was changed, and then it begins anew",
        Wish::Hold { .. } => "; it is to be held",
        Wish::Remove => "; it was taken away",
    }
}

/// What a run is doing with a task.
pub(in crate::app) fn doing<'a>(task: &TaskId, runs: &'a [Live]) -> Option<&'a Activity> {
    runs.iter().find_map(|live| live.now.tasks.get(task))
}

/// A run under way, a line for each thing that is worth one.
pub(in crate::app) fn of_run(live: &Live, now: Timestamp) -> Vec<String> {
    let snapshot = &live.now;
    let mut lines = vec![format!(
        "run {} is under way (process {}, for {}): {} at work, {} of {} taken",
        live.run,
        live.process,
        span(now.since(live.since)),
        count(snapshot.tasks.len(), "task"),
        snapshot.taken,
        count(snapshot.jobs, "slot"),
    )];
    let holdup = snapshot.holdup.as_ref();
    lines.extend(holdup.map(|holdup| format!("  it begins nothing new: {holdup}")));
    let planner = snapshot.planner.as_ref();
    lines.extend(planner.map(|planner| format!("  its planner: {}", planner_at(planner, now))));
    let accounts = snapshot.accounts.iter();
    lines.extend(accounts.map(|(account, shut)| format!("  {}", shut_at(account, shut, now))));
    lines
}

fn activity_at(activity: &Activity, now: Timestamp) -> String {
    match activity {
        Activity::Parked {
            account,
            until,
            why,
        } => parked(account, *until, why, now),
        _ => activity.to_string(),
    }
}

fn planner_at(activity: &PlannerActivity, now: Timestamp) -> String {
    match activity {
        PlannerActivity::Parked {
            account,
            until,
            why,
        } => parked(account, *until, why, now),
        PlannerActivity::Speaking { plan, turn, since } => {
            let time = span(now.since(*since));
            format!("planning for {time}: plan {plan}, turn {turn}")
        }
        _ => activity.to_string(),
    }
}

fn shut_at(account: &AccountId, shut: &Shut, now: Timestamp) -> String {
    match shut {
        Shut::Parked { until, why } => parked(account, *until, why, now),
        Shut::Closed { why } => format!("account {account} is closed for this run: {why}"),
        _ => format!("account {account} lets nothing through"),
    }
}

fn parked(account: &AccountId, until: Timestamp, why: &str, now: Timestamp) -> String {
    let wait = span(until.since(now));
    format!("parked for another {wait}: account {account}: {why}")
}

/// A run that will come to a task.
fn at_work_on<'a>(row: &TaskRow, runs: &'a [Live]) -> Option<&'a Live> {
    runs.iter().find(|live| live.source == row.task.source)
}

fn why_not_begun(row: &TaskRow, live: &Live, now: Timestamp) -> String {
    let run = &live.run;
    let snapshot = &live.now;
    if let Some(holdup) = &snapshot.holdup {
        return format!("run {run} begins nothing new: {holdup}");
    }
    if let Some((account, shut)) = shut_for(row, live) {
        return format!("run {run} waits: {}", shut_at(account, shut, now));
    }
    if snapshot.taken >= snapshot.jobs {
        let slots = count(snapshot.jobs, "slot");
        let taken = if snapshot.jobs == 1 { "is" } else { "are all" };
        let planner = match &snapshot.planner {
            Some(planner @ PlannerActivity::Speaking { .. }) => {
                format!(" (its planner has one: {})", planner_at(planner, now))
            }
            _ => String::new(),
        };
        return format!("it waits for a slot; {slots} of run {run} {taken} taken{planner}");
    }
    format!("run {run} begins it as soon as there is room for it")
}

/// The account that the task waits for, if nobody can stand in.
fn shut_for<'a>(row: &TaskRow, live: &'a Live) -> Option<(&'a AccountId, &'a Shut)> {
    let own = row.task.harness.as_ref();
    let first = live.agents.first();
    let agents: Vec<&HarnessName> = match own {
        Some(own) if Some(own) != first => vec![own],
        _ => live.agents.iter().collect(),
    };
    let mut shut = agents.into_iter().map(|agent| {
        // Each agent of the application works on an account of its own.
        let accounts = &live.now.accounts;
        accounts.get_key_value(&AccountId::new(agent.as_str()))
    });
    let first = shut.next()??;
    shut.all(|other| other.is_some()).then_some(first)
}

fn waits_for(tasks: &[TaskId], row: &TaskRow, runs: &[Live], now: Timestamp) -> String {
    let each = tasks.iter().map(|task| match doing(task, runs) {
        Some(activity) => format!("{task} ({})", activity_at(activity, now)),
        None => task.to_string(),
    });
    let each: Vec<String> = each.collect();
    let idle = match at_work_on(row, runs) {
        Some(_) => "",
        None => "; no run is under way",
    };
    format!("waits for {}{idle}", each.join(", "))
}
