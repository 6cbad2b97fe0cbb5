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
        rest: if nonce.as_str().is_empty() {
            ""
        } else {
            message
        },
        nonce: nonce.as_str(),
        fence: None,
    }
}

#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    rest: &'a str,
    nonce: &'a str,
    fence: Option<Fence<'a>>,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        loop {
            let first = *self.rest.as_bytes().first()?;
            let (line, after) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            self.rest = after;
            match first {
                b's' if self.fence.is_none() => {
                    if let Some((word, text)) = signal(line, self.nonce) {
                        return Some(Line { word, text, after });
                    }
                }
                b'`' | b'~' | b' ' => self.fence = fenced(self.fence, line),
                _ => {}
            }
        }
    }
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
fn fenced<'a>(open: Option<Fence<'a>>, line: &'a str) -> Option<Fence<'a>> {
    match (open, Fence::of(line)) {
        (Some(open), Some(mark)) if mark.closes(open) => None,
        (Some(open), _) => Some(open),
        (None, mark) => mark.filter(|mark| mark.opens()),
    }
}

/// A line that begins or ends a block of code, as Markdown has it.
#[derive(Clone, Copy, Debug)]
struct Fence<'a> {
    mark: char,
    length: usize,
    info: &'a str,
}

impl<'a> Fence<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let text = line.trim_start_matches(' ');
        // Deeper is code already, without a fence.
        if line.len() - text.len() > 3 {
            return None;
        }
        let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = text.trim_start_matches(mark);
        let length = text.len() - info.len();
        (length >= 3).then_some(Self { mark, length, info })
    }

    fn opens(self) -> bool {
        // Otherwise it is code within a line.
        self.mark == '~' || !self.info.contains('`')
    }

    fn closes(self, open: Self) -> bool {
        self.mark == open.mark && self.length >= open.length && self.info.trim().is_empty()
    }
}
