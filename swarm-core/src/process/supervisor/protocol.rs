//! What the two ends of a control channel say. Pure.
//!
//! To the supervisor: an opening, the command line, then orders of one byte.
//! From it: reports of five bytes, a letter and a number.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

/// How the talk begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    /// The program's standard input comes with this message.
    pub(super) input: bool,
    /// Between the request to end and the use of force, if nobody tells.
    pub(super) grace: Duration,
    /// Bytes of the command line that follows.
    pub(super) length: u32,
}

/// Size of an [`Opening`].
pub(super) const OPENING: usize = 13;

impl Opening {
    pub(super) fn encode(self) -> [u8; OPENING] {
        let mut bytes = [0; OPENING];
        bytes[0] = u8::from(self.input);
        let grace = u64::try_from(self.grace.as_millis()).unwrap_or(u64::MAX);
        bytes[1..9].copy_from_slice(&grace.to_le_bytes());
        bytes[9..].copy_from_slice(&self.length.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: [u8; OPENING]) -> Self {
        let mut grace = [0; 8];
        grace.copy_from_slice(&bytes[1..9]);
        let mut length = [0; 4];
        length.copy_from_slice(&bytes[9..]);
        Self {
            input: bytes[0] == 1,
            grace: Duration::from_millis(u64::from_le_bytes(grace)),
            length: u32::from_le_bytes(length),
        }
    }
}

/// Program and arguments in one; `None` if that cannot be: one holds a zero
/// byte, or they are far longer than any system takes.
pub(super) fn line_up(program: &OsStr, args: &[OsString]) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    for word in std::iter::once(program).chain(args.iter().map(OsString::as_os_str)) {
        if word.as_bytes().contains(&0) {
            return None;
        }
        line.extend_from_slice(word.as_bytes());
        line.push(0);
    }
    (line.len() <= MAX_LINE).then_some(line)
}

/// The longest command line.
pub(super) const MAX_LINE: usize = 64 << 20;

/// Program and arguments again; no program, no command line.
pub(super) fn take_apart(line: &[u8]) -> Option<(OsString, Vec<OsString>)> {
    let words = line.strip_suffix(&[0])?.split(|byte| *byte == 0);
    let mut words = words.map(|word| OsString::from_vec(word.to_vec()));
    Some((words.next()?, words.collect()))
}

/// What a supervisor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::process) enum Order {
    /// We are alive.
    Live,
    /// Ask all of it to end.
    Ask,
    /// Kill until nothing lives.
    Kill,
    /// Let go of what runs.
    Leave,
}

impl Order {
    pub(super) fn encode(self) -> u8 {
        match self {
            Self::Live => b'.',
            Self::Ask => b'a',
            Self::Kill => b'k',
            Self::Leave => b'l',
        }
    }

    pub(super) fn decode(byte: u8) -> Option<Self> {
        let all = [Self::Live, Self::Ask, Self::Kill, Self::Leave];
        all.into_iter().find(|order| order.encode() == byte)
    }
}

/// What a supervisor tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The program could not be started, for this error of the system.
    Refused(i32),
    /// It was, under this number.
    Started(i32),
    /// It ended with this code.
    Code(i32),
    /// It was ended by this signal.
    Signal(i32),
    /// This process could not be ended.
    Survivor(i32),
    /// Nothing lives but the survivors named. The last word.
    Gone,
}

/// Size of a [`Report`].
pub(super) const REPORT: usize = 5;

impl Report {
    pub(super) fn encode(self) -> [u8; REPORT] {
        let (tag, number) = match self {
            Self::Refused(errno) => (b'r', errno),
            Self::Started(pid) => (b's', pid),
            Self::Code(code) => (b'c', code),
            Self::Signal(signal) => (b'x', signal),
            Self::Survivor(pid) => (b'v', pid),
            Self::Gone => (b'g', 0),
        };
        let [a, b, c, d] = number.to_le_bytes();
        [tag, a, b, c, d]
    }

    pub(super) fn decode([tag, a, b, c, d]: [u8; REPORT]) -> Option<Self> {
        let number = i32::from_le_bytes([a, b, c, d]);
        Some(match tag {
            b'r' => Self::Refused(number),
            b's' => Self::Started(number),
            b'c' => Self::Code(number),
            b'x' => Self::Signal(number),
            b'v' => Self::Survivor(number),
            b'g' => Self::Gone,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
