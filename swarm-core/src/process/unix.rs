//! macOS and other Unix systems: a program's descendants, by what `ps` says.
//!
//! A process belongs to the tree if its parent does, if it is in the program's
//! own group, if it carries the mark in its environment, or if it was seen to
//! belong once: the list of processes is looked at every second while the
//! program runs. What leaves parent, group *and* environment between two looks
//! is not found. Nor is it if `ps` does not show its environment, as macOS
//! keeps that of its own programs to itself.
//!
//! Compiled on Linux for its tests, too.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{ChildStdout, Command};

use crate::model::HostProcess;

/// Whether processes can be started and ended here.
pub(super) const SUPPORTED: bool = true;

/// How often is looked who belongs to a program that runs.
const WATCH: Duration = Duration::from_secs(1);

/// How far two looks at one start may differ, in seconds: some systems count
/// it from the boot, whose time they reckon anew each time.
const JITTER: u64 = 2;

/// How hard to end a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// It may end in good order, or ignore it.
    Ask,
    /// It cannot resist.
    Kill,
}

/// Gives the program a process group of its own.
pub(super) fn set_apart(command: &mut Command) {
    command.process_group(0);
}

/// Lets both outputs of the program go into one pipe; gives its other end.
pub(super) fn merge_outputs(command: &mut Command) -> io::Result<ChildStdout> {
    let (ours, theirs) = io::pipe()?;
    command.stdout(theirs.try_clone()?).stderr(theirs);
    ChildStdout::from_std(OwnedFd::from(ours).into())
}

/// What `ps` says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: i32,
    parent: i32,
    group: i32,
    dead: bool,
    /// It carries the mark.
    marked: bool,
    /// Seconds since some point in time, the same for all.
    started: u64,
}

impl Process {
    /// A number alone is used again.
    fn is(&self, pid: i32, started: u64) -> bool {
        self.pid == pid && self.started.abs_diff(started) <= JITTER
    }
}

/// A program and its descendants.
#[derive(Debug)]
pub(super) struct Tree {
    root: Option<i32>,
    mark: String,
    /// Number and start of everything that was ever seen to belong to it.
    known: BTreeSet<(i32, u64)>,
}

impl Tree {
    /// The tree of a child that was just started and not yet waited for.
    pub(super) fn new(root: Option<u32>, mark: String) -> Self {
        Self {
            root: root.and_then(|pid| i32::try_from(pid).ok()),
            mark,
            known: BTreeSet::new(),
        }
    }

    /// Whether nothing of it runs. The dead that wait for their parent to
    /// notice do not count.
    pub(super) fn is_gone(&mut self) -> bool {
        self.living().is_ok_and(|living| living.is_empty())
    }

    /// Whether its root runs, and nothing beside it. There are no supervisors.
    pub(super) fn is_alone(&mut self, _supervisor: Option<u32>) -> bool {
        let living = self.living().unwrap_or_default();
        self.root.is_some_and(|root| living == [root])
    }

    /// Process numbers of what still runs, in order.
    pub(super) fn survivors(&mut self) -> Vec<u32> {
        let living = self.living().unwrap_or_default();
        let mut pids: Vec<u32> = living.into_iter().map(i32::unsigned_abs).collect();
        pids.sort_unstable();
        pids
    }

    /// Signals every process of it once.
    pub(super) fn signal(&mut self, force: Force) {
        let signal = match force {
            Force::Ask => Signal::TERM,
            Force::Kill => Signal::KILL,
        };
        let result = match self.living() {
            Ok(living) => living
                .into_iter()
                .filter_map(Pid::from_raw)
                .map(|pid| kill_process(pid, signal))
                .find(|sent| sent.is_err_and(|error| error != Errno::SRCH))
                .unwrap_or(Ok(())),
            Err(error) => {
                tracing::warn!(%error, "ps cannot be asked: only the process group is ended");
                let group = self.root.and_then(Pid::from_raw);
                group.map_or(Ok(()), |group| kill_process_group(group, signal))
            }
        };
        if let Err(error) = result
            && !matches!(error, Errno::SRCH | Errno::PERM)
        {
            tracing::warn!(%error, "cannot signal a process");
        }
    }

    /// Learns of descendants while the program runs; never ends.
    pub(super) async fn watch(&mut self) {
        loop {
            tokio::time::sleep(WATCH).await;
            if let Ok(Ok(all)) = tokio::task::spawn_blocking(|| processes(None)).await {
                self.learn(&all);
            }
        }
    }

