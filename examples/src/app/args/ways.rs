//! How the work is done.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::heading::{AGENTS, JUDGING, PLANNING, RECORDS, WORKTREES};
use super::rules::Rules;
use super::values::{AtLeastOne, Inside};
use crate::app::reviewers::ReviewerChoice;

/// By whom, by what it is judged, and within which limits.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::app) struct Ways {
    /// The agent [default: claude]. Claude Code and Codex are called in their
    /// unattended modes, which ask for no permission
    #[arg(long, help_heading = AGENTS)]
    pub(in crate::app) harness: Option<HarnessKind>,
    /// The program of `--harness command`, with arguments: gets the prompt on
    /// standard input. Split into words; no shell is involved
    #[arg(long, value_name = "CMD", allow_hyphen_values = true, help_heading = AGENTS)]
    pub(in crate::app) harness_cmd: Option<String>,
    /// A further argument for the agent; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true, help_heading = AGENTS)]
    pub(in crate::app) harness_arg: Vec<String>,
    /// The model to ask the agent for [default: the agent's own choice]
    #[arg(long, value_name = "M", help_heading = AGENTS)]
    pub(in crate::app) model: Option<String>,
    /// Who takes over while the service of the agent lets nothing through; may
    /// be repeated, and they are asked in order [default: nobody, tasks wait]
    #[arg(long, value_name = "HARNESS", help_heading = AGENTS)]
    pub(in crate::app) fallback: Vec<HarnessKind>,
    /// How agents say that they are done, and reviewers what they found: in a line
    /// of their last message, or in an answer by a JSON schema where their command
    /// line can [default: lines]
    #[arg(long, value_name = "HOW", help_heading = AGENTS)]
    pub(in crate::app) answers: Option<AnswersKind>,
    /// Whether Claude Code stays alive between calls that follow each other at
    /// once, which saves most of what each costs beside the model. Not where
    /// money is limited, and no other agent can [default: false]
    #[arg(long, value_name = "BOOL", help_heading = AGENTS, num_args = 0..=1, default_missing_value = "true")]
    pub(in crate::app) live: Option<bool>,
    /// An environment variable that the agents may see besides the usual ones;
    /// may be repeated
    #[arg(long, value_name = "NAME", help_heading = AGENTS)]
    pub(in crate::app) env: Vec<String>,

    /// An agent that finds new tasks when nothing is left to do; they are worked
    /// on in the same run, and kept in the state file [default: nobody plans]
    #[arg(long, value_name = "HARNESS", help_heading = PLANNING)]
    pub(in crate::app) planner: Option<HarnessKind>,
    /// It is not called while so many tasks wait or are worked on [default: 1]
    #[arg(long, value_name = "N", help_heading = PLANNING)]
    pub(in crate::app) max_pending: Option<AtLeastOne>,
    /// A file that says what to plan [default: whatever the project needs next]
    #[arg(long, value_name = "FILE", help_heading = PLANNING)]
    pub(in crate::app) plan_prompt: Option<PathBuf>,

    /// A file or folder that git does not track, copied into every worktree;
    /// may be repeated
    #[arg(long, value_name = "PATH", help_heading = WORKTREES)]
    pub(in crate::app) copy: Vec<PathBuf>,
    /// A command for `sh -c`, run once in every new worktree; may be repeated
    #[arg(long, value_name = "CMD", allow_hyphen_values = true, help_heading = WORKTREES)]
    pub(in crate::app) setup: Vec<String>,

    /// A command for `sh -c` that must succeed in the worktree before the work
    /// lands; may be repeated, and adds to those of swarm.toml
    #[arg(long, value_name = "NAME=CMD", help_heading = JUDGING)]
    pub(in crate::app) gate: Vec<String>,
    /// Who must approve the work: claude, codex, command:CMD or the name of one
    /// of [[reviewers]] in swarm.toml; may be repeated, the next one is asked if
    /// one can give no judgement [default: those of swarm.toml, or nobody]
    #[arg(long, value_name = "WHO", help_heading = JUDGING)]
    pub(in crate::app) reviewer: Vec<ReviewerChoice>,
    /// A file or folder of the repository that needs no review: work that
    /// changes nothing else lands when it passes its gates; may be repeated
    #[arg(long, value_name = "PATH", help_heading = JUDGING)]
    pub(in crate::app) unreviewed: Vec<Inside>,

    #[command(flatten)]
    pub(in crate::app) rules: Rules,

    /// A file that every event is added to, one JSON object a line
    #[arg(long, value_name = "FILE.jsonl", help_heading = RECORDS)]
    pub(in crate::app) events: Option<PathBuf>,
    /// A folder that keeps what agents and reviewers print, a folder a turn, as
    /// `swarm explain` reads it
    #[arg(long, value_name = "DIR", help_heading = RECORDS)]
    pub(in crate::app) record: Option<PathBuf>,
}

/// How agents say that they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::app) enum AnswersKind {
    /// In a line of their last message
    Lines,
    /// In an answer by a JSON schema, where their command line can
    Schema,
}

/// The agents that the application knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::app) enum HarnessKind {
    /// Claude Code
    #[default]
    Claude,
    /// Codex
    Codex,
    /// Any program: see `--harness-cmd`
    Command,
}

impl HarnessKind {
    pub(in crate::app) const ALL: [Self; 3] = [Self::Claude, Self::Codex, Self::Command];

    pub(in crate::app) fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Command => "command",
        }
    }

    pub(in crate::app) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
