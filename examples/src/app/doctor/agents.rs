//! The agents: whether they are there, and what they will see.

use std::collections::BTreeSet;

use swarm_core::model::{Check, HarnessName};
use swarm_core::ports::{Harness, PreflightRequest};

use super::Findings;
use crate::app::args::HarnessKind;
use crate::app::host::Host;
use crate::app::settings::{Settings, checkout_root};
use crate::app::{agents, program, reviewers};

/// Every shell sets these anew: nobody misses them.
const OF_THE_SHELL: [&str; 4] = ["PWD", "OLDPWD", "SHLVL", "_"];

/// Checks the default agent, who takes over from it, and those that tasks ask
/// for.
pub(super) async fn agents(
    findings: &mut Findings,
    settings: &Settings,
    asked: &BTreeSet<HarnessName>,
    host: &Host,
) {
    for name in asked {
        if HarnessKind::named(name.as_str()).is_none() {
            findings.fail(format!(
                "a task asks for the harness {:?}; write claude, codex or command",
                name.as_str()
            ));
        }
    }
    for kind in HarnessKind::ALL {
        let needed =
            settings.agents().contains(&kind) || asked.contains(&HarnessName::new(kind.name()));
        match kind {
            HarnessKind::Claude | HarnessKind::Codex if needed => {
                listed(findings, kind, settings, host).await;
            }
            HarnessKind::Claude | HarnessKind::Codex => unasked(findings, kind, host),
            HarnessKind::Command => command(findings, needed, settings, host),
        }
    }
}

fn unasked(findings: &mut Findings, kind: HarnessKind, host: &Host) {
    let (binary, _) = agents::program_of(kind);
    findings.ok(match program::find(binary.as_ref(), host) {
        Some(path) => format!("{binary}: {}, not asked for", path.display()),
        None => format!("{binary}: not installed, and not asked for"),
    });
}

async fn listed(findings: &mut Findings, kind: HarnessKind, settings: &Settings, host: &Host) {
    let harness = agents::listed(kind, settings, host);
    let checks = harness.preflight(look(settings)).await;
    let there = !checks.first().is_some_and(Check::is_broken);
    findings.checks(checks);
    if !there {
        return;
    }
    let mut dropped = harness.dropped_env();
    dropped.retain(|name| !OF_THE_SHELL.contains(&name.as_str()));
    let name = kind.name();
    if dropped.is_empty() {
        findings.ok(format!("{name} environment: sees all variables"));
    } else {
        findings.ok(format!(
            "{name} environment: does not see these variables, unless --env NAME lets one \
             through: {}",
            dropped.join(" ")
        ));
    }
}

/// What agents will find: the checkout that the settings name.
fn look(settings: &Settings) -> PreflightRequest {
    PreflightRequest {
        repository: checkout_root(&settings.repo),
        ..PreflightRequest::default()
    }
}

fn command(findings: &mut Findings, needed: bool, settings: &Settings, host: &Host) {
    if !needed {
        return;
    }
    match agents::make(HarnessKind::Command, settings, host) {
        Ok(_) => {
            let program = settings.command.as_ref().map(|command| {
                let found = program::find(command.program(), host);
                found.unwrap_or_else(|| command.program().into())
            });
            let program = program.unwrap_or_default();
            findings.ok(format!(
                "harness command: {}, which sees the whole environment",
                program.display()
            ));
        }
        Err(refusal) => findings.fail(refusal.to_string()),
    }
}

/// Checks those who review.
pub(super) async fn reviewers(findings: &mut Findings, settings: &Settings, host: &Host) {
    match reviewers::make(settings, host) {
        Ok(reviewers) if reviewers.is_empty() => {
            findings.warn("not reviewed: work lands without a second look; see --reviewer");
        }
        Ok(reviewers) => {
            for reviewer in &reviewers {
                findings.checks(reviewer.preflight(look(settings)).await);
            }
            let names: Vec<String> = reviewers.iter().map(|one| one.info().name).collect();
            findings.ok(format!("reviewed by {}", names.join(", ")));
        }
        Err(refusal) => findings.fail(refusal.to_string()),
    }
}
