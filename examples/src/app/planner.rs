//! Who plans, and what.

use std::fs;
use std::path::Path;

use swarm_core::Planner;

use super::args::{HarnessKind, Ways};
use super::host::Host;
use super::refusal::Refusal;
use super::settings_file::SettingsFile;

/// A planner that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) harness: HarnessKind,
    pub(super) planner: Planner,
}

/// The command line's choice, or the file's.
pub(super) fn choose(
    ways: &Ways,
    file: &SettingsFile,
    host: &Host,
    root: &Path,
) -> Result<Option<Chosen>, Refusal> {
    let Some(harness) = ways.planner.or(file.planner) else {
        let lonely = [
            ("--max-pending", ways.max_pending.is_some()),
            ("--plan-prompt", ways.plan_prompt.is_some()),
        ];
        let lonely = lonely.into_iter().filter(|(_, said)| *said);
        let lonely =
            lonely.map(|(option, _)| format!("{option}: nobody plans; add --planner HARNESS"));
        Refusal::unless_empty(lonely.collect())?;
        return Ok(None);
    };
    let mut planner = Planner::new(harness.name());
    if let Some(most) = ways.max_pending.or(file.max_pending) {
        planner = planner.max_pending(most.size());
    }
    let own = ways.plan_prompt.as_ref().map(|path| host.path(path));
    let given = own.or_else(|| Some(root.join(file.plan_prompt.as_ref()?)));
    if let Some(path) = given {
        planner = planner.instructions(read(&path)?);
    }
    Ok(Some(Chosen { harness, planner }))
}

fn read(path: &Path) -> Result<String, Refusal> {
    let wrong = |why: &str| {
        let path = path.display();
        Refusal::new(format!(
            "{path}: {why}; name a text file that says what to plan by --plan-prompt, or none"
        ))
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
    if text.trim().is_empty() {
        return Err(wrong("it is empty"));
    }
    Ok(text)
}
