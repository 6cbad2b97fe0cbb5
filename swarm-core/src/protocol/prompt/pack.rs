//! The sections of which prompts are made, and how an embedder changes them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::problem::{PromptError, PromptProblem};
use super::template::{Piece, VARIABLES, pieces, value};
use super::{Form, PromptInput};

/// How much of files for orientation a prompt shows unless told otherwise, in
/// bytes.
pub const DEFAULT_ORIENTATION: usize = 32 * 1024;

/// When a section is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// To a conversation that knows nothing yet.
    First,
    /// In every turn.
    Always,
}

/// A named part of a prompt: a template with `{variables}`. One that comes out
/// empty is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    name: String,
    template: String,
    when: When,
}

impl Section {
    /// A section.
    pub fn new(name: impl Into<String>, when: When, template: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            template: template.into(),
            when,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it is told.
    pub fn when(&self) -> When {
        self.when
    }

    /// Its text, with variables.
    pub fn template(&self) -> &str {
        &self.template
    }
}

/// The sections of every worker's prompt, in their order. A pack begins as the
/// built-in one: `rules`, `task`, `orientation`, `dependencies`, `pending` for a
/// new conversation, then `events`, `request` and `signals` in every turn, each
/// of them just the variable of the same name (`task`: `{task_text}`). See
/// [`VARIABLES`].
///
/// The first line of a prompt, which names run, task, attempt, turn and role,
/// is no section: every prompt has it. Without the section `signals` no agent
/// can say anything, be it that it is done or that it cannot be.
///
/// Mistakes (a variable that nobody gave, a section that is not there) are
/// collected and told all at once by [`check`](Self::check), which building a
/// swarm does.
///
/// ```
/// use swarm_core::protocol::prompt::{PromptPack, Section, When};
/// let pack = PromptPack::default()
///     .replace("rules", "{rules}\n- Write {language}.")
///     .before("request", Section::new("style", When::Always, "Be brief in {language}."))
///     .orientation(["AGENTS.md"])
///     .var("language", "Danish");
/// assert!(pack.check().is_ok());
/// let wrong = pack.replace("ruels", "").replace("task", "{task_text} {who}");
/// assert_eq!(wrong.check().unwrap_err().0.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptPack {
    sections: Vec<Section>,
    variables: BTreeMap<String, String>,
    files: Vec<PathBuf>,
    room: usize,
    form: Form,
    /// Names that were to be changed and are not there.
    unknown: BTreeSet<String>,
}

impl Default for PromptPack {
    fn default() -> Self {
        let first = |name, template| Section::new(name, When::First, template);
        let always = |name, template| Section::new(name, When::Always, template);
        Self {
            sections: vec![
                first("rules", "{rules}"),
                first("task", "{task_text}"),
                first("orientation", "{orientation}"),
                first("dependencies", "{dependencies}"),
                first("pending", "{pending}"),
                always("events", "{events}"),
                always("request", "{request}"),
                always("signals", "{signals}"),
            ],
            variables: BTreeMap::new(),
            files: Vec::new(),
            room: DEFAULT_ORIENTATION,
            form: Form::Lines,
            unknown: BTreeSet::new(),
        }
    }
}

impl PromptPack {
    /// Gives a section another text; its place and time stay.
    #[must_use]
    pub fn replace(mut self, name: &str, template: impl Into<String>) -> Self {
        if let Some(at) = self.place(name) {
            self.sections[at].template = template.into();
        }
        self
    }

    /// Takes a section out.
    #[must_use]
    pub fn remove(mut self, name: &str) -> Self {
        if let Some(at) = self.place(name) {
            self.sections.remove(at);
        }
        self
    }

    /// Adds a section before another one.
    #[must_use]
    pub fn before(mut self, name: &str, section: Section) -> Self {
        if let Some(at) = self.place(name) {
            self.sections.insert(at, section);
        }
        self
    }

    /// Adds a section after another one.
    #[must_use]
    pub fn after(mut self, name: &str, section: Section) -> Self {
        if let Some(at) = self.place(name) {
            self.sections.insert(at + 1, section);
        }
        self
    }

