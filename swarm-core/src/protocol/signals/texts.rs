//! What was said beside the words: reasons, notes, findings, ids. All of it
//! has a limit.

use super::lines::marked;
use super::{MAX_CLAIMS, MAX_FINDINGS, MAX_NOTE, MAX_WHY};
use crate::model::{Nonce, TaskId};
use crate::protocol::digest::{cut, ends};

/// A message without its signals: what an agent said beside them, of a long
/// one head and tail.
pub fn without_signals(message: &str, nonce: &Nonce) -> String {
    beside(message, nonce, MAX_FINDINGS)
}

fn beside(message: &str, nonce: &Nonce, limit: usize) -> String {
    let message = ends(message, limit);
    let mine = |line: &str| !nonce.as_str().is_empty() && marked(line, nonce.as_str()).is_some();
    let kept: Vec<&str> = message.lines().filter(|line| !mine(line)).collect();
    kept.join("\n").trim().to_owned()
}

/// The reason behind a word: on its line, else what the message says besides.
pub(super) fn why(text: &str, message: &str, nonce: &Nonce) -> String {
    let why = if text.is_empty() {
        beside(message, nonce, MAX_WHY)
    } else {
        plain(text, MAX_WHY)
    };
    reason(&why)
}

/// A reason, which is never empty.
pub(crate) fn reason(why: &str) -> String {
    match why.trim() {
        // Control characters alone say nothing either.
        "" => "no reason was given".to_owned(),
        why => why.to_owned(),
    }
}

/// The note of a hand-off: the whole message, for some write it before the
/// signal and some after it.
pub(super) fn note(text: &str, message: &str, nonce: &Nonce) -> String {
    let said = beside(message, nonce, MAX_NOTE);
    match (text.is_empty(), said.is_empty()) {
        (true, _) => said,
        (false, true) => plain(text, MAX_NOTE),
        (false, false) => ends(&format!("{}\n\n{said}", cut(text, MAX_NOTE)), MAX_NOTE),
    }
}

/// One line without control characters, cut to a limit.
pub(crate) fn plain(text: &str, limit: usize) -> String {
    let kept = cut(text, limit);
    let mut plain: String = kept
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if kept.len() < text.len() {
        plain.push('…');
    }
    plain
}

/// Adds the ids that are valid and new; nothing past the limit is looked at.
pub(crate) fn claimed<'a>(tasks: &mut Vec<TaskId>, ids: impl Iterator<Item = &'a str>) {
    for id in ids.take(MAX_CLAIMS) {
        if tasks.len() == MAX_CLAIMS {
            return;
        }
        match TaskId::new(id.trim()) {
            Ok(id) if !tasks.contains(&id) => tasks.push(id),
            Ok(_) | Err(_) => {}
        }
    }
}

/// The findings that follow a verdict, on its line and after it.
pub(super) fn findings(first: &str, rest: &str) -> Vec<String> {
    let (first, left) = bounded(first, MAX_FINDINGS);
    let (rest, more) = bounded(rest, MAX_FINDINGS - first.len());
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
    findings.extend(left_out(left + more));
    findings
}

/// Findings that came one by one.
pub(crate) fn findings_of(said: Vec<String>) -> Vec<String> {
    let mut room = MAX_FINDINGS;
    let mut left = 0;
    let mut findings = Vec::new();
    for finding in said {
        let (kept, more) = bounded(finding.trim(), room);
        room -= kept.len();
        left += more;
        if !kept.is_empty() {
            findings.push(kept.to_owned());
        }
    }
    findings.extend(left_out(left));
    findings
}

/// What fits, and how much does not.
fn bounded(text: &str, limit: usize) -> (&str, usize) {
    let kept = cut(text, limit);
    (kept, text.len() - kept.len())
}

fn left_out(bytes: usize) -> Option<String> {
    (bytes > 0).then(|| format!("({bytes} more bytes of findings were left out)"))
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
