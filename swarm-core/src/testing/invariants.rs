//! What must hold of every text that an agent can send: the properties that
//! tests try on random texts, and fuzzers on all others.
//!
//! Each function panics if one does not hold, and is quick for short texts.

use crate::model::Nonce;
use crate::protocol::planned::{self, MAX_BODY, MAX_DEPENDENCIES, MAX_MISTAKES, MAX_TASKS};
use crate::protocol::signals::{
    MAX_CLAIMS, MAX_FINDINGS, MAX_NOTE, MAX_WHY, Readiness, Said, Signal, reviewer, validator,
    without_signals, worker,
};
use crate::protocol::{heard, schema};

/// The nonce of the turn that a text is read for.
pub const NONCE: &str = "0123456789abcdef0123456789abcdef";
/// What a cut text may be longer than its limit, for saying so.
const SLACK: usize = 64;

/// Nothing that a worker says is a danger: no signal without the exact nonce,
/// none out of a quotation, an indented or a fenced text, and none without
/// limits.
pub fn signals(message: &str) {
    let nonce = Nonce::new(NONCE);
    let heard = worker(message, &nonce);
    let ready = validator(message, &nonce);
    if !message.contains(NONCE) {
        assert_eq!((&heard, &ready), (&None, &None), "without the nonce");
    }
    heard.iter().for_each(bounded);
    match ready {
        Some(Readiness::NotReady { concerns }) => {
            assert!(!concerns.is_empty(), "a reason is always there");
            sum(&concerns, MAX_FINDINGS);
        }
        Some(Readiness::Blocked { why } | Readiness::Close { why }) => text(&why, MAX_WHY),
        Some(Readiness::Ready) | None => {}
    }
    for echo in echoes(message) {
        assert_eq!(worker(&echo, &nonce), None, "an echo");
        assert_eq!(validator(&echo, &nonce), None, "an echo");
    }
    empty(|nonce| worker(message, nonce).is_none() && validator(message, nonce).is_none());
    assert!(without_signals(message, &nonce).len() <= MAX_FINDINGS + SLACK);
}

/// The same for reviewers.
pub fn verdicts(message: &str) {
    let nonce = Nonce::new(NONCE);
    let heard = reviewer(message, &nonce);
    assert!(
        heard.is_none() || message.contains(NONCE),
        "without the nonce"
    );
    if let Some(Said::Changes { findings }) = heard {
        sum(&findings, MAX_FINDINGS);
        assert!(findings.iter().all(|finding| !finding.trim().is_empty()));
    }
    if let Some(Said::Changes { findings }) = heard::reviewer(message, None, &nonce) {
        assert!(!findings.is_empty(), "who wants changes says which");
        sum(&findings, MAX_FINDINGS);
    }
    for echo in echoes(message) {
        assert_eq!(reviewer(&echo, &nonce), None, "an echo");
    }
    empty(|nonce| reviewer(message, nonce).is_none());
}

/// The same for structured answers.
pub fn answers(answer: &str) {
    let nonce = Nonce::new(NONCE);
    let heard = schema::worker(answer, &nonce);
    heard.iter().for_each(bounded);
    let verdict = schema::reviewer(answer, &nonce);
    if let Some(Said::Changes { findings }) = &verdict {
        sum(findings, MAX_FINDINGS);
    }
    let ready = schema::validator(answer, &nonce);
    // A nonce may be written with escapes, but never left out.
    if !answer.contains(NONCE) && !answer.contains('\\') {
        assert_eq!((heard, verdict, ready), (None, None, None));
    }
    empty(|nonce| {
        schema::worker(answer, nonce).is_none()
            && schema::reviewer(answer, nonce).is_none()
            && schema::validator(answer, nonce).is_none()
    });
}

/// Nothing that a planner says is a danger: no tasks without the exact nonce,
/// none out of an echo, and none without limits; who says nothing good is told
/// what is wrong.
pub fn plans(message: &str) {
    let nonce = Nonce::new(NONCE);
    match planned::said(message, &nonce) {
        Ok(tasks) => {
            assert!(message.contains(NONCE), "without the nonce");
            assert!(tasks.len() <= MAX_TASKS);
            for (at, task) in tasks.iter().enumerate() {
                assert!(!task.body.trim().is_empty() && task.body.len() <= MAX_BODY);
                assert!(task.depends_on.len() <= MAX_DEPENDENCIES);
                assert!(!task.title.chars().any(char::is_control));
                let twice = tasks[..at].iter().any(|other| other.id == task.id);
                assert!(!twice, "planned twice");
            }
        }
        Err(mistakes) => {
            let lines = mistakes.lines();
            assert!(!lines.is_empty() && lines.len() <= MAX_MISTAKES + 1);
            let control = |line: &String| line.chars().any(char::is_control);
            assert!(!lines.iter().any(control));
        }
    }
    for echo in echoes(message) {
        assert!(planned::said(&echo, &nonce).is_err(), "an echo");
    }
    empty(|nonce| planned::said(message, nonce).is_err());
}

/// A prompt that comes back as a final message, plain, without its
/// indentation or in any of the ways to quote, says nothing.
pub fn echo(prompt: &str, nonce: &Nonce) {
    let bare: String = prompt.lines().fold(String::new(), |text, line| {
        text + line.trim_start_matches([' ', '\t', '>', '-', '*', '#', '`']) + "\n"
    });
    let plain = [prompt.to_owned(), bare];
    for echo in plain.into_iter().chain(echoes(prompt)) {
        assert_eq!(worker(&echo, nonce), None, "{echo}");
        assert_eq!(validator(&echo, nonce), None, "{echo}");
        assert_eq!(reviewer(&echo, nonce), None, "{echo}");
        assert!(planned::said(&echo, nonce).is_err(), "{echo}");
    }
}

/// The ways in which agents quote: each takes every line's beginning away.
fn echoes(text: &str) -> Vec<String> {
    let by = |mark: &str| {
        let lines = text.lines().map(|line| format!("{mark}{line}\n"));
        lines.collect::<String>()
    };
    let longest = |mark| text.split(|c| c != mark).map(str::len).max();
    let fence = |mark: char| {
        let fence = mark
            .to_string()
            .repeat(longest(mark).unwrap_or(0).max(2) + 1);
        format!("{fence}\n{text}\n{fence}\n")
    };
    vec![
        by("> "),
        by(">"),
        by(" "),
        by("    "),
        by("\t"),
        by("- "),
        by("1. "),
        by("`"),
        fence('`'),
        fence('~'),
    ]
}

fn bounded(signal: &Signal) {
    match signal {
        Signal::Done => {}
        Signal::Claim { tasks } => {
            assert!(!tasks.is_empty() && tasks.len() <= MAX_CLAIMS);
            let twice = |at: usize| tasks[..at].contains(&tasks[at]);
            assert!(!(0..tasks.len()).any(twice), "claimed twice");
        }
        Signal::FollowUp { why } | Signal::Blocked { why } | Signal::Close { why } => {
            text(why, MAX_WHY);
        }
        Signal::HandOff { note } => assert!(note.len() <= MAX_NOTE + SLACK),
    }
}

fn text(why: &str, limit: usize) {
    assert!(!why.trim().is_empty(), "a reason is always there");
    assert!(why.len() <= limit + SLACK);
}

fn sum(texts: &[String], limit: usize) {
    let sum: usize = texts.iter().map(String::len).sum();
    assert!(sum <= limit + SLACK, "{sum}");
}

/// An empty nonce proves nothing.
fn empty(silent: impl Fn(&Nonce) -> bool) {
    assert!(silent(&Nonce::new("")), "an empty nonce");
}
