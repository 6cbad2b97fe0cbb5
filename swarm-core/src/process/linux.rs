//! Linux: a program's descendants, by what `/proc` says.
//!
//! A process belongs to the tree if it carries the mark in its environment, if
//! its parent belongs to it, or if it is in the program's own group. Agents
//! put their tools into sessions of their own, and daemons leave their
//! parents, so none of the three is enough. A process that drops its
//! environment *and* leaves parent and group is not found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open, pidfd_send_signal,
};
use tokio::process::{ChildStdout, Command};

use super::start::MARK;

/// Whether processes can be started and ended here.
pub(super) const SUPPORTED: bool = true;

/// How hard to end a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// It may end in good order, or ignore it.
    Ask,
    /// It cannot resist.
    Kill,
}

impl Force {
    fn signal(self) -> Signal {
        match self {
            Self::Ask => Signal::TERM,
            Self::Kill => Signal::KILL,
        }
    }
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

/// A process for all time: a number alone is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    pid: i32,
    /// Ticks since boot.
    started: u64,
}

/// What `/proc` says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    id: Id,
    parent: i32,
    group: i32,
    dead: bool,
    kernel: bool,
}

/// Whether a process carries a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    Yes,
    No,
    /// It has no environment: it is between two programs, or about to end. Or
    /// it was started without one.
    Unclear,
}

/// How many looks it takes to believe that a process has no environment.
const LOOKS: u8 = 5;

/// The flag of the kernel's own threads.
const KERNEL_THREAD: u32 = 0x0020_0000;

/// A program and its descendants.
#[derive(Debug)]
pub(super) struct Tree {
    root: Option<Id>,
    mark: String,
    /// Everything that was ever seen to belong to it.
    known: BTreeSet<Id>,
    /// Processes without an environment, and how often they were looked at.
    unclear: BTreeMap<Id, u8>,
}

impl Tree {
    /// The tree of a child that was just started and not yet waited for.
    pub(super) fn new(root: Option<u32>, mark: String) -> Self {
        let root = root
            .and_then(|pid| i32::try_from(pid).ok())
            .map(|pid| look_at(pid).map_or(Id { pid, started: 0 }, |found| found.id));
        Self {
            root,
            mark,
            known: root.into_iter().collect(),
            unclear: BTreeMap::new(),
        }
    }

    /// Whether nothing of it runs. The dead that wait for their parent to
    /// notice do not count. Not believed while a process may still turn out
    /// to belong to it: look again after a pause.
    pub(super) fn is_gone(&mut self) -> bool {
        self.living().is_ok_and(|living| living.is_empty())
            && self.unclear.values().all(|looks| *looks >= LOOKS)
    }

    /// Whether its root runs, and nothing beside it. Under a supervisor,
    /// whatever else it started is a descendant of that.
    pub(super) fn is_alone(&mut self, supervisor: Option<u32>) -> bool {
        let Some(root) = self.root else {
            return false;
        };
        if let Some(supervisor) = supervisor.and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            let living = descendants(supervisor);
            return living.is_ok_and(|living| living.iter().all(|process| process.id == root));
        }
        self.living().is_ok_and(|living| living == [root])
            && self.unclear.values().all(|looks| *looks >= LOOKS)
    }

    /// Process numbers of what still runs, in order.
    pub(super) fn survivors(&mut self) -> Vec<u32> {
        let living = self.living().unwrap_or_default();
        let mut pids: Vec<u32> = living.iter().map(|id| id.pid.unsigned_abs()).collect();
        pids.sort_unstable();
        pids
    }

    /// Learns of descendants while the program runs. Needless here: nothing
    /// is lost that a look at the end would not miss as well.
    pub(super) async fn watch(&mut self) {
        std::future::pending::<()>().await;
    }

    /// Signals every process of it once.
    pub(super) fn signal(&mut self, force: Force) {
        let signal = force.signal();
        match self.living() {
            Ok(living) => living.into_iter().for_each(|id| send(id, signal)),
            Err(error) => {
                tracing::warn!(%error, "cannot read /proc: only the process group is ended");
                if let Some(group) = self.root.and_then(|root| Pid::from_raw(root.pid)) {
                    let _ = kill_process_group(group, signal);
                }
            }
        }
    }

    fn living(&mut self) -> io::Result<Vec<Id>> {
        let Some(root) = self.root else {
            return Ok(Vec::new());
        };
        // Only while the root is there, its number surely means its group.
        let rooted = look_at(root.pid).is_some_and(|process| process.id == root);
        let mut members = BTreeSet::new();
        let mut unclear = BTreeMap::new();
        let mut all = processes(root.started, |process| {
            let known = self.known.contains(&process.id);
            let grouped = rooted && process.group == root.pid;
            let carries = if known || grouped {
                Carries::Yes
            } else {
                carries(process, |mark| mark == self.mark.as_bytes())
            };
            match carries {
                Carries::Yes => {
                    members.insert(process.id.pid);
                }
                Carries::No => {}
                Carries::Unclear => {
                    let looks = self.unclear.get(&process.id).map_or(1, |looks| looks + 1);
                    unclear.insert(process.id, looks.min(LOOKS));
                }
            }
        })?;
        self.unclear = unclear;
        // Grandchildren join after children: as often as somebody joined.
        while all
            .iter()
            .any(|process| members.contains(&process.parent) && members.insert(process.id.pid))
        {
        }
        all.retain(|process| members.contains(&process.id.pid));
        self.known.extend(all.iter().map(|process| process.id));
        all.retain(|process| !process.dead);
        Ok(all.into_iter().map(|process| process.id).collect())
    }
}

