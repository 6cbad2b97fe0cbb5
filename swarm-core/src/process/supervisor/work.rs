//! What a supervisor does: it starts one program, is the parent of everything
//! that loses its own, and ends all of it when it is told to or left alone.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{Pid, WaitOptions, WaitStatus, getpid, set_child_subreaper, wait};

use super::handle::MARKER;
use super::protocol::{MAX_LINE, OPENING, Opening, Order, Report, take_apart};
use crate::process::platform::{Force, signal_descendants};

/// Silence after which nobody is thought to be there.
const SILENCE: Duration = Duration::from_secs(90);
/// How long killed processes may take to vanish before they are given up.
const VANISH: Duration = Duration::from_secs(5);
/// Longest pause between two rounds of killing.
const PAUSE: Duration = Duration::from_millis(50);

/// Does a supervisor's work and exits, if that is what this process is for.
pub(super) fn serve_if_told() {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_none_or(|first| first != MARKER) {
        return;
    }
    if args.next().is_some() {
        return;
    }
    let code = match serve() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{MARKER} is for swarm itself, not for people: {error}");
            2
        }
    };
    std::process::exit(code);
}

fn serve() -> io::Result<()> {
    let mut channel = UnixStream::from(rustix::stdio::stdin().try_clone_to_owned()?);
    let (opening, input) = receive(&channel)?;
    let mut line = vec![0; opening.length as usize];
    if line.len() > MAX_LINE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    channel.read_exact(&mut line)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    // So that people see in a list of processes what this is.
    let _ = std::fs::write("/proc/self/comm", "swarm-supervise");
    set_child_subreaper(Some(getpid()))?;
    let program = match start(&line, input) {
        Ok(program) => program,
        Err(error) => {
            let errno = error.raw_os_error().unwrap_or(Errno::INVAL.raw_os_error());
            return channel.write_all(&Report::Refused(errno).encode());
        }
    };
    // The outputs end when the program's processes have let go of them.
    let nowhere = File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    rustix::stdio::dup2_stderr(&nowhere)?;
    let events = listen(&channel)?;
    let mut watch = Watch {
        channel,
        program,
        grace: opening.grace,
        heard: Instant::now(),
        kill_at: None,
        give_up_at: None,
        pause: Duration::from_millis(1),
        alone: false,
    };
    watch.tell(Report::Started(program.as_raw_nonzero().get()));
    watch.until_gone(&events);
    Ok(())
}

/// The first message, and the program's input that may come with it.
fn receive(channel: &UnixStream) -> io::Result<(Opening, Option<OwnedFd>)> {
    let mut bytes = [0; OPENING];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let message = recvmsg(
        channel,
        &mut [io::IoSliceMut::new(&mut bytes)],
        &mut ancillary,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut input = None;
    for part in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(mut passed) = part {
            input = passed.next();
        }
    }
    let opening = Opening::decode(bytes);
    if message.bytes != OPENING || opening.input != input.is_some() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok((opening, input))
}

/// Starts the program with our outputs, environment and directory, apart from
/// our own group: it may signal its whole group.
fn start(line: &[u8], input: Option<OwnedFd>) -> io::Result<Pid> {
    let (program, args) = take_apart(line).ok_or(io::ErrorKind::InvalidInput)?;
    let child = Command::new(program)
        .args(args)
        .stdin(input.map_or_else(Stdio::null, Stdio::from))
        .process_group(0)
        .spawn()?;
    // Whoever reaps all children reaps this one, too.
    Ok(Pid::from_child(&child))
}

/// What a supervisor hears.
enum Event {
    Order(Order),
    /// Whoever gave orders is gone.
    Closed,
    Died(Pid, WaitStatus),
    /// There are no descendants any more: a subreaper has a child as long as
    /// it has any descendant.
    Childless,
}

