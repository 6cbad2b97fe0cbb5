//! The agents: whether they are there, and what they will see.

use std::collections::BTreeSet;

use swarm_core::model::HarnessName;

use super::Findings;
use crate::app::args::HarnessKind;
use crate::app::host::Host;
use crate::app::settings::Settings;
use crate::app::{agents, program, reviewers};

/// Every shell sets these anew: nobody misses them.
const OF_THE_SHELL: [&str; 4] = ["PWD", "OLDPWD", "SHLVL", "_"];

/// Checks the default agent and those that tasks ask for.
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
        let needed = kind == settings.harness || asked.contains(&HarnessName::new(kind.name()));
        match kind {
            HarnessKind::Claude | HarnessKind::Codex => {
                listed(findings, kind, needed, settings, host).await;
            }
            HarnessKind::Command => command(findings, needed, settings, host),
        }
    }
    if settings.harness == HarnessKind::Claude {
        root(findings, host).await;
    }
}

async fn listed(
    findings: &mut Findings,
    kind: HarnessKind,
    needed: bool,
    settings: &Settings,
    host: &Host,
) {
    let (binary, product) = agents::program_of(kind);
    let name = kind.name();
    let Some(path) = program::find(binary.as_ref(), host) else {
        if needed {
            findings.fail(format!(
                "harness {name}: there is no program {binary} on PATH; install {product}, or \
                 choose another agent by --harness"
            ));
        } else {
            findings.ok(format!("harness {name}: not installed, and not asked for"));
        }
        return;
    };
    let said = program::ask(path.as_os_str(), &["--version"], host).await;
    let said = said.unwrap_or_default();
    let version = if kind == HarnessKind::Codex {
        swarm_harness_codex::version(&said)
    } else {
        swarm_harness_claude::version(&said)
    };
    match version {
        Some(version) => findings.ok(format!("harness {name}: {} {version}", path.display())),
        None if needed => findings.fail(format!(
            "harness {name}: {} does not tell its version; is it {product}?",
            path.display()
        )),
        None => findings.warn(format!(
            "harness {name}: {} does not tell its version",
            path.display()
        )),
    }
    if needed {
        let mut dropped = agents::listed(kind, settings, host).dropped_env();
        dropped.retain(|name| !OF_THE_SHELL.contains(&name.as_str()));
        if dropped.is_empty() {
            findings.ok(format!("harness {name}: sees all environment variables"));
        } else {
            findings.ok(format!(
                "harness {name}: does not see these environment variables, unless --env NAME \
                 lets one through: {}",
                dropped.join(" ")
            ));
        }
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

/// Claude Code refuses its unattended mode to root.
async fn root(findings: &mut Findings, host: &Host) {
    let is_root = program::ask("id".as_ref(), &["-u"], host).await.as_deref() == Some("0");
    let sandbox = host.var("IS_SANDBOX").is_some_and(|value| value == "1");
    if is_root && !sandbox {
        findings.warn(
            "you are root, and Claude Code refuses to work unattended as root; work as another \
             user, or set IS_SANDBOX=1 if this machine is a sandbox that may break",
        );
    }
}

/// Checks those who review.
pub(super) fn reviewers(findings: &mut Findings, settings: &Settings, host: &Host) {
    match reviewers::make(settings, host) {
        Ok(reviewers) if reviewers.is_empty() => {
            findings.warn("not reviewed: work lands without a second look; see --reviewer");
        }
        Ok(reviewers) => {
            let names: Vec<String> = reviewers.iter().map(|one| one.info().name).collect();
            findings.ok(format!("reviewed by {}", names.join(", ")));
        }
        Err(refusal) => findings.fail(refusal.to_string()),
    }
}
