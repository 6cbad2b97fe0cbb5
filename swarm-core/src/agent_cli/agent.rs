//! What the author of a CLI adapter writes: pure functions.

use std::ffi::OsString;
use std::fmt::Debug;

use super::preflight::{Probe, ProbeAnswer, Program, Surroundings};
use crate::model::Check;
use crate::ports::{AgentEvent, Answer, Capabilities, HarnessError, TurnReport, TurnRequest};
use crate::process::{Exit, Line};

/// How to call an agent for one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The program: a path, or a name to be found on `PATH`.
    pub program: OsString,
    /// Its arguments. Never the prompt: it may be larger than a system allows.
    pub args: Vec<OsString>,
    /// Variables set on top of the inherited ones that are let through.
    pub env: Vec<(OsString, OsString)>,
    /// Written to standard input, which is then closed, unless the transcript
    /// [`listens`](Transcript::listens).
    pub stdin: Vec<u8>,
    /// Files that the program is to read: plain names and contents. They are
    /// put into a private folder, which is gone after the turn; an argument
    /// names it as [`FOLDER`](Self::FOLDER).
    pub files: Vec<(String, Vec<u8>)>,
    /// After its last word the program waits for another turn of this
    /// conversation, whose `stdin` is then written to it; it ends when its
    /// standard input is closed. Needs a transcript that can tell turns apart
    /// ([`next_turn`](Transcript::next_turn)).
    ///
    /// A run then keeps it for turns that follow at once and whose call differs
    /// in nothing but prompt and conversation, unless something else lives that
    /// the agent started. Its environment names no single turn (no
    /// `SWARM_TURN`, `SWARM_ROLE`, `SWARM_NONCE`, `SWARM_ONTO`); its raw log and
    /// what a [launcher](crate::ports::Launcher) is told are those of its first
    /// turn.
    pub stays: bool,
}

impl Invocation {
    /// Stands in an argument for the folder of [`files`](Self::files): it
    /// becomes an absolute path. No argument of a program can hold a NUL, so
    /// nothing else is taken for it.
    ///
    /// ```
    /// use swarm_core::agent_cli::Invocation;
    /// let call = Invocation {
    ///     program: "agent".into(),
    ///     args: vec![format!("--schema={}/schema.json", Invocation::FOLDER).into()],
    ///     files: vec![("schema.json".into(), b"{}".to_vec())],
    ///     ..Invocation::default()
    /// };
    /// # let _ = call;
    /// ```
    pub const FOLDER: &str = "\0folder";
}

/// A command-line agent: how it is called, what its output means, and what must
/// be there for it to work.
///
/// Everything here is pure; [`CliHarness`](super::CliHarness) starts, hears,
/// bounds and ends the process. One object serves all turns, many at once.
///
/// A whole adapter, for an agent that prints lines of JSON:
///
/// ```
/// use swarm_core::agent_cli::{
///     CliAgent, CliHarness, Complaints, Fields, Invocation, Transcript, silent_end,
/// };
/// use swarm_core::model::{EndReason, SessionId, Usage};
/// use swarm_core::ports::{AgentEvent, Capabilities, HarnessError, TurnReport, TurnRequest};
/// use swarm_core::process::{Exit, Line, Stream};
///
/// #[derive(Debug)]
/// struct Acme;
///
/// impl CliAgent for Acme {
///     fn capabilities(&self) -> Capabilities {
///         Capabilities::default().with_resume(true)
///     }
///
///     fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError> {
///         let mut args = vec!["--json".into()];
///         // As one argument: an id that begins with a dash stays a value.
///         args.extend(turn.session.iter().map(|id| format!("--resume={}", id.as_str()).into()));
///         Ok(Invocation {
///             program: "acme".into(),
///             args,
///             stdin: turn.prompt.clone().into_bytes(),
///             ..Invocation::default()
///         })
///     }
///
///     fn transcript(&self, _: &TurnRequest) -> Box<dyn Transcript> {
///         Box::<AcmeTranscript>::default()
///     }
/// }
///
/// #[derive(Debug, Default)]
/// struct AcmeTranscript {
///     session: Option<SessionId>,
///     said: String,
///     usage: Usage,
///     verdict: Option<Result<(), String>>,
///     complaints: Complaints,
/// }
///
/// impl Transcript for AcmeTranscript {
///     fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
///         if line.stream == Stream::Stderr {
///             self.complaints.hear(line.text);
///             return vec![];
///         }
///         // Of a line that was cut, nothing is known.
///         if line.cut {
///             return vec![];
///         }
///         let event = Fields::parse(line.text);
///         match event.text("type").as_str() {
///             "begin" => {
///                 let session = SessionId::new(event.text("conversation"));
///                 self.session = Some(session.clone());
///                 vec![AgentEvent::Session { session }]
///             }
///             "say" => {
///                 self.said = event.text("text");
///                 vec![AgentEvent::Message { text: self.said.clone() }]
///             }
///             "call" => vec![AgentEvent::Tool { name: event.text("tool") }],
///             "end" => {
///                 let tokens = event.object("tokens");
///                 self.usage.input = tokens.count("in");
///                 self.usage.output = tokens.count("out");
///                 self.verdict = Some(match event.flag("ok") {
///                     true => Ok(()),
///                     false => Err(event.text("error")),
///                 });
///                 vec![AgentEvent::Usage { usage: self.usage }]
///             }
///             // Programs grow: what is new is no fault.
///             _ => vec![],
///         }
///     }
///
///     fn finish(self: Box<Self>, exit: Exit) -> TurnReport {
///         let report = match self.verdict {
///             Some(Ok(())) => TurnReport::finished(""),
///             Some(Err(said)) if said.contains("key") => {
///                 TurnReport::ended(EndReason::Auth, format!("{said}; run `acme login`"))
///             }
///             Some(Err(said)) => TurnReport::ended(EndReason::Crashed, said),
///             None => {
///                 let (end, error) = silent_end("Acme", exit);
///                 let said = self.complaints.summary();
///                 TurnReport::ended(end, format!("{error}: {said}"))
///             }
///         };
///         TurnReport { message: self.said, session: self.session, usage: self.usage, ..report }
///     }
/// }
///
/// let harness = CliHarness::new(Acme).env_prefixes(&["ACME_"]);
/// # #[cfg(feature = "test-util")] {
///
/// // In its tests: what it makes of what the real program printed.
/// use swarm_core::testing::streams::{Recorded, turn};
/// let stdout = r#"{"type":"begin","conversation":"c1"}
/// {"type":"call","tool":"edit"}
/// {"type":"say","text":"Done."}
/// {"type":"end","ok":true,"tokens":{"in":12,"out":3}}
/// "#;
/// let played = Recorded::new("text", stdout, "", Exit::Code(0)).play(&Acme, &turn());
/// assert_eq!(played.report.end, EndReason::Finished);
/// assert_eq!(played.report.message, "Done.");
/// # assert_eq!(played.report.usage.input, 12);
/// # assert_eq!(played.events.len(), 4);
///
/// let killed = Recorded::new("killed", "", "out of memory\n", Exit::Signal(9));
/// let error = killed.play(&Acme, &turn()).report.error;
/// assert_eq!(error.as_deref(), Some("Acme was ended by signal 9: out of memory"));
/// # }
/// ```
///
/// `testing::streams` (feature `test-util`) has the rest of what its tests need.
pub trait CliAgent: Send + Sync + Debug {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// The command line of a turn. An error means that the request cannot be
    /// put into one; nothing is started then.
    fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError>;

