use super::{all, kept, latest};
use crate::model::{ReviewRecord, Usage, Verdict};

fn review(round: u32, verdict: Verdict) -> ReviewRecord {
    ReviewRecord {
        round,
        reviewer: format!("r{round}"),
        verdict,
        duration_ms: 0,
        paths: Vec::new(),
        more_paths: 0,
        usage: Usage::default(),
        cost: None,
    }
}

fn changes(round: u32, findings: &[&str]) -> ReviewRecord {
    let findings = findings.iter().map(|&text| text.to_owned()).collect();
    review(round, Verdict::Changes(findings))
}

#[test]
fn a_reviewer_is_told_the_latest_findings_and_the_fixer_all() {
    let down = || review(2, Verdict::Unavailable("down".to_owned()));
    let rounds = [changes(1, &["one", "two"]), down(), changes(2, &["three"])];
    assert_eq!(latest(&rounds).as_deref(), Some("- three\n"));
    let told = all(&rounds);
    assert_eq!(
        told,
        "Round 1, by r1:\n\n- one\n- two\n\nRound 2, by r2:\n\n- three\n"
    );
    // Who could not judge has found nothing.
    assert_eq!(latest(&[down()]), None);
    assert_eq!(
        latest(&[changes(1, &["one"]), down()]).as_deref(),
        Some("- one\n")
    );
}

#[test]
fn too_many_findings_are_counted() {
    let long = "x".repeat(20_000);
    let kept = kept(&[long.clone(), long.clone(), "short".to_owned()]);
    assert_eq!(kept[0], long);
    assert_eq!(kept.len(), 2);
    assert!(kept[1].starts_with("(2 findings, from number 2 on"));
}

#[test]
fn one_endless_finding_is_shortened() {
    let kept = kept(&["é".repeat(40_000)]);
    assert_eq!(kept.len(), 2);
    assert!(kept[0].len() < 33_000 && kept[0].contains("bytes are left out"));
}

#[test]
fn the_newest_rounds_are_whole() {
    let long = "x".repeat(30_000);
    let rounds = [1, 2, 3].map(|round| changes(round, &[&long]));
    let told = all(&rounds);
    assert!(told.len() <= 65 * 1024, "{}", told.len());
    assert!(told.starts_with("(The findings of the 1 oldest rounds"));
    assert!(!told.contains("Round 1") && told.contains("Round 2, by r2"));
    assert!(told.contains("Round 3, by r3"));
    assert_eq!(told.matches(&long).count(), 2);

    let told = latest(&rounds).unwrap_or_default();
    assert!(told.len() < 17_000 && told.contains("bytes are left out"));
}