/// Hears orders and deaths, each on a thread of its own.
fn listen(channel: &UnixStream) -> io::Result<Receiver<Event>> {
    let (events, receiver) = self::channel();
    let orders = channel.try_clone()?;
    let told = events.clone();
    std::thread::Builder::new().spawn(move || hear_orders(orders, &told))?;
    std::thread::Builder::new().spawn(move || reap(&events))?;
    Ok(receiver)
}

fn hear_orders(mut channel: UnixStream, events: &Sender<Event>) {
    let mut bytes = [0; 64];
    loop {
        let length = match channel.read(&mut bytes) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        for order in bytes[..length]
            .iter()
            .filter_map(|byte| Order::decode(*byte))
        {
            let _ = events.send(Event::Order(order));
        }
    }
    let _ = events.send(Event::Closed);
}

fn reap(events: &Sender<Event>) {
    loop {
        let event = match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => Event::Died(pid, status),
            Ok(None) | Err(Errno::INTR) => continue,
            Err(_) => Event::Childless,
        };
        let over = matches!(event, Event::Childless);
        if events.send(event).is_err() || over {
            return;
        }
    }
}

/// A program under supervision.
struct Watch {
    channel: UnixStream,
    program: Pid,
    grace: Duration,
    /// When the last order came.
    heard: Instant,
    /// When force is used next.
    kill_at: Option<Instant>,
    /// Force has failed then.
    give_up_at: Option<Instant>,
    /// Between two rounds of force.
    pause: Duration,
    /// Nobody gives orders any more.
    alone: bool,
}

impl Watch {
    fn until_gone(&mut self, events: &Receiver<Event>) {
        loop {
            match events.recv_timeout(self.patience()) {
                Ok(Event::Died(pid, status)) => self.died(pid, status),
                Ok(Event::Childless) => return self.tell(Report::Gone),
                // Without its threads nothing can be known any more.
                Ok(Event::Order(Order::Leave)) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Event::Order(order)) => self.obey(order),
                Ok(Event::Closed) => self.left_alone(),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if !self.alone && self.heard.elapsed() >= SILENCE {
                self.left_alone();
            }
            if self.kill_at.is_some_and(|at| at <= Instant::now()) && !self.kill() {
                return;
            }
        }
    }

    /// How long nothing need be done.
    fn patience(&self) -> Duration {
        let silence = (!self.alone).then_some(self.heard + SILENCE);
        let next = silence.into_iter().chain(self.kill_at).min();
        next.map_or(SILENCE, |at| at.saturating_duration_since(Instant::now()))
    }

    fn obey(&mut self, order: Order) {
        self.heard = Instant::now();
        match order {
            Order::Live | Order::Leave => {}
            Order::Ask => {
                self.signal(Force::Ask);
            }
            Order::Kill => self.kill_at = Some(self.heard),
        }
    }

    /// Whoever wanted the program is gone: so must it be.
    fn left_alone(&mut self) {
        self.alone = true;
        self.signal(Force::Ask);
        self.kill_at.get_or_insert(Instant::now() + self.grace);
    }

    /// Another round; false if that is hopeless.
    fn kill(&mut self) -> bool {
        let give_up_at = *self.give_up_at.get_or_insert(Instant::now() + VANISH);
        let living = self.signal(Force::Kill);
        if Instant::now() < give_up_at {
            self.kill_at = Some(Instant::now() + self.pause);
            self.pause = (self.pause * 2).min(PAUSE);
            return true;
        }
        for pid in living {
            self.tell(Report::Survivor(pid));
        }
        self.tell(Report::Gone);
        false
    }

    fn signal(&self, force: Force) -> Vec<i32> {
        signal_descendants(getpid(), self.program, force)
    }

    fn died(&mut self, pid: Pid, status: WaitStatus) {
        if pid != self.program {
            return;
        }
        match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => self.tell(Report::Code(code)),
            (None, Some(signal)) => self.tell(Report::Signal(signal)),
            // Stopped or continued, which is not asked for.
            (None, None) => {}
        }
    }

    fn tell(&mut self, report: Report) {
        // Nobody may be there to hear it.
        let _ = self.channel.write_all(&report.encode());
    }
}
