//! Cuts raw output into lines, with bounded memory.

use super::pump::Ear;
use super::{Ended, Line, LineSink, Stream};

/// How much is kept of a line that is too long. A buffer that grew larger is
/// given back.
const KEEP: usize = 64 * 1024;

/// Hands on lines to a sink.
pub(super) struct Lines<'a> {
    sink: &'a mut dyn LineSink,
    max: usize,
    stdout: Partial,
    stderr: Partial,
}

/// A line whose end has not come yet.
#[derive(Default)]
struct Partial {
    bytes: Vec<u8>,
    cut: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(sink: &'a mut dyn LineSink, max: usize) -> Self {
        Self {
            sink,
            max,
            stdout: Partial::default(),
            stderr: Partial::default(),
        }
    }
}

impl Ear for Lines<'_> {
    fn chunk(&mut self, stream: Stream, bytes: &[u8]) {
        let partial = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            match piece.strip_suffix(b"\n") {
                Some(end) => {
                    partial.push(end, self.max);
                    partial.emit(stream, self.sink);
                }
                None => partial.push(piece, self.max),
            }
        }
    }

    fn started(&mut self, pid: u32) {
        self.sink.started(pid);
    }

    fn ended(&mut self, ended: &Ended) {
        self.finish();
        self.sink.ended(ended);
    }
}

impl Lines<'_> {
    /// Hands on the last lines, if they had no end.
    pub(super) fn finish(&mut self) {
        for (stream, partial) in [
            (Stream::Stdout, &mut self.stdout),
            (Stream::Stderr, &mut self.stderr),
        ] {
            if !partial.bytes.is_empty() || partial.cut {
                partial.emit(stream, self.sink);
            }
        }
    }
}

impl Partial {
    fn push(&mut self, bytes: &[u8], max: usize) {
        if self.cut {
            return;
        }
        let room = max.saturating_sub(self.bytes.len());
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            self.cut = true;
            // Nobody can read a part of a line of megabytes: not worth keeping
            // until its end comes.
            self.bytes.truncate(KEEP);
            self.bytes.shrink_to(KEEP);
        }
    }

    fn emit(&mut self, stream: Stream, sink: &mut dyn LineSink) {
        let bytes = if self.cut {
            whole_chars(&self.bytes)
        } else {
            self.bytes.strip_suffix(b"\r").unwrap_or(&self.bytes)
        };
        sink.line(Line {
            stream,
            text: &String::from_utf8_lossy(bytes),
            cut: self.cut,
        });
        self.bytes.clear();
        self.bytes.shrink_to(KEEP);
        self.cut = false;
    }
}

/// Without a character at the end that was cut in two.
pub(super) fn whole_chars(bytes: &[u8]) -> &[u8] {
    let tail = bytes.len().saturating_sub(3);
    for at in (tail..bytes.len()).rev() {
        let needed = match bytes[at] {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF7 => 4,
            0x80..=0xBF => continue,
            _ => 1,
        };
        return if bytes.len() - at < needed {
            &bytes[..at]
        } else {
            bytes
        };
    }
    bytes
}

#[cfg(test)]
mod tests;