    /// A reader for the output of one turn.
    fn transcript(&self, turn: &TurnRequest) -> Box<dyn Transcript>;

    /// What is known of its program, so that it can be found and asked for its
    /// version before a run. `None`: nothing is checked.
    fn program(&self) -> Option<Program> {
        None
    }

    /// What else should be asked before a run.
    fn probes(&self, around: &Surroundings) -> Vec<Probe> {
        let _ = around;
        Vec::new()
    }

    /// What the answers mean: one for each probe, in order.
    fn checks(&self, around: &Surroundings, answers: &[ProbeAnswer]) -> Vec<Check> {
        let _ = (around, answers);
        Vec::new()
    }
}

/// Reads one turn's output, line by line. [`CliAgent`] shows a whole one.
///
/// What holds for a good one, whatever a program prints:
/// - It ignores what it does not know, and never panics.
/// - Where the agent says itself that it is done, nothing else makes a turn
///   finished: an exit code of 0 alone is a crash
///   ([`silent_end`](super::silent_end)).
/// - The final message is the agent's own words and nothing else: neither what a
///   tool or a subagent printed nor what stood on standard error. Signals are
///   read in it.
/// - It keeps what it will report and no more. A turn may print gigabytes.
/// - Usage and cost are those of this turn alone. Where the agent counts over a
///   conversation or says things twice, the reader takes that apart.
/// - An error is one line of at most [`MAX_ERROR`](super::MAX_ERROR) characters,
///   says what is wrong, and where it can, what to do.
///
/// `testing::streams` has checks for the most of this.
pub trait Transcript: Send + Debug {
    /// A line of either stream, as soon as it was printed, in the order in which
    /// each was printed; how the two interleave is chance. Returns what others
    /// may want to see at once.
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent>;

    /// Whether the agent has said its last word: the turn is over, even if the
    /// process is not. Asked after every line; taken back by `false` when the
    /// agent begins anew.
    ///
    /// A process that stays longer than [`CliHarness`](super::CliHarness)
    /// [lets it linger](super::CliHarness::linger) is then ended, and
    /// [`finish`](Self::finish) is told [`Exit::Code`]`(0)`. By default nothing
    /// is known: only the end of the process ends the turn.
    fn is_over(&self) -> bool {
        false
    }

    /// Whether standard input stays open for answers, until the last word was
    /// said. Asked once, before the start.
    fn listens(&self) -> bool {
        false
    }

    /// What to write to standard input, now that a question of
    /// [`AgentEvent::Asks`] is answered, which was not
    /// [taken back](AgentEvent::TakesBack); nothing by default. `name` is the
    /// question's; the answer is one that it takes.
    fn answer(&mut self, name: &str, answer: &Answer) -> Vec<u8> {
        let _ = (name, answer);
        Vec::new()
    }

    /// The turn is over, and the program [stays](Invocation::stays): what came
    /// of it. What comes from now on is of the next turn, and nothing of this
    /// one may show in its report but the conversation. `None`, the default:
    /// it can take no other turn, and is ended.
    fn next_turn(&mut self) -> Option<TurnReport> {
        None
    }

    /// The process has ended: what came of the turn.
    ///
    /// For [`Exit::StoppedByUs`] the harness decides what stands of this: all
    /// of it if the agent [had said its last word](Self::is_over); a reason why
    /// it was silent, such as a rate limit, if a limit of time ended it; else
    /// the end becomes "timed out" or "killed".
    fn finish(self: Box<Self>, exit: Exit) -> TurnReport;
}