    /// Puts the named sections first, in this order; the others follow in
    /// theirs.
    #[must_use]
    pub fn order<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut first = Vec::new();
        for name in names {
            if let Some(at) = self.place(name) {
                first.push(self.sections.remove(at));
            }
        }
        first.append(&mut self.sections);
        self.sections = first;
        self
    }

    /// Gives a variable of templates its value. What looks like a variable in
    /// a value is not one.
    #[must_use]
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Shows these files of the repository to new conversations, by their
    /// paths from its root; those that are not there are left out. Default:
    /// none, for agents read their own (`CLAUDE.md`, `AGENTS.md`).
    ///
    /// Choose short ones that change rarely: what an agent can look up when it
    /// needs it only drowns what it must know.
    #[must_use]
    pub fn orientation<P: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.files = files.into_iter().map(Into::into).collect();
        self
    }

    /// Shows at most so many bytes of them all together. Default:
    /// [`DEFAULT_ORIENTATION`].
    #[must_use]
    pub fn orientation_limit(mut self, bytes: usize) -> Self {
        self.room = bytes;
        self
    }

    /// How workers are asked to say their word, where their harness can do that
    /// ([`Capabilities::structured`](crate::ports::Capabilities::structured));
    /// elsewhere by lines. Default: by lines everywhere, see [`Form`].
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// How workers are asked to say their word, where that can be chosen.
    pub fn asked_form(&self) -> Form {
        self.form
    }

    /// The sections in their order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The files for orientation, and how many bytes of them are shown.
    pub fn orientation_files(&self) -> (&[PathBuf], usize) {
        (&self.files, self.room)
    }

    /// All mistakes at once.
    pub fn check(&self) -> Result<(), PromptError> {
        let known: Vec<_> = self.sections.iter().map(Section::name).collect();
        let mut problems = BTreeSet::new();
        problems.extend(self.unknown.iter().map(|name| PromptProblem::NoSection {
            name: name.clone(),
            known: known.join(", "),
        }));
        for (at, section) in self.sections.iter().enumerate() {
            if known[..at].contains(&section.name()) {
                problems.insert(PromptProblem::TwoSections(section.name.clone()));
            }
            problems.extend(self.faults(section));
        }
        for name in self.variables.keys() {
            if VARIABLES.contains(&name.as_str()) {
                problems.insert(PromptProblem::Reserved(name.clone()));
            }
            if pieces(&format!("{{{name}}}")) != [Piece::Variable(name)] {
                problems.insert(PromptProblem::BadName(name.clone()));
            }
        }
        let paths = self.files.iter().filter(|path| !inside(path));
        problems.extend(paths.cloned().map(PromptProblem::BadPath));
        if problems.is_empty() {
            Ok(())
        } else {
            Err(PromptError(problems.into_iter().collect()))
        }
    }

    fn faults(&self, section: &Section) -> Vec<PromptProblem> {
        let pieces = pieces(&section.template);
        let mut faults = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let Piece::Variable(name) = *piece else {
                continue;
            };
            let before = at.checked_sub(1).map(|before| pieces[before]);
            if name == "nonce"
                && matches!(before, Some(Piece::Text(text)) if text.ends_with("swarm:"))
            {
                faults.push(PromptProblem::ShowsSignal {
                    section: section.name.clone(),
                });
            }
            if !VARIABLES.contains(&name) && !self.variables.contains_key(name) {
                faults.push(PromptProblem::Missing {
                    variable: name.to_owned(),
                    section: section.name.clone(),
                });
            }
        }
        faults
    }

    /// The prompt of a turn. Its first line names run, task, attempt and turn,
    /// so that a transcript found on a disk can be traced back. The same input
    /// gives the same prompt; a variable that nobody gave stays as it is.
    pub fn render(&self, what: &PromptInput<'_>) -> String {
        let mut text = tag(what);
        for section in &self.sections {
            match section.when {
                When::First if what.resumed => continue,
                When::First | When::Always => {}
            }
            let filled = self.filled(&section.template, what);
            let filled = filled.trim_matches('\n');
            if !filled.trim().is_empty() {
                text.push('\n');
                text.push_str(filled);
                text.push('\n');
            }
        }
        text
    }

    fn filled(&self, template: &str, what: &PromptInput<'_>) -> String {
        let mut text = String::new();
        for piece in pieces(template) {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Variable(name) => {
                    match (value(name, what, self.room), self.variables.get(name)) {
                        (Some(built_in), _) => text.push_str(built_in.trim_end_matches('\n')),
                        (None, Some(given)) => text.push_str(given),
                        (None, None) => text.extend(["{", name, "}"]),
                    }
                }
            }
        }
        text
    }

    fn place(&mut self, name: &str) -> Option<usize> {
        let at = self
            .sections
            .iter()
            .position(|section| section.name == name);
        if at.is_none() {
            self.unknown.insert(name.to_owned());
        }
        at
    }
}

fn tag(what: &PromptInput<'_>) -> String {
    format!(
        "[swarm run={} task={} attempt={} turn={} role={}]\n",
        what.attempt.run,
        what.attempt.task,
        what.attempt.number,
        what.turn,
        what.ask.role().as_str(),
    )
}

fn inside(path: &Path) -> bool {
    let mut parts = path.components();
    parts.all(|part| matches!(part, Component::Normal(_))) && path.components().next().is_some()
}
