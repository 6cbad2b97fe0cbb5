//! The command line.

mod heading;
mod rules;
mod values;
mod ways;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use heading::PLACE;
pub(super) use rules::Rules;
pub(super) use values::{AtLeastOne, Inside, Limit};
pub(super) use ways::{AnswersKind, HarnessKind, Ways};

/// Run many coding agents at once, each task in its own git worktree, from a
/// folder of task files through gates and reviewers to a commit on a branch.
///
/// Options are also read from `swarm.toml` in the repository's root; options on
/// the command line win.
#[derive(Debug, Parser)]
#[command(name = "swarm", version)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Work on the tasks until nothing more can be done
    Run(Box<RunArgs>),
    /// List the tasks and how each stands
    Status(StatusArgs),
    /// Show all that is known of a task: worktree, branch, transcripts, findings
    Show(TaskArgs),
    /// Say in one sentence why a task is where it is
    Why(TaskArgs),
    /// Hold a task until it is retried; an agent that works on it is ended, and
    /// its work is kept
    Cancel(TaskArgs),
    /// Begin no call of an agent in a run that is under way, and no task; what
    /// runs goes on
    Pause(SteerArgs),
    /// End the pause of a run
    Resume(SteerArgs),
    /// Have a run finish what it has begun, take no further task, and end
    Drain(SteerArgs),
    /// Change how many agents a run has at once
    Jobs(JobsArgs),
    /// End a run that is under way: its agents end, and their work is kept
    Stop(StopArgs),
    /// Have a held, failed, blocked or rejected task tried again by the next run
    Retry(TaskArgs),
    /// Check everything that `run` with the same options would use
    Doctor(Box<DoctorArgs>),
    /// Say what an adapter makes of a recorded output, in one line of JSON: for
    /// authors of adapters
    Explain(ExplainArgs),
    /// List worktrees and branches of earlier runs, and remove those that hold
    /// nothing unlanded
    Gc(GcArgs),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) ways: Ways,
    /// Run on when all is done, and work on what comes into the folder of task
    /// files, until it is stopped
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) watch: bool,
    /// As --watch, but end when nothing was there to do for so long
    #[arg(long, value_name = "DUR", conflicts_with = "dry_run")]
    pub(super) watch_for: Option<Limit>,
    /// Print what would run, in which order, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print the report as JSON, in the last line of standard output
    #[arg(long)]
    pub(super) json: bool,
    /// Print errors and the table at the end, and nothing else
    #[arg(long)]
    pub(super) quiet: bool,
    /// Start even if an agent is known not to work
    #[arg(long)]
    pub(super) skip_preflight: bool,
}

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    pub(super) place: Place,
    /// Print JSON, in the last line of standard output
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct TaskArgs {
    /// The task's id
    #[arg(value_name = "TASK", allow_hyphen_values = true)]
    pub(super) task: String,
    #[command(flatten)]
    pub(super) place: Place,
}

/// Which run is meant.
#[derive(Debug, Args)]
pub(super) struct SteerArgs {
    /// The run, as `swarm status` names it [default: the one that is under way]
    #[arg(long, value_name = "ID")]
    pub(super) run: Option<String>,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
pub(super) struct JobsArgs {
    /// How many
    #[arg(value_name = "N", value_parser = some)]
    pub(super) jobs: NonZeroUsize,
    #[command(flatten)]
    pub(super) steer: SteerArgs,
}

/// As `--jobs` of a run: none at all would be a pause.
fn some(text: &str) -> Result<NonZeroUsize, String> {
    let most = text.parse::<AtLeastOne>()?.size();
    NonZeroUsize::new(most).ok_or_else(|| "it must be at least 1".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct StopArgs {
    /// Kill the agents instead of asking them to end
    #[arg(long)]
    pub(super) now: bool,
    #[command(flatten)]
    pub(super) steer: SteerArgs,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) ways: Ways,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Whose output it is: claude or codex
    #[arg(long)]
    pub(super) harness: HarnessKind,
    /// What the agent printed, or a folder that `swarm run --record` made
    #[arg(value_name = "STDOUT.jsonl")]
    pub(super) stdout: PathBuf,
    /// What it printed to standard error [default: nothing]
    #[arg(long, value_name = "FILE")]
    pub(super) stderr: Option<PathBuf>,
    /// Its exit code [default: 0, or as recorded]
    #[arg(
        long,
        value_name = "CODE",
        group = "how",
        allow_negative_numbers = true
    )]
    pub(super) exit: Option<i32>,
    /// The signal that ended it
    #[arg(long, value_name = "N", group = "how")]
    pub(super) signal: Option<i32>,
    /// We ended it, since it took too long
    #[arg(long, group = "how")]
    pub(super) timed_out: bool,
    /// We ended it, since somebody asked for it
    #[arg(long, group = "how")]
    pub(super) stopped: bool,
}

#[derive(Debug, Args)]
pub(super) struct GcArgs {
    #[command(flatten)]
    pub(super) place: Place,
    /// Remove what can be removed; otherwise it is only listed
    #[arg(long)]
    pub(super) apply: bool,
}

/// Where everything is.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Place {
    /// The repository: a folder in it [default: .]
    #[arg(long, value_name = "DIR", help_heading = PLACE)]
    pub(super) repo: Option<PathBuf>,
    /// The folder of task files [default: tasks in the repository]
    #[arg(long, value_name = "DIR", help_heading = PLACE)]
    pub(super) tasks: Option<PathBuf>,
    /// The branch to land on [default: the branch that is checked out]
    #[arg(long, value_name = "BRANCH", help_heading = PLACE)]
    pub(super) target: Option<String>,
    /// Folder for the worktrees, outside the repository [default: in the
    /// user's cache folder]
    #[arg(long, value_name = "DIR", help_heading = PLACE)]
    pub(super) worktrees: Option<PathBuf>,
    /// The file that keeps the tasks' state [default: swarm/state.db in the
    /// repository's git directory]
    #[arg(long, value_name = "FILE", help_heading = PLACE)]
    pub(super) state: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
