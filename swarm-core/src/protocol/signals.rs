//! Reads signals out of an agent's final message. Pure.
//!
//! A signal is a line of its own: `swarm:<nonce> WORD [text]`. The nonce is
//! the turn's own, so that echoed instructions of other turns, files and other
//! people's text count for nothing. A line in a quotation or a code fence
//! counts for nothing either. The last valid line wins.

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
        /// The lines after the verdict, one finding each.
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

fn findings(first: &str, rest: &str) -> Vec<String> {
    let lines = std::iter::once(first).chain(rest.lines());
    lines
        .map(|line| line.trim().trim_start_matches(['-', '*']).trim())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn last<T>(
    message: &str,
    nonce: &Nonce,
    read: impl Fn(&str, &str, &str) -> Option<T>,
) -> Option<T> {
    let mut found = None;
    let mut fence: Option<&str> = None;
    let mut rest = message;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        let line = line.trim_end();
        match (fence, fence_mark(line)) {
            (Some(open), Some(mark)) if mark.starts_with(open) && line.trim() == mark => {
                fence = None;
            }
            (Some(_), _) => {}
            (None, Some(mark)) => fence = Some(mark),
            (None, None) => found = signal(line, nonce, after, &read).or(found),
        }
    }
    found
}

fn fence_mark(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(mark).len();
    (length >= 3).then(|| &line[..length])
}

fn signal<T>(
    line: &str,
    nonce: &Nonce,
    after: &str,
    read: impl Fn(&str, &str, &str) -> Option<T>,
) -> Option<T> {
    let words = line
        .strip_prefix("swarm:")?
        .strip_prefix(nonce.as_str())?
        .strip_prefix(' ')?;
    let (word, text) = words.split_once(' ').unwrap_or((words, ""));
    read(word, text.trim(), after)
}
