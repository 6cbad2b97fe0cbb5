//! What is wrong with a prompt pack.

use std::path::PathBuf;

/// All that is wrong with a prompt pack. Nothing was started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct PromptError(pub Vec<PromptProblem>);

/// One thing that is wrong with a prompt pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum PromptProblem {
    /// A template uses a variable that nobody gave.
    #[error(
        "section {section:?} of the prompt needs {{{variable}}}: give it by `var`, or write {{{{{variable}}}}} if you mean that text"
    )]
    Missing {
        /// The variable.
        variable: String,
        /// Where it is used.
        section: String,
    },
    /// A variable was given whose name is built in.
    #[error("the variable {{{0}}} is built in: give yours another name")]
    Reserved(String),
    /// A name that no template could use.
    #[error("{0:?} cannot be the name of a variable: use letters, digits and underscores")]
    BadName(String),
    /// A section that does not exist was to be changed.
    #[error("there is no section {name:?} in the prompt: it has {known}")]
    NoSection {
        /// The name.
        name: String,
        /// What there is.
        known: String,
    },
    /// Two sections have one name.
    #[error("there are two sections {0:?} in the prompt: remove one, or name it otherwise")]
    TwoSections(String),
    /// A template shows a whole signal.
    #[error(
        "section {section:?} of the prompt shows `swarm:{{nonce}}`: an agent that echoes it would signal; name the nonce apart from it"
    )]
    ShowsSignal {
        /// Which.
        section: String,
    },
    /// A file for orientation is not inside the worktree.
    #[error(
        "{0:?} cannot be shown for orientation: name a file by its path from the root of the repository"
    )]
    BadPath(PathBuf),
}

fn lines(problems: &[PromptProblem]) -> String {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