/// Signals all descendants of a process once, wherever they are; gives the
/// numbers of those that live. If that cannot be told, only a group is
/// signalled.
pub(super) fn signal_descendants(ancestor: Pid, group: Pid, force: Force) -> Vec<i32> {
    let signal = force.signal();
    let Ok(all) = descendants(ancestor) else {
        let _ = kill_process_group(group, signal);
        return vec![group.as_raw_nonzero().get()];
    };
    for process in &all {
        send(process.id, signal);
    }
    all.iter().map(|process| process.id.pid).collect()
}

/// All descendants of a process that live.
fn descendants(ancestor: Pid) -> io::Result<Vec<Process>> {
    let mut all = processes(0, |_| {})?;
    let ancestor = ancestor.as_raw_nonzero().get();
    let mut members = BTreeSet::from([ancestor]);
    while all
        .iter()
        .any(|process| members.contains(&process.parent) && members.insert(process.id.pid))
    {}
    members.remove(&ancestor);
    all.retain(|process| members.contains(&process.id.pid) && !process.dead);
    Ok(all)
}

/// All processes that are no older than this, each shown as soon as it is
/// found.
fn processes(oldest: u64, mut show: impl FnMut(&Process)) -> io::Result<Vec<Process>> {
    let mut all = Vec::new();
    let mut looked = BTreeSet::new();
    loop {
        // Until the list has nothing new: what was on it may have started
        // another and ended before it was looked at.
        let fresh: Vec<i32> = fs::read_dir("/proc")?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|pid| looked.insert(*pid))
            .collect();
        if fresh.is_empty() {
            return Ok(all);
        }
        let young = fresh.into_iter().filter_map(look_at);
        for process in young.filter(|process| process.id.started >= oldest) {
            show(&process);
            all.push(process);
        }
    }
}

fn look_at(pid: i32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse(pid, &String::from_utf8_lossy(&stat))
}

/// Reads a line of `/proc/<pid>/stat`. The name in it may contain anything,
/// also brackets and spaces.
fn parse(pid: i32, stat: &str) -> Option<Process> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    // The flags are field 9, the start is field 22.
    let flags: u32 = fields.nth(3)?.parse().ok()?;
    let started = fields.nth(12)?.parse().ok()?;
    Some(Process {
        id: Id { pid, started },
        parent,
        group,
        dead: matches!(state, "Z" | "X" | "x"),
        kernel: flags & KERNEL_THREAD != 0,
    })
}

fn carries(process: &Process, ours: impl Fn(&[u8]) -> bool) -> Carries {
    if process.dead || process.kernel {
        return Carries::No;
    }
    // Unreadable: somebody else's.
    let Ok(environment) = fs::read(format!("/proc/{}/environ", process.id.pid)) else {
        return Carries::No;
    };
    if environment.is_empty() {
        return Carries::Unclear;
    }
    let marked = environment.split(|byte| *byte == 0).any(|variable| {
        variable
            .strip_prefix(MARK.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"="))
            .is_some_and(|marks| {
                let mut marks = marks.split(|byte| *byte == b':');
                marks.any(&ours)
            })
    });
    if marked { Carries::Yes } else { Carries::No }
}

/// Signals this process and no other that may have taken its number.
fn send(id: Id, signal: Signal) {
    let Some(pid) = Pid::from_raw(id.pid) else {
        return;
    };
    let handle = pidfd_open(pid, PidfdFlags::empty());
    // Looked at after the handle was made: it is this process or none.
    if look_at(id.pid).is_none_or(|found| found.id != id) {
        return;
    }
    let sent = match handle {
        Ok(handle) => pidfd_send_signal(handle, signal),
        Err(Errno::SRCH) => Ok(()),
        // An old kernel, or a filter that does not know of handles.
        Err(_) => kill_process(pid, signal),
    };
    if let Err(error) = sent
        && error != Errno::SRCH
    {
        tracing::warn!(pid = id.pid, %error, "cannot signal a process");
    }
}

#[path = "linux_remains.rs"]
mod remains;
pub(super) use remains::{Remains, is_gone, is_whole_machine, this_process};

#[cfg(test)]
#[path = "linux_tests.rs"]
mod tests;
