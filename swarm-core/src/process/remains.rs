//! This process among all others, and what is left of one that died.

use std::time::{Duration, Instant};

use super::platform;
use crate::model::HostProcess;

/// How long what a dead process left may take to end in good order. Supervisors
/// end what is theirs in this time, too.
const GRACE: Duration = Duration::from_secs(5);
/// How long killed processes may take to vanish before they are given up.
const VANISH: Duration = Duration::from_secs(5);

/// This process, told from every other one of all machines and times; `None`
/// on systems where that is not possible yet.
///
/// Stores keep it with a claim, so that a later run can prove that the claim is
/// nobody's any more ([`is_dead`]).
pub fn this_process() -> Option<HostProcess> {
    platform::this_process()
}

/// Whether a process is proved dead: it was one of this machine, and the
/// machine was booted anew since, or there is no process of that number and
/// start. False if it lives, and whenever it cannot be told: on another
/// machine, in another container, on another system.
///
/// ```
/// use swarm_core::process::{is_dead, this_process};
/// if let Some(mut process) = this_process() {
///     assert!(!is_dead(&process));
///     process.host.push('x');
///     assert!(!is_dead(&process), "nobody can tell");
/// }
/// ```
pub fn is_dead(process: &HostProcess) -> bool {
    this_process().is_some_and(|here| fate(process, &here) != Fate::Unknown)
}

/// What can be told of a process that is not this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Unknown,
    /// Nothing that it started can live either.
    BeforeBoot,
    Dead,
}

fn fate(process: &HostProcess, here: &HostProcess) -> Fate {
    let same_host = process.host == here.host && process.space == here.space;
    match (same_host, process.boot == here.boot) {
        // Containers are moved and copied with all that names their machine.
        (true, false) if platform::is_whole_machine(&here.space) => Fate::BeforeBoot,
        (true, true) if platform::is_gone(process.pid, process.started) => Fate::Dead,
        (true | false, true | false) => Fate::Unknown,
    }
}

/// Ends all that a dead process started through this library and that still
/// lives. False if the process is not proved dead, or something cannot be
/// ended: then its folders are not safe to work in.
pub(crate) async fn end_remains(dead: &HostProcess) -> bool {
    let dead = dead.clone();
    let ended = tokio::task::spawn_blocking(move || end(&dead)).await;
    ended.unwrap_or_else(|error| {
        tracing::error!(%error, "what is left of a dead run cannot be ended");
        false
    })
}

fn end(dead: &HostProcess) -> bool {
    let Some(here) = this_process() else {
        return false;
    };
    match fate(dead, &here) {
        Fate::Unknown => return false,
        Fate::BeforeBoot => return true,
        Fate::Dead => {}
    }
    let mut remains = platform::Remains::new(mark(dead));
    remains.signal(platform::Force::Ask);
    if wait(&mut remains, GRACE, None) || wait(&mut remains, VANISH, Some(platform::Force::Kill)) {
        return true;
    }
    let survivors = remains.living();
    tracing::error!(?survivors, "what a dead run left cannot be ended");
    false
}

/// Waits until nothing lives; signals each round.
fn wait(remains: &mut platform::Remains, span: Duration, force: Option<platform::Force>) -> bool {
    let until = Instant::now() + span;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(force) = force {
            remains.signal(force);
        }
        if remains.are_gone() {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// What all marks begin with that a process gives.
pub(super) fn mark(process: &HostProcess) -> String {
    format!("{}-{}-{}-", process.space, process.pid, process.started)
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
