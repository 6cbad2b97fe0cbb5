//! What the model says, written down beforehand.

use std::collections::BTreeMap;

use crate::model::{Role, Usage};

use super::fault::Fault;

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
    turns: BTreeMap<u32, Vec<Answer>>,
}

/// One answer of the model: the agent runs what it calls for, then asks again.
/// An answer that calls for nothing ends the agent's turn.
#[derive(Clone, Debug)]
#[must_use]
pub struct Answer {
    pub(super) text: Option<String>,
    pub(super) calls: Vec<Call>,
    pub(super) usage: Usage,
    /// For how many requests, and what; the last one may be for all.
    faults: Vec<(usize, Fault)>,
}

/// A tool that the model wants to be used, whatever an agent calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A command for the shell.
    Shell(String),
    /// The answer by the schema that the agent asked for, as JSON.
    Structured(String),
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
            turns: BTreeMap::new(),
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

    /// What the model answers in this turn of an attempt, whatever its role and
    /// the conversation: turns are counted from 1, and prompts tell the number.
    pub fn turn(mut self, turn: u32, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.turns.insert(turn, answers.into_iter().collect());
        self
    }

    pub(super) fn answer(&self, role: &str, turn: u32, number: usize) -> Option<&Answer> {
        let of_turn = self.turns.get(&turn);
        let answers = of_turn.or_else(|| self.parts.get(role))?;
        let hopeless = || answers.last().filter(|last| last.fault(number).is_some());
        answers.get(number).or_else(hopeless)
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
            faults: Vec::new(),
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

    /// Gives this JSON as its answer by a schema, where the agent asked for one.
    /// That ends a turn: Claude Code has a tool for it, and of Codex it is the
    /// final message.
    pub fn structured(mut self, json: impl Into<String>) -> Self {
        self.calls.push(Call::Structured(json.into()));
        self
    }

    /// What the answer cost, in tokens. What that is in money is for the agent
    /// to say: Claude Code knows the prices of its models.
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// Fails like this whenever it is asked for. The last answer of a turn is
    /// then also what an agent gets that goes on after it, as with one that was
    /// cut off.
    ///
    /// ```
    /// use swarm_core::testing::model_server::{Answer, Fault, Script};
    /// let closed = Script::new("closed", [Answer::new().fails(Fault::Unauthorized)]);
    /// let busy = Answer::new().text("Here I am.").fails_first(2, Fault::Overloaded);
    /// # let _ = (closed, busy);
    /// ```
    pub fn fails(self, fault: Fault) -> Self {
        self.fails_first(usize::MAX, fault)
    }

    /// Fails like this for the first so many requests of each turn; what was
    /// said before comes first. Then it is given.
    pub fn fails_first(mut self, requests: usize, fault: Fault) -> Self {
        self.faults.push((requests, fault));
        self
    }

    /// What goes wrong when it is asked for again after so many times.
    pub(super) fn fault(&self, times: usize) -> Option<&Fault> {
        let mut before = 0_usize;
        let mut faults = self.faults.iter();
        let (_, fault) = faults.find(|(requests, _)| {
            before = before.saturating_add(*requests);
            times < before
        })?;
        Some(fault)
    }
}

/// What a stream says at once.
pub(super) fn pieces<'a>(text: &'a str, fault: Option<&Fault>) -> Vec<&'a str> {
    match fault {
        Some(Fault::Slow { .. }) => text.split_inclusive(' ').collect(),
        _ => vec![text],
    }
}
