//! `swarm show` and `swarm why`.

use std::fs;
use std::path::Path;

use swarm_core::model::{Cost, ReviewRecord, TaskRow, TaskState, Verdict};
use swarm_core::protocol::standing::Standing;

use super::args::TaskArgs;
use super::console::result;
use super::host::Host;
use super::known::Known;
use super::refusal::Refusal;
use super::status::word;
use super::text::{clean, clean_lines, count, span, tokens};

/// Says why a task is where it is.
pub(super) async fn why(args: &TaskArgs, host: &Host) -> Result<u8, Refusal> {
    let known = Known::look(&args.place, host).await?;
    let (row, standing) = known.find(&args.task)?;
    result(format_args!(
        "{}: {}",
        clean(row.task.id.as_str()),
        clean(&known.why(row, &standing))
    ));
    Ok(0)
}

/// Shows all that is known of a task.
pub(super) async fn show(args: &TaskArgs, host: &Host) -> Result<u8, Refusal> {
    let known = Known::look(&args.place, host).await?;
    let (row, standing) = known.find(&args.task)?;
    let why = known.why(row, &standing);
    let attempts = match known.cut_short(row) {
        Some(cut) => format!("{}; {cut}", row.attempts),
        None => row.attempts.to_string(),
    };
    for (name, value) in facts(row, &standing, why, attempts) {
        result(format_args!("{name:11}{value}"));
    }
    if let Some(logs) = &row.checkpoint.logs {
        result(format_args!("{:11}{}", "logs", logs.display()));
        for file in files(logs) {
            result(format_args!("{:13}{}", "", clean(&file)));
        }
    }
    for line in reviews(&row.checkpoint.reviews) {
        result(line);
    }
    if let Some(reason) = reason(&row.state) {
        result(format_args!("\nreason:\n{}", clean_lines(reason)));
    }
    if let Some(feedback) = &row.checkpoint.feedback {
        result(format_args!(
            "\nlatest gate output or findings:\n{}",
            clean_lines(feedback)
        ));
    }
    Ok(0)
}

fn facts(
    row: &TaskRow,
    standing: &Standing,
    why: String,
    attempts: String,
) -> Vec<(&'static str, String)> {
    let check = &row.checkpoint;
    let mut facts = vec![
        ("task", row.task.id.to_string()),
        ("title", row.task.title.clone()),
        ("state", word(row, standing).to_owned()),
        ("why", why),
        ("attempts", attempts),
    ];
    let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    let joined = |ids: &[swarm_core::model::TaskId]| {
        let ids: Vec<&str> = ids.iter().map(swarm_core::model::TaskId::as_str).collect();
        (!ids.is_empty()).then(|| ids.join(", "))
    };
    add("depends on", joined(&row.task.depends_on));
    add(
        "source",
        Some(row.task.source.0.clone()).filter(|text| !text.is_empty()),
    );
    let origin = &row.task.origin;
    add("added by", origin.is_known().then(|| origin.to_string()));
    add("run", check.run.as_ref().map(ToString::to_string));
    add("turns", (check.turns > 0).then(|| check.turns.to_string()));
    let worktree = check.worktree.as_deref().map(|path| {
        let gone = if path.exists() { "" } else { " (gone)" };
        format!("{}{gone}", path.display())
    });
    add("worktree", worktree);
    add("branch", check.branch.clone());
    add("base", check.base.as_ref().map(ToString::to_string));
    add("head", check.head.as_ref().map(ToString::to_string));
    add("session", check.session.as_ref().map(ToString::to_string));
    let used = row.usage.total();
    add("used", (used > 0).then(|| tokens(used)));
    let cost = (row.cost > Cost::default()).then(|| row.cost.to_string());
    add("cost", cost);
    let time = std::time::Duration::from_millis(row.duration_ms);
    add("time", (row.duration_ms > 0).then(|| span(time)));
    let clean = |(name, value): (_, String)| (name, clean(&value));
    facts.into_iter().map(clean).collect()
}

/// Who said what in which round.
fn reviews(reviews: &[ReviewRecord]) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, review) in reviews.iter().enumerate() {
        let heading = if at == 0 { "reviews" } else { "" };
        let said = match &review.verdict {
            Verdict::Approved => "approved".to_owned(),
            Verdict::Changes(_) => "wants changes".to_owned(),
            Verdict::Unavailable(why) => format!("no judgement: {}", clean(why)),
        };
        let mut parts = vec![
            format!(
                "round {}, {}: {said}",
                review.round,
                clean(&review.reviewer)
            ),
            span(std::time::Duration::from_millis(review.duration_ms)),
        ];
        let used = review.usage.total();
        parts.extend((used > 0).then(|| tokens(used)));
        parts.extend(review.cost.map(|cost| cost.to_string()));
        let paths = review.paths.len() + review.more_paths;
        parts.push(format!("{} changed", count(paths, "path")));
        lines.push(format!("{heading:11}{}", parts.join(" · ")));
        for finding in review.findings() {
            let finding = clean_lines(finding).replace('\n', "\n               ");
            lines.push(format!("{:13}- {finding}", ""));
        }
    }
    lines
}

fn reason(state: &TaskState) -> Option<&str> {
    let reason = match state {
        TaskState::Held { reason }
        | TaskState::Failed { reason }
        | TaskState::Blocked { reason }
        | TaskState::Closed { reason }
        | TaskState::Rejected { reason } => reason,
        TaskState::Ready { .. }
        | TaskState::Running { .. }
        | TaskState::Landing { .. }
        | TaskState::Landed { .. }
        | TaskState::Removed => return None,
    };
    // What fits into a line has been said.
    reason.contains('\n').then_some(reason)
}

/// Transcripts and outputs of the latest attempt.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
