//! Any program as an agent.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;

use super::harness::from_here;
use super::{CliAgent, CliHarness, Invocation, Program, Transcript};
use crate::error::{Advice, Failure};
use crate::model::{Check, EndReason, Killer};
use crate::ports::{
    AgentEvent, CallContext, Capabilities, Harness, HarnessError, HarnessErrorKind,
    PreflightRequest, TurnReport, TurnRequest,
};
use crate::process::env::Vars;
use crate::process::{Exit, Line, Stream};

/// How much of the output's end is the final message, in bytes.
const MESSAGE: usize = 1 << 20;
/// How much of the errors' end is kept, in bytes.
const ERRORS: usize = 4 << 10;
/// Longest error told, in characters.
const TOLD: usize = 400;

/// A harness that calls any program: the prompt comes on standard input, what
/// it prints on standard output is its final message (the last 1 MiB), and
/// exit code 0 means that it ended well.
///
/// It inherits the caller's environment but for git's local variables, and
/// gets the variables that [`CliHarness`] tells of. No shell is involved.
///
/// ```
/// use swarm_core::agent_cli::CommandHarness;
/// let harness = CommandHarness::parse("my-agent --style 'short and plain'")?;
/// # Ok::<_, swarm_core::ports::HarnessError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CommandHarness(CliHarness);

impl CommandHarness {
    /// Takes a command line: split into words like a shell does, but nothing
    /// in it is expanded or executed.
    ///
    /// # Errors
    /// [`HarnessErrorKind::Start`] if it is empty or a quote is not closed.
    pub fn parse(line: &str) -> Result<Self, HarnessError> {
        let bad = |why: &str| {
            let what = format!("use the command line {line:?}");
            Failure::new(HarnessErrorKind::Start, what, Advice::FixConfiguration)
                .because(why.to_owned())
        };
        let mut words = shlex::split(line).ok_or_else(|| bad("a quote in it is not closed"))?;
        if words.first().is_none_or(String::is_empty) {
            return Err(bad("it names no program"));
        }
        let args = words.split_off(1);
        Ok(Self::new(&words[0], args))
    }

    /// Takes a program and its arguments. A name is looked up on `PATH`; a
    /// relative path is taken from the current directory, now.
    pub fn new<S: Into<OsString>>(
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        Self(CliHarness::trusting(CommandAgent {
            program: from_here(program.as_ref()),
            args: args.into_iter().map(Into::into).collect(),
        }))
    }

    /// Arguments after the others.
    #[must_use]
    pub fn extra_args<S: Into<OsString>>(self, more: impl IntoIterator<Item = S>) -> Self {
        Self(self.0.extra_args(more))
    }

    /// Time between the request to end and the use of force (10 s).
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        Self(self.0.grace(grace))
    }

    /// Keeps the streams of every turn: see [`CliHarness::record`].
    #[must_use]
    pub fn record(self, folder: impl Into<PathBuf>) -> Self {
        Self(self.0.record(folder))
    }

    /// What the program leaves running may live on (it is ended). See
    /// [`CliHarness::leave_running`].
    #[must_use]
    pub fn leave_running(self, leave: bool) -> Self {
        Self(self.0.leave_running(leave))
    }

    /// The environment to inherit, instead of this process's own.
    #[must_use]
    pub fn environment(self, environment: Vars) -> Self {
        Self(self.0.environment(environment))
    }
}

#[async_trait]
impl Harness for CommandHarness {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn preflight(&self, what: PreflightRequest) -> Vec<Check> {
        self.0.preflight(what).await
    }

    async fn run(
        &self,
        turn: TurnRequest,
        context: CallContext,
    ) -> Result<TurnReport, HarnessError> {
        self.0.run(turn, context).await
    }
}

#[derive(Debug)]
struct CommandAgent {
    program: OsString,
    args: Vec<OsString>,
}

impl CliAgent for CommandAgent {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError> {
        Ok(Invocation {
            program: self.program.clone(),
            args: self.args.clone(),
            stdin: turn.prompt.clone().into_bytes(),
            ..Invocation::default()
        })
    }

    fn program(&self) -> Option<Program> {
        Some(Program::any(self.program.clone()))
    }

    fn transcript(&self, _: &TurnRequest) -> Box<dyn Transcript> {
        Box::new(Printed {
            message: Tail::new(MESSAGE),
            errors: Tail::new(ERRORS),
        })
    }
}

/// What a program printed.
#[derive(Debug)]
struct Printed {
    message: Tail,
    errors: Tail,
}

impl Transcript for Printed {
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
        match line.stream {
            Stream::Stdout => self.message.push(line.text),
            Stream::Stderr => self.errors.push(line.text),
        }
        Vec::new()
    }

    fn finish(self: Box<Self>, exit: Exit) -> TurnReport {
        let message = self.message.text();
        let (end, how) = match exit {
            Exit::Code(0) => return TurnReport::finished(message),
            Exit::Code(code) => (EndReason::Crashed, format!("exit code {code}")),
            Exit::Signal(signal) => {
                let by = Killer::Other;
                (
                    EndReason::Killed { by },
                    format!("ended by signal {signal}"),
                )
            }
            Exit::StoppedByUs(_) => {
                let by = Killer::Swarm;
                (EndReason::Killed { by }, "stopped".to_owned())
            }
        };
        let errors = self.errors.text();
        let said = [errors.as_str(), message.as_str()]
            .into_iter()
            .map(one_line)
            .find(|said| !said.is_empty());
        let error = said.map_or(how.clone(), |said| format!("{how}: {said}"));
        TurnReport {
            message,
            ..TurnReport::ended(end, error)
        }
    }
}

/// The end of a text on one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let skipped = line.chars().count().saturating_sub(TOLD);
    line.chars().skip(skipped).collect()
}

/// The last lines, in bounded memory.
#[derive(Debug)]
struct Tail {
    text: String,
    limit: usize,
}

impl Tail {
    fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit,
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        // Not at every line: cutting moves all that stays.
        if self.text.len() > 2 * self.limit {
            self.cut();
        }
    }

    fn text(mut self) -> String {
        self.cut();
        self.text.truncate(self.text.trim_end_matches('\n').len());
        self.text
    }

    fn cut(&mut self) {
        let excess = self.text.len().saturating_sub(self.limit);
        let start = (excess..=self.text.len()).find(|at| self.text.is_char_boundary(*at));
        self.text.drain(..start.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
