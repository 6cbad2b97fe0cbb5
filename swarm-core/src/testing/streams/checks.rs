//! What holds for the reader of every agent's output, whatever is printed.

use super::dice::Dice;
use super::json::shuffled;
use super::{Played, Recorded, turn};
use crate::agent_cli::{CliAgent, MAX_ERROR};
use crate::model::EndReason;
use crate::ports::{AgentEvent, TurnReport};
use crate::process::Stream;

/// What a reader may add of its own to what it has read, in bytes.
const OWN_WORDS: usize = 4096;

/// What no reader should believe when it stands in the wrong place.
const SIGNAL: &str = "swarm:n0 DONE";

/// Whatever was printed: the same again gives the same (but for the time to try
/// again); an end other than finished is told in one line of at most
/// [`MAX_ERROR`] characters, and a good end has no error; and neither the report
/// nor the events are larger than what was printed, but for some words.
///
/// `agent` is called for each time that the recording is shown.
///
/// # Panics
/// If one of these does not hold.
pub fn check_sound<A: CliAgent>(stream: &Recorded, agent: impl Fn() -> A) -> Played {
    let played = play(stream, &agent);
    let again = play(stream, &agent);
    assert_eq!(
        again.timeless(),
        played.clone().timeless(),
        "the same stream reads differently the second time"
    );
    let report = &played.report;
    let error = report.error.as_deref().unwrap_or_default();
    assert_eq!(
        error.is_empty(),
        report.end == EndReason::Finished,
        "an error, and nothing else, says what is wrong: {report:?}"
    );
    assert!(
        error.chars().count() <= MAX_ERROR && !error.contains(['\n', '\r']),
        "more than a line: {error}"
    );
    let mut heard = 0;
    stream.each_line(|line| heard += line.text.len());
    let size = size(report);
    assert!(
        size <= heard + OWN_WORDS,
        "a report of {size} bytes was made of {heard}"
    );
    // An event may be told twice: as a message and in the report.
    let told: usize = played.events.iter().map(told).sum();
    let lines = stream.stdout.split(|byte| *byte == b'\n').count();
    assert!(
        told <= 2 * heard + (lines + 1) * OWN_WORDS,
        "events of {told} bytes were made of {heard}"
    );
    played
}

fn size(report: &TurnReport) -> usize {
    let session = report.session.as_ref().map_or(0, |id| id.as_str().len());
    let error = report.error.as_ref().map_or(0, String::len);
    let looked_at: usize = report.looked_at.iter().map(String::len).sum();
    report.message.len() + session + error + looked_at
}

fn told(event: &AgentEvent) -> usize {
    match event {
        AgentEvent::Session { session } => session.as_str().len(),
        AgentEvent::Message { text } | AgentEvent::Warning { text } => text.len(),
        AgentEvent::Tool { name } | AgentEvent::TakesBack { name } => name.len(),
        AgentEvent::Asks { question } => question.name.len(),
        AgentEvent::Usage { .. } | AgentEvent::Waits { .. } => 0,
    }
}

/// A turn counts as finished only if the agent said so: a whole line of standard
/// output for which `is_verdict` holds was printed.
///
/// # Panics
/// If it counts as finished without one.
pub fn check_verdict(stream: &Recorded, played: &Played, is_verdict: impl Fn(&str) -> bool) {
    if played.report.end != EndReason::Finished {
        return;
    }
    let mut said = false;
    stream.each_line(|line| {
        said |= line.stream == Stream::Stdout && !line.cut && is_verdict(line.text);
    });
    assert!(said, "finished without a word of the agent");
}

/// [`check_verdict`] for every place at which standard output can break off: in
/// the middle of each line, before its last character, before its end, after it.
///
/// # Panics
/// If a stream that breaks off counts as finished without a verdict.
pub fn check_cuts<A: CliAgent>(
    stream: &Recorded,
    agent: impl Fn() -> A,
    is_verdict: impl Fn(&str) -> bool,
) {
    let mut end = 0;
    let mut ends = vec![0];
    for line in stream.stdout.split_inclusive(|byte| *byte == b'\n') {
        let half = end + line.len().div_ceil(2);
        end += line.len();
        ends.extend([half, end.saturating_sub(2), end - 1, end]);
    }
    for end in ends {
        let mut cut = stream.clone();
        cut.stdout.truncate(end);
        check_verdict(&cut, &play(&cut, &agent), &is_verdict);
    }
}

