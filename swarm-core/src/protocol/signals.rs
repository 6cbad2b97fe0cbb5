//! Reads signals out of an agent's final message. Pure.
//!
//! A signal is a line of its own: `swarm:<nonce> WORD [text]`. The nonce is
//! the turn's own, so that echoed instructions of other turns, files and other
//! people's text count for nothing. A line in a quotation or a code fence, or
//! one that is indented, counts for nothing either. The last valid line wins.

use crate::model::Nonce;

/// What a worker said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The work is done and committed.
    Done,
    /// It cannot be done as things are.
    Blocked {
        /// Why.
        why: String,
    },
}

/// What a reviewer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The work is good.
    Approved,
    /// Something must change.
    Changes {
        /// What follows the verdict: a finding for each line, or for each
        /// item with its lines if there is a list.
        findings: Vec<String>,
    },
}

/// The worker's signal, if the message holds a valid one.
///
/// ```
/// use swarm_core::{model::Nonce, protocol::signals::{Signal, worker}};
/// let nonce = Nonce::new("n1");
/// assert_eq!(worker("All good.\nswarm:n1 DONE", &nonce), Some(Signal::Done));
/// assert_eq!(worker("> swarm:n1 DONE", &nonce), None);
/// ```
pub fn worker(message: &str, nonce: &Nonce) -> Option<Signal> {
    last(message, nonce, |word, text, _| match word {
        "DONE" if text.is_empty() => Some(Signal::Done),
        "BLOCKED" => Some(Signal::Blocked {
            why: text.to_owned(),
        }),
        _ => None,
    })
}

/// The reviewer's verdict, if the message holds a valid one.
pub fn reviewer(message: &str, nonce: &Nonce) -> Option<Said> {
    last(message, nonce, |word, text, rest| match word {
        "APPROVED" if text.is_empty() => Some(Said::Approved),
        "CHANGES" => Some(Said::Changes {
            findings: findings(text, rest),
        }),
        _ => None,
    })
}

/// The message without its signals: what a reviewer said beside its verdict.
pub fn without_signals(message: &str, nonce: &Nonce) -> String {
    let kept: Vec<&str> = message
        .lines()
        .filter(|line| words(line, nonce).is_none())
        .collect();
    kept.join("\n").trim().to_owned()
}

/// Whether some line of the message is an approval, whatever is said later.
pub(crate) fn names_approval(message: &str, nonce: &Nonce) -> bool {
    let mut lines = message.lines();
    lines.any(|line| words(line, nonce) == Some(("APPROVED", "")))
}

fn findings(first: &str, rest: &str) -> Vec<String> {
    let lines = || std::iter::once(first).chain(rest.lines());
    let listed = lines().any(|line| item(line).is_some());
    let mut findings: Vec<String> = Vec::new();
    for line in lines().filter(|line| !line.trim().is_empty()) {
        match (item(line), findings.last_mut()) {
            (None, Some(finding)) if listed => {
                finding.push('\n');
                finding.push_str(line.trim_end());
            }
            (text, _) => findings.push(text.unwrap_or(line).trim().to_owned()),
        }
    }
    findings.retain(|finding| !finding.is_empty());
    findings
}

/// The text of a list's item.
fn item(line: &str) -> Option<&str> {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mark = line[digits..].chars().next()?;
    let marked = match digits {
        0 => matches!(mark, '-' | '*'),
        _ => matches!(mark, '.' | ')'),
    };
    let text = marked.then(|| &line[digits + 1..])?;
    text.starts_with(' ').then(|| text.trim_start())
}

/// The last line that `read` makes something of.
fn last<T>(
    message: &str,
    nonce: &Nonce,
    read: impl Fn(&str, &str, &str) -> Option<T>,
) -> Option<T> {
    let mut found = None;
    let mut fence: Option<Fence<'_>> = None;
    let mut rest = message;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        fence = match (fence, Fence::of(line)) {
            (Some(open), Some(mark)) if mark.closes(open) => None,
            (Some(open), _) => Some(open),
            (None, Some(mark)) if mark.opens() => Some(mark),
            (None, _) => {
                let said = words(line, nonce).and_then(|(word, text)| read(word, text, after));
                found = said.or(found);
                None
            }
        };
    }
    found
}

/// A line that begins or ends a block of code, as Markdown has it.
#[derive(Clone, Copy)]
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

/// Word and text of a signal.
fn words<'a>(line: &'a str, nonce: &Nonce) -> Option<(&'a str, &'a str)> {
    let words = line
        .trim_end()
        .strip_prefix("swarm:")?
        .strip_prefix(nonce.as_str())?
        .strip_prefix(' ')?;
    let (word, text) = words.split_once(' ').unwrap_or((words, ""));
    // Without a nonce anybody could say anything.
    (!nonce.as_str().is_empty()).then(|| (word, text.trim()))
}

#[cfg(test)]
mod tests;
