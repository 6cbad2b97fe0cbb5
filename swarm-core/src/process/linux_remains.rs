//! Linux: which process this is, and what a dead one left.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use super::{Carries, Force, Id, LOOKS, carries, look_at, processes, send};
use crate::model::HostProcess;

/// The space of process numbers that is not within another one: the same on
/// every Linux.
const OUTERMOST: &str = "4026531836";

/// The name that supervisors give themselves: 15 bytes of it are kept.
const SUPERVISOR: &str = "swarm-supervise";

pub(in crate::process) fn this_process() -> Option<HostProcess> {
    let read = |path: &str| {
        let text = fs::read_to_string(path).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    // "pid:[4026531836]"
    let space = fs::read_link("/proc/self/ns/pid").ok()?;
    let space = space.to_str()?;
    let space = space.strip_prefix("pid:[")?.strip_suffix(']')?.to_owned();
    let pid = std::process::id();
    let machine = read("/etc/machine-id").unwrap_or_default();
    let name = read("/proc/sys/kernel/hostname")?;
    Some(HostProcess {
        host: format!("{machine}/{name}"),
        boot: read("/proc/sys/kernel/random/boot_id")?,
        space,
        pid,
        started: look_at(i32::try_from(pid).ok()?)?.id.started,
    })
}

/// Whether a space of process numbers is that of a whole machine, and of no
/// container.
pub(in crate::process) fn is_whole_machine(space: &str) -> bool {
    space == OUTERMOST
}

/// Whether there is no process of this number and start. False if `/proc`
/// cannot be read.
pub(in crate::process) fn is_gone(pid: u32, started: u64) -> bool {
    let Ok(pid) = i32::try_from(pid) else {
        return false;
    };
    // Not there, and not just hidden: this process must be.
    let seen = look_at(i32::try_from(std::process::id()).unwrap_or_default()).is_some();
    match fs::metadata(format!("/proc/{pid}")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => seen,
        Err(_) => false,
        // The dead that wait for their parent to notice do nothing any more.
        Ok(_) => look_at(pid).is_some_and(|found| found.id.started != started || found.dead),
    }
}

/// What lives of all that a process started, after its own death.
#[derive(Debug)]
pub(in crate::process) struct Remains {
    /// What all of its marks begin with.
    mark: String,
    /// Everything that was ever seen to belong to it.
    known: BTreeSet<Id>,
    /// Looks at which somebody had no environment.
    unclear: u8,
}

impl Remains {
    pub(in crate::process) fn new(mark: String) -> Self {
        Self {
            mark,
            known: BTreeSet::new(),
            unclear: 0,
        }
    }

    /// Not believed while a process may still turn out to belong to it.
    pub(in crate::process) fn are_gone(&mut self) -> bool {
        let gone = self.look().is_ok_and(|living| living.is_empty());
        gone && (self.unclear == 0 || self.unclear >= LOOKS)
    }

    /// Process numbers, in order.
    pub(in crate::process) fn living(&mut self) -> Vec<u32> {
        let living = self.look().unwrap_or_default();
        living.iter().map(|id| id.pid.unsigned_abs()).collect()
    }

    /// Signals each once. Supervisors are only killed when nothing else is left:
    /// they know of more than is found here, and end it themselves.
    pub(in crate::process) fn signal(&mut self, force: Force) {
        let living = self.look().unwrap_or_default();
        let (supervisors, others): (Vec<Id>, Vec<Id>) =
            living.into_iter().partition(|id| is_supervisor(*id));
        let targets = match (others.is_empty(), force) {
            (false, Force::Ask | Force::Kill) => others,
            (true, Force::Kill) => supervisors,
            (true, Force::Ask) => Vec::new(),
        };
        for id in targets {
            send(id, force.signal());
        }
    }

    fn look(&mut self) -> io::Result<Vec<Id>> {
        let mut members = BTreeSet::new();
        let mut unclear = false;
        let mut all = processes(0, |process| {
            let ours = |mark: &[u8]| mark.starts_with(self.mark.as_bytes());
            let carries = if self.known.contains(&process.id) {
                Carries::Yes
            } else {
                carries(process, ours)
            };
            match carries {
                Carries::Yes => {
                    members.insert(process.id.pid);
                }
                Carries::No => {}
                Carries::Unclear => unclear = true,
            }
        })?;
        self.unclear = if unclear {
            self.unclear.saturating_add(1)
        } else {
            0
        };
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

fn is_supervisor(id: Id) -> bool {
    let name = fs::read_to_string(format!("/proc/{}/comm", id.pid));
    name.is_ok_and(|name| name.trim_end() == SUPERVISOR)
}
