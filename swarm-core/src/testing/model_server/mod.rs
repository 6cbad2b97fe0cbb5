//! A model service on the loopback interface, for the agents' real command
//! lines: Anthropic's Messages and OpenAI's Responses interface, streamed, and
//! scripted by the test.
//!
//! A task's text chooses a [`Script`] by a marker, `[script:NAME key=value …]`.
//! Which answer is next, the server sees from what the agent sends along. So
//! any number of agents can talk to one server at once, and resume each other's
//! sessions. The one thing that it counts is how often an answer was asked for:
//! for what [goes wrong](Fault) at first.
//!
//! ```
//! use swarm_core::testing::model_server::{Answer, Fault, ModelServer, Script};
//! let greet = Script::new("greet", [
//!     Answer::new().write("${file}", "hello\n"),
//!     Answer::new().shell("git add . && git commit -q -m 'Greet'"),
//!     Answer::new()
//!         .text("Greeted.\n\nswarm:${nonce} DONE")
//!         .fails_first(1, Fault::Overloaded),
//! ]);
//! let closed = Script::new("closed", [Answer::new().fails(Fault::Unauthorized)]);
//! let server = ModelServer::start([greet, closed])?;
//!
//! // The agents' real programs need no account and no network then. A task
//! // says, say, `[script:greet file=a.txt]`.
//! let mut claude = std::process::Command::new("claude");
//! claude.env_clear().envs(server.claude_env()); // and PATH, HOME
//! let mut codex = std::process::Command::new("codex");
//! codex.env_clear().envs(server.codex_env());
//! codex.args(["exec", "--json"]);
//! for (key, value) in server.codex_settings() {
//!     codex.arg("-c").arg(format!("{key}={value}"));
//! }
//!
//! // What was asked, in order, and when.
//! assert!(server.requests().is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The adapters' harnesses take the same: `.environment(…)` of a `CliHarness`
//! is given these variables with `PATH` and `HOME`, `Codex::config` each of the
//! settings. `cargo run -p swarm-core --features test-util --example
//! model_server` starts a server to try by hand.

mod connect;
mod connection;
mod conversation;
mod fault;
mod fill;
mod http;
mod interface;
mod marker;
mod messages;
mod refusals;
mod reply;
mod request;
mod responses;
mod script;
mod server;
mod stream;
#[cfg(test)]
mod tests;

pub use fault::Fault;
pub use request::{Played, Request};
pub use script::{Answer, Script};
pub use server::ModelServer;
