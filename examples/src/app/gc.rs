//! `swarm gc`.

use std::collections::BTreeSet;

use swarm_core::model::{TaskRow, TaskState};
use swarm_git::{GitRepo, Leftover};

use super::args::{GcArgs, Ways};
use super::console::result;
use super::host::Host;
use super::refusal::Refusal;
use super::settings::Settings;
use super::table::table;
use super::text::clean;
use super::{repository, state};

/// Lists what earlier runs left, and removes what holds nothing unlanded.
pub(super) async fn gc(args: &GcArgs, host: &Host) -> Result<u8, Refusal> {
    let settings = Settings::gather(&args.place, &Ways::default(), host)?;
    let repo = repository::open(&settings, host)?;
    let rows = state::peek(&state::path(&settings, &repo)).await?;
    let live = live_runs(&rows);
    let lister = repo.clone();
    let left = blocking(move || Ok(lister.leftovers()?)).await?;
    if left.is_empty() {
        result("nothing is left of earlier runs");
        return Ok(0);
    }
    let (gone, rest): (Vec<Leftover>, Vec<Leftover>) = left
        .into_iter()
        .partition(|left| left.removable() && !in_use(left, &live));
    let lines = gone.iter().map(|left| {
        let verdict = if args.apply { "" } else { "can be removed" };
        line(left, verdict.to_owned())
    });
    let mut lines: Vec<[String; 3]> = lines.collect();
    if args.apply {
        let removed = remove(repo, gone.clone()).await?;
        for (line, left) in lines.iter_mut().zip(&gone) {
            let done = removed.contains(left);
            let what = if done {
                "removed"
            } else {
                "kept: it has changed"
            };
            line[2] = what.into();
        }
    }
    lines.extend(rest.iter().map(|left| line(left, why_kept(left, &live))));
    table(["branch", "worktree", "what"], &lines)
        .into_iter()
        .for_each(result);
    if !args.apply && !gone.is_empty() {
        let number = gone.len();
        result(format_args!(
            "nothing was removed; `swarm gc --apply` removes {number} of these"
        ));
    }
    Ok(0)
}

/// Runs that may still be at work. One whose claim has lapsed is among them:
/// its process may only have slept.
fn live_runs(rows: &[TaskRow]) -> BTreeSet<String> {
    let holders = rows.iter().filter_map(|row| match &row.state {
        TaskState::Running { holder } | TaskState::Landing { holder, .. } => Some(holder),
        TaskState::Ready { .. }
        | TaskState::Landed { .. }
        | TaskState::Held { .. }
        | TaskState::Failed { .. }
        | TaskState::Blocked { .. }
        | TaskState::Closed { .. }
        | TaskState::Rejected { .. }
        | TaskState::Removed => None,
    });
    holders.map(|holder| holder.run.to_string()).collect()
}

/// Whether a live run may work there. By the run, for a worktree may be younger
/// than what the state file says of it.
fn in_use(left: &Leftover, live: &BTreeSet<String>) -> bool {
    live.iter().any(|run| {
        let folder = std::ffi::OsStr::new(run);
        let path = left.path.as_deref();
        let by_path = path.is_some_and(|path| path.iter().any(|part| part == folder));
        let branch = left.branch.as_deref().unwrap_or_default();
        by_path || branch.starts_with(&format!("swarm/{run}/"))
    })
}

fn why_kept(left: &Leftover, live: &BTreeSet<String>) -> String {
    let why = if in_use(left, live) {
        "a run may be working there"
    } else if left.dirty {
        "it holds work that is not committed"
    } else if left.unlanded {
        "it holds commits that have not landed"
    } else {
        "somebody locked it"
    };
    format!("kept: {why}")
}

fn line(left: &Leftover, what: String) -> [String; 3] {
    let path = left.path.as_deref();
    [
        clean(left.branch.as_deref().unwrap_or("-")),
        path.map_or("-".into(), |path| clean(&path.to_string_lossy())),
        what,
    ]
}

async fn remove(repo: GitRepo, what: Vec<Leftover>) -> Result<Vec<Leftover>, Refusal> {
    blocking(move || Ok(repo.sweep(&what)?)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Refusal::new(format!("looking at the worktrees: {error}"))),
    }
}
