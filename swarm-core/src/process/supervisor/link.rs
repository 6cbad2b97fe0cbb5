//! Our end of a supervisor: starts it, gives it orders, hears its reports.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net;
use std::process::Stdio;
use std::time::Duration;

use rustix::net::{
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, send as send_now, sendmsg,
};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::process::{ChildStdin, Command};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use super::Supervisor;
pub(in crate::process) use super::protocol::Order;
use super::protocol::{OPENING, Opening, REPORT, Report, line_up};
use crate::process::{Exit, ProcessSpec};

pub(super) use super::work::serve_if_told;

/// Whether there are supervisors on this system.
pub(in crate::process) const SUPERVISED: bool = true;

/// How often a supervisor hears that we live.
const BEAT: Duration = Duration::from_secs(20);

/// How long a supervisor may take to start a program.
const PATIENCE: Duration = Duration::from_secs(60);

/// The control channel to a supervisor.
#[derive(Debug)]
pub(in crate::process) struct Link {
    stream: UnixStream,
    beat: Interval,
    /// What came and was not read yet.
    unread: VecDeque<u8>,
    exit: Option<Exit>,
    survivors: Vec<u32>,
    gone: bool,
    /// The command line, until it is sent.
    words: Vec<u8>,
}

/// A command for a supervisor of this program, our ends of its channel and of
/// the program's input.
pub(in crate::process) fn prepare(
    supervisor: &Supervisor,
    spec: &ProcessSpec,
    talks: bool,
) -> io::Result<(Command, Link, Option<ChildStdin>)> {
    let words = line_up(&spec.program, &spec.args)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let (ours, theirs) = net::UnixStream::pair()?;
    let (input, stdin) = if talks {
        let (reader, writer) = io::pipe()?;
        let writer = std::process::ChildStdin::from(OwnedFd::from(writer));
        (Some(reader), Some(ChildStdin::from_std(writer)?))
    } else {
        (None, None)
    };
    let opening = Opening {
        input: input.is_some(),
        grace: spec.grace,
        length: u32::try_from(words.len()).unwrap_or(u32::MAX),
    };
    open(&ours, opening, input.as_ref().map(AsFd::as_fd))?;
    ours.set_nonblocking(true)?;
    let mut beat = interval_at(Instant::now() + BEAT, BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut command = supervisor.command();
    command.stdin(Stdio::from(OwnedFd::from(theirs)));
    let link = Link {
        stream: UnixStream::from_std(ours)?,
        beat,
        unread: VecDeque::new(),
        exit: None,
        survivors: Vec::new(),
        gone: false,
        words,
    };
    Ok((command, link, stdin))
}

/// Sends the first message, and the program's input with it.
fn open(
    channel: &net::UnixStream,
    opening: Opening,
    input: Option<std::os::fd::BorrowedFd<'_>>,
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let passed = input.as_slice();
    if !passed.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(passed)) {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    let bytes: [u8; OPENING] = opening.encode();
    sendmsg(
        channel,
        &[IoSlice::new(&bytes)],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

impl Link {
    /// Hands over the command line and waits until the program was started:
    /// its number.
    pub(in crate::process) async fn started(&mut self, supervisor: &Supervisor) -> io::Result<u32> {
        let words = std::mem::take(&mut self.words);
        let talk = async {
            // A supervisor that does not read tells so by its silence.
            let _ = self.stream.write_all(&words).await;
            self.report().await
        };
        match timeout(PATIENCE, talk).await {
            Ok(Some(Report::Started(pid))) => Ok(pid.unsigned_abs()),
            Ok(Some(Report::Refused(errno))) => Err(io::Error::from_raw_os_error(errno)),
            Ok(_) | Err(_) => Err(io::Error::other(format!(
                "its supervisor {} does not answer as one: the first thing in that program's \
                 main must be a call of Supervisor::here(), of the same version of swarm-core",
                supervisor.name().display()
            ))),
        }
    }

    /// Waits for the program's end; nothing if the supervisor is lost.
    pub(in crate::process) async fn ended(&mut self) -> Option<Exit> {
        while self.exit.is_none() {
            let report = self.report().await?;
            self.note(report);
        }
        self.exit
    }

    /// Waits until nothing of the program lives, but these; nothing if the
    /// supervisor is lost.
    pub(in crate::process) async fn gone(&mut self) -> Option<Vec<u32>> {
        while !self.gone {
            let report = self.report().await?;
            self.note(report);
        }
        Some(self.survivors.clone())
    }

    /// Gives an order; one to a supervisor that is gone is lost, and needless.
    pub(in crate::process) fn send(&self, order: Order) {
        // Not by way of the runtime, which may be waiting for this thread.
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        let _ = send_now(&self.stream, &[order.encode()], flags);
    }

    fn note(&mut self, report: Report) {
        match report {
            Report::Code(code) => self.exit = Some(Exit::Code(code)),
            Report::Signal(signal) => self.exit = Some(Exit::Signal(signal)),
            Report::Survivor(pid) => self.survivors.push(pid.unsigned_abs()),
            Report::Gone => self.gone = true,
            Report::Started(_) | Report::Refused(_) => {}
        }
    }

    /// The next report; nothing if there will be none. May be dropped and
    /// called again.
    async fn report(&mut self) -> Option<Report> {
        loop {
            if self.unread.len() >= REPORT {
                let mut report = [0; REPORT];
                for (to, from) in report.iter_mut().zip(self.unread.drain(..REPORT)) {
                    *to = from;
                }
                return Report::decode(report);
            }
            tokio::select! {
                ready = self.stream.readable() => ready.ok()?,
                _ = self.beat.tick() => {
                    self.send(Order::Live);
                    continue;
                }
            }
            let mut bytes = [0; 64];
            match self.stream.try_read(&mut bytes) {
                Ok(0) => return None,
                Ok(length) => self.unread.extend(&bytes[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return None,
            }
        }
    }
}
