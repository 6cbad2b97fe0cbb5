//! Commands that make a new worktree ready.

use std::path::Path;

use swarm_core::error::{Advice, Failure};
use swarm_core::model::{AttemptId, survivors_text};
use swarm_core::ports::{CallContext, GitErrorKind, Job, Purpose};
use swarm_core::process::{Exit, Output, ProcessSpec, capture};

use crate::error::{Result, error};
use crate::repo::Repo;

/// How much of a command's output an error shows.
const SHOWN: usize = 4096;

/// Largest file of output for a command.
const LOG: u64 = 16 << 20;

impl Repo {
    /// Runs the setup commands in a new worktree, one after the other.
    pub(crate) async fn set_up(
        &self,
        worktree: &Path,
        attempt: &AttemptId,
        logs: Option<&Path>,
        context: &CallContext,
    ) -> Result<()> {
        for (index, command) in self.setup.iter().enumerate() {
            let name = match index {
                0 => "setup.log".to_owned(),
                _ => format!("setup-{}.log", index + 1),
            };
            let attempt = attempt.clone();
            let job = Job::Setup { attempt };
            let spec = ProcessSpec {
                args: vec!["-c".into(), command.into()],
                env: self.env.clone(),
                log: logs.map(|logs| logs.join(name)),
                max_log: LOG,
                purpose: Purpose::new(job, worktree),
                ..ProcessSpec::new("sh", worktree)
            };
            let run = capture(spec, SHOWN, context);
            match tokio::time::timeout(self.setup_timeout, run).await {
                Ok(Ok(output)) => judge(command, &output)?,
                Ok(Err(source)) => {
                    let advice = source.advice();
                    return Err(failed(advice, format!("`{command}`: {source}")));
                }
                Err(_) => {
                    let limit = self.setup_timeout.as_secs();
                    let because = format!("`{command}` took longer than {limit} s and was ended");
                    return Err(failed(Advice::NeedsPerson, because));
                }
            }
        }
        Ok(())
    }
}

fn judge(command: &str, output: &Output) -> Result<()> {
    if !output.survivors.is_empty() {
        let because = format!("`{command}`: {}", survivors_text(&output.survivors));
        return Err(failed(Advice::NeedsPerson, because));
    }
    let how = match output.exit {
        Exit::Code(0) => return Ok(()),
        Exit::StoppedByUs(_) => {
            let what = "set up a worktree";
            return Err(Failure::new(GitErrorKind::Stopped, what, Advice::Retry));
        }
        Exit::Code(code) => format!("ended with {code}"),
        Exit::Signal(signal) => format!("was killed by signal {signal}"),
    };
    let text = output.text.trim();
    Err(failed(
        Advice::NeedsPerson,
        format!("`{command}` {how}:\n{text}"),
    ))
}

fn failed(advice: Advice, because: String) -> swarm_core::ports::GitError {
    error(GitErrorKind::Setup, "set up a worktree", advice, because)
}
