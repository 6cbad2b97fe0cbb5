//! The command line.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use swarm_store::files::parse_duration;

use super::reviewers::ReviewerChoice;

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
    #[arg(long, value_name = "DIR")]
    pub(super) repo: Option<PathBuf>,
    /// The folder of task files [default: tasks in the repository]
    #[arg(long, value_name = "DIR")]
    pub(super) tasks: Option<PathBuf>,
    /// The branch to land on [default: the branch that is checked out]
    #[arg(long, value_name = "BRANCH")]
    pub(super) target: Option<String>,
    /// Folder for the worktrees, outside the repository [default: in the
    /// user's cache folder]
    #[arg(long, value_name = "DIR")]
    pub(super) worktrees: Option<PathBuf>,
    /// The file that keeps the tasks' state [default: swarm/state.db in the
    /// repository's git directory]
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
}

/// How the work is done.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Ways {
    /// Agents at once [default: 1]
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    pub(super) jobs: Option<usize>,
    /// The agent [default: claude]. Claude Code and Codex are called in their
    /// unattended modes, which ask for no permission
    #[arg(long)]
    pub(super) harness: Option<HarnessKind>,
    /// The program of `--harness command`, with arguments: gets the prompt on
    /// standard input. Split into words; no shell is involved
    #[arg(long, value_name = "CMD", allow_hyphen_values = true)]
    pub(super) harness_cmd: Option<String>,
    /// A further argument for the agent; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub(super) harness_arg: Vec<String>,
    /// The model to ask the agent for [default: the agent's own choice]
    #[arg(long, value_name = "M")]
    pub(super) model: Option<String>,
    /// Who must approve the work: claude, codex, command:CMD or the name of one
    /// of [[reviewers]] in swarm.toml; may be repeated, the next one is asked if
    /// one can give no judgement [default: those of swarm.toml, or nobody]
    #[arg(long, value_name = "WHO")]
    pub(super) reviewer: Vec<ReviewerChoice>,
    /// Reviews of one attempt before its work is rejected [default: 3]
    #[arg(long, value_name = "N", value_parser = at_least_one::<u32>)]
    pub(super) review_rounds: Option<u32>,
    /// What becomes of work with too large a diff for a reviewer: it reads the
    /// rest in the worktree, or a person must look [default: read]
    #[arg(long)]
    pub(super) large_diff: Option<LargeDiffKind>,
    /// A file or folder of the repository that needs no review: work that
    /// changes nothing else lands when it passes its gates; may be repeated
    #[arg(long, value_name = "PATH", value_parser = in_repository)]
    pub(super) unreviewed: Vec<PathBuf>,
    /// A command for `sh -c` that must succeed in the worktree before the work
    /// lands; may be repeated, and adds to those of swarm.toml
    #[arg(long, value_name = "NAME=CMD")]
    pub(super) gate: Vec<String>,
    /// A file or folder that git does not track, copied into every worktree;
    /// may be repeated
    #[arg(long, value_name = "PATH")]
    pub(super) copy: Vec<PathBuf>,
    /// A command for `sh -c`, run once in every new worktree; may be repeated
    #[arg(long, value_name = "CMD", allow_hyphen_values = true)]
    pub(super) setup: Vec<String>,
    /// An environment variable that the agents may see besides the usual ones;
    /// may be repeated
    #[arg(long, value_name = "NAME")]
    pub(super) env: Vec<String>,
    /// Attempts before a task is given up [default: 3]
    #[arg(long, value_name = "N", value_parser = at_least_one::<u32>)]
    pub(super) max_attempts: Option<u32>,
    /// The pause after the first failed attempt; it doubles three times
    /// [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = parse_duration)]
    pub(super) backoff: Option<Duration>,
    /// Longest call of an agent, such as 90s or 1h30m [default: 1h]
    #[arg(long, value_name = "DUR", value_parser = positive_duration)]
    pub(super) turn_timeout: Option<Duration>,
    /// Longest silence of an agent [default: 10m]
    #[arg(long, value_name = "DUR", value_parser = positive_duration)]
    pub(super) idle_timeout: Option<Duration>,
    /// Money for the whole run, as far as the agents tell what they cost
    /// [default: no limit]
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub(super) max_cost: Option<f64>,
    /// When work counts as done: with commits on its branch, or only when the
    /// agent also says so [default: evidence]
    #[arg(long)]
    pub(super) completion: Option<CompletionKind>,
    /// A file that every event is added to, one JSON object a line
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) events: Option<PathBuf>,
    /// A folder that keeps what agents and reviewers print, a folder a turn, as
    /// `swarm explain` reads it
    #[arg(long, value_name = "DIR")]
    pub(super) record: Option<PathBuf>,
}

/// The agents that the application knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum HarnessKind {
    /// Claude Code
    #[default]
    Claude,
    /// Codex
    Codex,
    /// Any program: see `--harness-cmd`
    Command,
}

impl HarnessKind {
    pub(super) const ALL: [Self; 3] = [Self::Claude, Self::Codex, Self::Command];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Command => "command",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What becomes of work that is too large for a reviewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LargeDiffKind {
    /// The reviewer reads the rest in the worktree
    #[default]
    Read,
    /// A person must review it
    Hold,
}

/// When work counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CompletionKind {
    /// The agent ended by itself, and its branch has commits
    #[default]
    Evidence,
    /// The agent also said DONE
    Strict,
}

/// Reads a number that must not be 0.
fn at_least_one<N: std::str::FromStr + From<u8> + PartialOrd>(text: &str) -> Result<N, String> {
    let number = text.parse().ok().filter(|number| *number >= N::from(1));
    number.ok_or_else(|| "it must be a whole number, at least 1".to_owned())
}

/// Reads a duration that is not zero.
pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be longer than 0".to_owned()),
        Ok(span) => Ok(span),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads a path in the repository, from its root.
pub(super) fn in_repository(text: &str) -> Result<PathBuf, String> {
    let parts = Path::new(text).components();
    let parts: Vec<Component<'_>> = parts.filter(|part| *part != Component::CurDir).collect();
    let inside = parts
        .iter()
        .all(|part| matches!(part, Component::Normal(_)));
    if parts.is_empty() || !inside {
        return Err(format!(
            "{text:?} is no path in the repository; write it from the root, such as tasks or \
             docs/notes.md"
        ));
    }
    Ok(parts.into_iter().collect())
}

/// Reads an amount of money.
fn dollars(text: &str) -> Result<f64, String> {
    let usd = text.parse().ok().filter(|usd| is_money(*usd));
    usd.ok_or_else(|| "it must be an amount in US dollars, such as 2.50".to_owned())
}

/// Whether this can be a limit of money.
pub(super) fn is_money(usd: f64) -> bool {
    usd.is_finite() && usd > 0.0
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Cli, in_repository};

    #[test]
    fn a_path_in_the_repository_stays_in_it() {
        for (text, path) in [("tasks", "tasks"), ("./docs//a.md/", "docs/a.md")] {
            assert_eq!(in_repository(text), Ok(path.into()));
        }
        for bad in ["", ".", "./", "/tasks", "../tasks", "a/../b"] {
            assert!(in_repository(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
