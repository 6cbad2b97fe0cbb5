//! `swarm doctor`: checks everything that a run would use, and says what to do.

mod agents;
mod place;

use std::fmt;

use swarm_core::model::{Check, CheckState};

use super::args::DoctorArgs;
use super::console::result;
use super::host::Host;
use super::refusal::Refusal;
use super::settings::Settings;
use super::text::clean;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Ok,
    Warn,
    Fail,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        })
    }
}

/// What was found, a line each.
#[derive(Debug, Default)]
struct Findings(Vec<(Level, String)>);

impl Findings {
    fn ok(&mut self, line: impl Into<String>) {
        self.0.push((Level::Ok, line.into()));
    }

    fn warn(&mut self, line: impl Into<String>) {
        self.0.push((Level::Warn, line.into()));
    }

    fn fail(&mut self, line: impl Into<String>) {
        self.0.push((Level::Fail, line.into()));
    }

    /// What a port found; two of them may say the same.
    fn checks(&mut self, checks: Vec<Check>) {
        for check in checks {
            let level = match check.state {
                CheckState::Fine => Level::Ok,
                CheckState::Doubtful => Level::Warn,
                CheckState::Broken => Level::Fail,
            };
            let finding = (level, check.to_string());
            if !self.0.contains(&finding) {
                self.0.push(finding);
            }
        }
    }
}

/// Checks everything. The exit code is 1 if something must be mended.
pub(super) async fn doctor(args: &DoctorArgs, host: &Host) -> Result<u8, Refusal> {
    let mut findings = Findings::default();
    match Settings::gather(&args.place, &args.ways, host) {
        Ok(settings) => {
            let asked = place::repository(&mut findings, &settings, host).await;
            agents::agents(&mut findings, &settings, &asked, host).await;
            agents::reviewers(&mut findings, &settings, host).await;
        }
        Err(refusal) => findings.fail(refusal.to_string()),
    }
    for (level, text) in &findings.0 {
        for line in text.lines() {
            result(format_args!("{level:4}  {}", clean(line)));
        }
    }
    let failed = findings.0.iter().any(|(level, _)| *level == Level::Fail);
    Ok(u8::from(failed))
}
