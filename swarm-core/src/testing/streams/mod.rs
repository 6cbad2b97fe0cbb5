//! Recorded streams: what an agent printed once, kept beside its adapter's tests.
//!
//! A recording is a folder of three files. Its name is the recording's name.
//!
//! | file | what |
//! |---|---|
//! | `stdout.jsonl` | standard output, byte for byte |
//! | `stderr.txt` | standard error; may be missing |
//! | `meta.json` | how it ended: `{"version": "2.1.0", "exit_code": 1}`, or `"signal": 9` in its place; a negative code is a signal, too; other fields are not looked at |
//!
//! With a folder of them an adapter's tests are a few lines:
//!
//! 1. [`Expected`] is the table of what came of each, in a file beside them.
//! 2. [`Recorded::play`] shows a recording to the adapter; [`Played`] can be
//!    printed, for a snapshot of all of them.
//! 3. [`mutate`] breaks them in thousands of ways that can be repeated, and
//!    keeps what an adapter stumbles over in a folder that every later run tries
//!    first.
//! 4. [`check_sound`], [`check_verdict`], [`check_noise`] and
//!    [`check_key_order`] are what holds for every stream, broken or not.
//!
//! ```
//! use std::path::Path;
//! use swarm_core::agent_cli::CliAgent;
//! use swarm_core::process::Exit;
//! use swarm_core::testing::streams::{self, Recorded};
//! # use swarm_core::agent_cli::{Fields, Invocation, Transcript, silent_end};
//! # use swarm_core::ports::{AgentEvent, Capabilities, HarnessError, TurnReport, TurnRequest};
//! # use swarm_core::process::{Line, Stream};
//! # #[derive(Debug)]
//! # struct Acme;
//! # impl CliAgent for Acme {
//! #     fn capabilities(&self) -> Capabilities { Capabilities::default() }
//! #     fn invocation(&self, _: &TurnRequest) -> Result<Invocation, HarnessError> {
//! #         Ok(Invocation::default())
//! #     }
//! #     fn transcript(&self, _: &TurnRequest) -> Box<dyn Transcript> { Box::new(Reader(None)) }
//! # }
//! # #[derive(Debug)]
//! # struct Reader(Option<String>);
//! # impl Transcript for Reader {
//! #     fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
//! #         if line.stream == Stream::Stdout && !line.cut {
//! #             let event = Fields::parse(line.text);
//! #             if event.text("type") == "done" { self.0 = Some(event.text("text")); }
//! #         }
//! #         Vec::new()
//! #     }
//! #     fn finish(self: Box<Self>, exit: Exit) -> TurnReport {
//! #         match self.0 {
//! #             Some(text) => TurnReport::finished(text),
//! #             None => { let (end, error) = silent_end("Acme", exit); TurnReport::ended(end, error) }
//! #         }
//! #     }
//! # }
//!
//! // From a folder: `Recorded::read_all(Path::new("tests/fixtures"))?`.
//! let stdout = r#"{"type":"start"}
//! {"type":"done","text":"All well."}
//! "#;
//! let streams = [Recorded::new("text", stdout, "", Exit::Code(0))];
//!
//! let played = streams[0].play(&Acme, &streams::turn());
//! assert_eq!(played.report.message, "All well.");
//!
//! streams::mutate(&streams, Path::new("tests/corpus"), 0..200, |stream| {
//!     let played = streams::check_sound(stream, || Acme);
//!     streams::check_verdict(stream, &played, |line| line.contains("done"));
//!     streams::check_noise(stream, || Acme);
//!     streams::check_key_order(stream, 7, || Acme);
//! });
//! ```

mod checks;
mod dice;
mod expected;
mod json;
mod mutate;
mod mutator;
mod play;
mod recorded;

pub use checks::{
    check_cuts, check_key_order, check_line_ends, check_noise, check_sound, check_verdict,
};
pub use expected::Expected;
pub use mutate::{mutate, seeds};
pub use play::{Played, turn};
pub use recorded::Recorded;
