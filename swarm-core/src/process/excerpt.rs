//! Head and tail of an output whose length nobody knows.

use std::collections::VecDeque;

use super::Stream;
use super::lines::whole_chars;
use super::pump::Ear;

/// Keeps the first and the last bytes of what it hears.
pub(super) struct Excerpt {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    head_limit: usize,
    tail_limit: usize,
    dropped: u64,
}

impl Excerpt {
    /// Keeps at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        let head_limit = limit / 2;
        Self {
            head: Vec::new(),
            tail: VecDeque::new(),
            head_limit,
            tail_limit: limit - head_limit,
            dropped: 0,
        }
    }

    /// What was kept, with a line that says what was not.
    pub(super) fn text(mut self) -> String {
        let tail: &[u8] = self.tail.make_contiguous();
        if self.dropped == 0 {
            self.head.extend_from_slice(tail);
            return String::from_utf8_lossy(&self.head).into_owned();
        }
        let head = whole_chars(&self.head);
        let inner = tail.iter().take(3).take_while(|byte| is_inner(**byte));
        let inner = inner.count();
        let cut = self.head.len() - head.len() + inner;
        format!(
            "{}\n… {} bytes left out …\n{}",
            String::from_utf8_lossy(head),
            self.dropped + cut as u64,
            String::from_utf8_lossy(&tail[inner..]),
        )
    }
}

impl Ear for Excerpt {
    fn chunk(&mut self, _: Stream, bytes: &[u8]) {
        let room = self.head_limit - self.head.len();
        let (head, rest) = bytes.split_at(bytes.len().min(room));
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(self.tail_limit);
        self.tail.drain(..excess);
        self.dropped += excess as u64;
    }
}

/// A byte within a UTF-8 character, not its first.
fn is_inner(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

#[cfg(test)]
mod tests;
