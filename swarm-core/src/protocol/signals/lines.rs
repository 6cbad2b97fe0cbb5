//! Finds the lines of a message that are signals, whatever they say.

use super::Word;
use crate::model::Nonce;

/// A line with this turn's mark and a known word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) word: Word,
    /// What follows the word.
    pub(super) text: &'a str,
    /// What follows the line.
    pub(super) after: &'a str,
}

/// The signals of a message in their order.
pub(super) fn lines<'a>(message: &'a str, nonce: &'a Nonce) -> Lines<'a> {
    Lines {
        // Without a nonce anybody could say anything.
        message: if nonce.as_str().is_empty() {
            ""
        } else {
            message
        },
        at: 0,
        nonce: nonce.as_str(),
        fence: None,
    }
}

#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    message: &'a str,
    /// Where the next line begins.
    at: usize,
    nonce: &'a str,
    fence: Option<Fence>,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    // Byte by byte, for most of a message is of no interest, and some are all
    // short lines.
    fn next(&mut self) -> Option<Line<'a>> {
        let bytes = self.message.as_bytes();
        while let Some(&first) = bytes.get(self.at) {
            let start = self.at;
            let length = bytes[start..].iter().position(|&byte| byte == b'\n');
            let end = length.map_or(bytes.len(), |length| start + length);
            self.at = end + 1;
            match first {
                b's' if self.fence.is_none() => {
                    if let Some((word, text)) = signal(&self.message[start..end], self.nonce) {
                        let after = self.message.get(self.at..).unwrap_or_default();
                        return Some(Line { word, text, after });
                    }
                }
                b'`' | b'~' | b' ' => self.fence = fenced(self.fence, &bytes[start..end]),
                _ => {}
            }
        }
        None
    }
}

/// What stands in the first block of code; one that is never closed reaches to
/// the end.
pub(super) fn block(text: &str) -> Option<&str> {
    let mut open: Option<(Fence, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        let mark = Mark::of(line.trim_end_matches(['\r', '\n']).as_bytes());
        match (open, mark) {
            (Some((fence, from)), Some(mark)) if mark.closes(fence) => {
                return Some(&text[from..at]);
            }
            (None, Some(mark)) if mark.opens() => open = Some((mark.fence, next)),
            (Some(_) | None, _) => {}
        }
        at = next;
    }
    open.map(|(_, from)| &text[from..])
}

/// What a line with this turn's mark says.
pub(super) fn marked<'a>(line: &'a str, nonce: &str) -> Option<&'a str> {
    let rest = line.strip_prefix("swarm:")?.strip_prefix(nonce)?;
    rest.strip_prefix(' ')
}

fn signal<'a>(line: &'a str, nonce: &str) -> Option<(Word, &'a str)> {
    let rest = marked(line, nonce)?.trim_end();
    let (word, text) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((Word::read(word)?, text.trim()))
}

/// Whether code goes on after a line.
fn fenced(open: Option<Fence>, line: &[u8]) -> Option<Fence> {
    match (open, Mark::of(line)) {
        (Some(open), Some(mark)) if mark.closes(open) => None,
        (Some(open), _) => Some(open),
        (None, mark) => mark.filter(|mark| mark.opens()).map(|mark| mark.fence),
    }
}

/// What began a block of code.
#[derive(Clone, Copy, Debug)]
struct Fence {
    mark: u8,
    length: usize,
}

/// A line that begins or ends a block of code, as Markdown has it.
#[derive(Clone, Copy, Debug)]
struct Mark<'a> {
    fence: Fence,
    /// What follows the mark.
    info: &'a [u8],
}

impl<'a> Mark<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        // Deeper is code already, without a fence.
        let depth = line
            .iter()
            .take(4)
            .take_while(|&&byte| byte == b' ')
            .count();
        let text = line.get(depth..).filter(|_| depth < 4)?;
        let mark = *text.first().filter(|&&byte| matches!(byte, b'`' | b'~'))?;
        let length = text.iter().take_while(|&&byte| byte == mark).count();
        (length >= 3).then_some(Self {
            fence: Fence { mark, length },
            info: &text[length..],
        })
    }

    fn opens(self) -> bool {
        // Otherwise it is code within a line.
        self.fence.mark == b'~' || !self.info.contains(&b'`')
    }

    fn closes(self, open: Fence) -> bool {
        let same = self.fence.mark == open.mark && self.fence.length >= open.length;
        same && self.info.trim_ascii().is_empty()
    }
}