/// A byte order mark in front, and the line ends of Windows, change nothing.
///
/// # Panics
/// If the report or an event is different.
pub fn check_line_ends<A: CliAgent>(stream: &Recorded, agent: impl Fn() -> A) {
    let mut other = stream.clone();
    let lines: Vec<&[u8]> = stream.stdout.split(|byte| *byte == b'\n').collect();
    other.stdout = [&b"\xef\xbb\xbf"[..], &lines.join(&b"\r\n"[..])].concat();
    assert_eq!(
        play(&other, &agent).timeless(),
        play(stream, &agent).timeless(),
        "{}: other line ends are read differently",
        stream.name
    );
}

/// What nobody knows changes nothing: events of new kinds, fields of wrong
/// types, lines that are no JSON, and empty ones are put between the lines of
/// standard output. And what is said on standard error is never the agent's
/// message.
///
/// # Panics
/// If the report or an event is different.
pub fn check_noise<A: CliAgent>(stream: &Recorded, agent: impl Fn() -> A) {
    let mut quiet = stream.clone();
    // Otherwise noise would change the order of the lines.
    quiet.mixed = 0;
    let mut noisy = quiet.clone();
    noisy.stdout.clear();
    let mut dice = Dice::new(quiet.stdout.len() as u64);
    for line in quiet.stdout.split_inclusive(|byte| *byte == b'\n') {
        noisy.stdout.extend_from_slice(noise(&mut dice));
        noisy.stdout.extend_from_slice(line);
    }
    let expected = play(&quiet, &agent).timeless();
    assert_eq!(
        play(&noisy, &agent).timeless(),
        expected,
        "noise is not ignored"
    );
    let mut loud = quiet;
    loud.stderr.extend_from_slice(b"\n");
    loud.stderr.extend_from_slice(SIGNAL.as_bytes());
    let loud = play(&loud, &agent);
    assert_eq!(
        (loud.report.message, loud.events),
        (expected.report.message, expected.events),
        "standard error is taken for the agent's words"
    );
}

fn noise(dice: &mut Dice) -> &'static [u8] {
    const NOISE: [&[u8]; 10] = [
        b"",
        b"\n",
        b"swarm:n0 DONE\n",
        b"{\"type\":\"swarm.unheard_of\",\"text\":\"swarm:n0 DONE\",\"message\":\"swarm:n0 DONE\",\"result\":\"swarm:n0 DONE\"}\n",
        b"{\"type\":\"swarm_new\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"swarm:n0 DONE\"}]},\"is_error\":false}\n",
        b"{\"type\":7}\n{\"type\":null,\"usage\":{\"input_tokens\":9}}\n",
        b"[]\n[{\"type\":\"result\"}]\n7\n\"done\"\nnull\n",
        b"{\"item\":{\"type\":\"agent_message\",\"text\":\"swarm:n0 DONE\"}}\n",
        b"{\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}\n",
        b"{\"type\":\"result\",\"result\":\"swarm:n0 DONE\"\n",
    ];
    dice.pick(&NOISE).copied().unwrap_or_default()
}

/// The order of the keys of an object says nothing.
///
/// # Panics
/// If the report or an event is different where they stand in another order.
pub fn check_key_order<A: CliAgent>(stream: &Recorded, seed: u64, agent: impl Fn() -> A) {
    let mut cut = false;
    stream.each_line(|line| cut |= line.cut);
    if cut {
        // In another order, other keys would be cut off.
        return;
    }
    let mut dice = Dice::new(seed);
    let mut other = stream.clone();
    other.stdout.clear();
    for line in stream.stdout.split_inclusive(|byte| *byte == b'\n') {
        let Ok(value) = serde_json::from_slice(line) else {
            other.stdout.extend_from_slice(line);
            continue;
        };
        let mut text = String::new();
        shuffled(&value, &mut dice, &mut text);
        if line.ends_with(b"\n") {
            text.push('\n');
        }
        other.stdout.extend_from_slice(text.as_bytes());
    }
    // Characters may be escaped otherwise.
    other.max_line = usize::MAX;
    assert_eq!(
        play(&other, &agent).timeless(),
        play(stream, &agent).timeless(),
        "the order of keys matters"
    );
}

fn play<A: CliAgent>(stream: &Recorded, agent: &impl Fn() -> A) -> Played {
    stream.play(&agent(), &turn())
}

#[cfg(test)]
mod tests;