    fn living(&mut self) -> io::Result<Vec<i32>> {
        // A system whose ps has no such option tells at least the rest.
        let all = processes(Some(&self.mark)).or_else(|_| processes(None))?;
        let members = self.learn(&all);
        let living = all.iter().filter(|process| !process.dead);
        Ok(living
            .map(|process| process.pid)
            .filter(|pid| members.contains(pid))
            .collect())
    }

    /// Who belongs to it; all of them are known from now on.
    fn learn(&mut self, all: &[Process]) -> BTreeSet<i32> {
        let Some(root) = self.root else {
            return BTreeSet::new();
        };
        // Once seen, a root that is gone may have left its number to others.
        let known = |process: &Process| self.known.iter().any(|(pid, at)| process.is(*pid, *at));
        let rooted = all
            .iter()
            .any(|process| process.pid == root && (self.known.is_empty() || known(process)));
        let belongs = |process: &&Process| {
            known(process)
                || process.marked
                || (rooted && (process.pid == root || process.group == root))
        };
        let mut members: BTreeSet<i32> = all
            .iter()
            .filter(belongs)
            .map(|process| process.pid)
            .collect();
        // Grandchildren join after children: as often as somebody joined.
        while all
            .iter()
            .any(|process| members.contains(&process.parent) && members.insert(process.pid))
        {
        }
        for process in all.iter().filter(|process| members.contains(&process.pid)) {
            if !self.known.iter().any(|(pid, at)| process.is(*pid, *at)) {
                self.known.insert((process.pid, process.started));
            }
        }
        members
    }
}

/// How `ps` is asked for environments.
const ENVIRONMENTS: &str = if cfg!(target_os = "linux") {
    "e"
} else if cfg!(target_vendor = "apple") {
    "-E"
} else {
    "-e"
};

/// All processes, and who carries the mark.
fn processes(mark: Option<&str>) -> io::Result<Vec<Process>> {
    let mark = mark.filter(|mark| !mark.is_empty());
    let mut command = std::process::Command::new("/bin/ps");
    command.args(["-A", "-ww", "-o"]);
    if mark.is_some() {
        command.args(["pid=,ppid=,pgid=,stat=,lstart=,command=", ENVIRONMENTS]);
    } else {
        command.arg("pid=,ppid=,pgid=,stat=,lstart=");
    }
    let output = command
        .env_clear()
        .env("LC_ALL", "C")
        .env("TZ", "UTC0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let all: Vec<Process> = text.lines().filter_map(|line| parse(line, mark)).collect();
    // It sees at least itself.
    if all.is_empty() {
        return Err(io::Error::other("ps tells of no process"));
    }
    Ok(all)
}

/// Reads a line: three numbers, a state, `Sat Nov 21 11:53:06 2026`, and maybe
/// what it was started as and in which environment.
fn parse(line: &str, mark: Option<&str>) -> Option<Process> {
    let mut words = line.split_ascii_whitespace();
    let mut number = || words.next()?.parse().ok();
    let (pid, parent, group) = (number()?, number()?, number()?);
    let state = words.next()?;
    let _weekday = words.next()?;
    let month = MONTHS
        .iter()
        .position(|name| Some(*name) == words.clone().next())?;
    let day: u64 = words.nth(1)?.parse().ok()?;
    let mut time = words.next()?.split(':');
    let mut part = || time.next()?.parse::<u64>().ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    let year: u64 = words.next()?.parse().ok()?;
    // Every month as long as the longest one: times only are compared, and
    // those of two looks a moment apart.
    let days = (year * 12 + month as u64) * 31 + day;
    Some(Process {
        pid,
        parent,
        group,
        dead: state.starts_with('Z'),
        // It is random: whoever has it anywhere has it from us.
        marked: mark.is_some_and(|mark| words.any(|word| word.contains(mark))),
        started: ((days * 24 + hour) * 60 + minute) * 60 + second,
    })
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Not told from others yet: claims of dead processes are waited for.
pub(super) fn this_process() -> Option<HostProcess> {
    None
}

/// Never proved.
pub(super) fn is_gone(_pid: u32, _started: u64) -> bool {
    false
}

/// Never proved.
pub(super) fn is_whole_machine(_space: &str) -> bool {
    false
}

/// What lives of all that a dead process started: not looked for.
#[derive(Debug)]
pub(super) struct Remains;

#[allow(clippy::unused_self, reason = "the same shape on every system")]
impl Remains {
    pub(super) fn new(_mark: String) -> Self {
        Self
    }

    pub(super) fn are_gone(&mut self) -> bool {
        false
    }

    pub(super) fn living(&mut self) -> Vec<u32> {
        Vec::new()
    }

    pub(super) fn signal(&mut self, _force: Force) {}
}

#[cfg(test)]
#[path = "unix_tests.rs"]
mod tests;
