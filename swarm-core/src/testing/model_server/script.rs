//! What the model says, written down beforehand.

use std::collections::BTreeMap;

use crate::model::{Role, Usage};

/// A model's part of a conversation, under the name by which a task's text asks
/// for it: `[script:NAME key=value …]`.
///
/// In every text of it, `${key}` stands for the marker's value, `${nonce}` for
/// the nonce of the prompt's signals and `${cwd}` for the folder in which the
/// agent says it works. Any other `${…}` stays as it is: the shell may know it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Script {
    pub(super) name: String,
    parts: BTreeMap<&'static str, Vec<Answer>>,
}

/// One answer of the model: the agent runs what it calls for, then asks again.
/// An answer that calls for nothing ends the agent's turn.
#[derive(Clone, Debug)]
#[must_use]
pub struct Answer {
    pub(super) text: Option<String>,
    pub(super) calls: Vec<Call>,
    pub(super) usage: Usage,
}

/// A tool that the model wants to be used, whatever an agent calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A command for the shell.
    Shell(String),
    /// A new file in the working directory.
    Write { path: String, content: String },
}

impl Script {
    /// What the model answers when the agent is asked to do the task, and when
    /// a prompt names no role.
    pub fn new(name: impl Into<String>, answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Self {
            name: name.into(),
            parts: BTreeMap::new(),
        };
        script.part(Role::Implement, answers)
    }

    /// What the model answers in turns of this role, from the first answer
    /// after the prompt on. A role without a part is an error that the agent
    /// sees, and so is a question after the last answer.
    pub fn part(mut self, role: Role, answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = answers.into_iter().collect();
        self.parts.insert(role.as_str(), answers);
        self
    }

    pub(super) fn answer(&self, role: &str, number: usize) -> Option<&Answer> {
        self.parts.get(role)?.get(number)
    }
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            text: None,
            calls: Vec::new(),
            usage: Usage {
                input: 100,
                output: 20,
                ..Usage::default()
            },
        }
    }
}

impl Answer {
    /// Says nothing, calls for nothing, and cost 100 tokens in and 20 out.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says this, before any call.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Calls for a shell command, in the agent's working directory.
    pub fn shell(mut self, command: impl Into<String>) -> Self {
        self.calls.push(Call::Shell(command.into()));
        self
    }

    /// Calls for a new file. The path is relative to the agent's working
    /// directory; the content consists of whole lines.
    pub fn write(mut self, path: impl Into<String>, content: impl Into<String>) -> Self {
        let (path, content) = (path.into(), content.into());
        self.calls.push(Call::Write { path, content });
        self
    }

    /// What the answer cost.
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }
}
