//! What reviewers found, for those who are told of it: within bounds, and never
//! shortened without a word. Pure.

use std::fmt::Write as _;

use super::digest::cut;
use crate::model::ReviewRecord;

#[cfg(test)]
mod tests;

/// Longest findings of one round, in bytes.
const MAX_ROUND: usize = 32 * 1024;
/// Longest findings of all rounds for the agent that repairs, in bytes.
const MAX_ALL: usize = 64 * 1024;
/// Longest findings for a reviewer, in bytes: what it judges is the change.
const MAX_LATEST: usize = 16 * 1024;

/// The findings of a round as they are kept: the first ones whole, and how
/// many there were beyond that.
pub fn kept(findings: &[String]) -> Vec<String> {
    let mut room = MAX_ROUND;
    let mut kept = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        if finding.len() > room {
            let rest = findings.len() - at;
            if kept.is_empty() {
                kept.push(shortened(finding, room));
            }
            kept.push(format!(
                "({rest} findings, from number {} on, are too long and are not kept as a whole.)",
                at + 1
            ));
            break;
        }
        room -= finding.len();
        kept.push(finding.clone());
    }
    kept
}

/// What the round before found, for the reviewer that judges the repair.
/// Earlier rounds are left out: they were judged.
pub fn latest(reviews: &[ReviewRecord]) -> Option<String> {
    let last = reviews
        .iter()
        .rfind(|review| !review.findings().is_empty())?;
    Some(shortened(&list(last.findings()), MAX_LATEST))
}

/// What all rounds found, in their order, for the agent that repairs. If there
/// is too much, the newest rounds are whole and the oldest ones left out.
pub fn all(reviews: &[ReviewRecord]) -> String {
    let rounds = reviews
        .iter()
        .filter(|review| !review.findings().is_empty());
    let rounds: Vec<String> = rounds.map(round).collect();
    let mut room = MAX_ALL;
    let whole = rounds.iter().rev().take_while(|text| {
        let fits = text.len() <= room;
        room = room.saturating_sub(text.len());
        fits
    });
    let left_out = rounds.len() - whole.count();
    let mut text = String::new();
    if left_out > 0 {
        let _ = writeln!(
            text,
            "(The findings of the {left_out} oldest rounds are left out: they are too long. You \
             were told them before.)\n"
        );
    }
    text + &rounds[left_out..].join("\n")
}

fn round(review: &ReviewRecord) -> String {
    let (round, reviewer) = (review.round, &review.reviewer);
    let findings = list(review.findings());
    format!("Round {round}, by {reviewer}:\n\n{findings}")
}

fn list(findings: &[String]) -> String {
    findings.iter().fold(String::new(), |mut text, finding| {
        let _ = writeln!(text, "- {finding}");
        text
    })
}

/// The first bytes, and how many are left out.
fn shortened(text: &str, limit: usize) -> String {
    let shown = cut(text, limit);
    match text.len() - shown.len() {
        0 => text.to_owned(),
        rest => format!("{shown}\n(… {rest} bytes are left out here.)"),
    }
}
