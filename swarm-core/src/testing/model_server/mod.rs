//! A model service on the loopback interface, for the agents' real command
//! lines: Anthropic's Messages and OpenAI's Responses interface, streamed, and
//! scripted by the test.
//!
//! A task's text chooses a [`Script`] by a marker, `[script:NAME key=value …]`.
//! The server keeps nothing about conversations: which answer is next, it sees
//! from what the agent sends along. So any number of agents can talk to one
//! server at once, and resume each other's sessions.
//!
//! ```
//! use swarm_core::testing::model_server::{Answer, ModelServer, Script};
//! let greet = Script::new("greet", [
//!     Answer::new().write("${file}", "hello\n"),
//!     Answer::new().shell("git add . && git commit -q -m 'Greet'"),
//!     Answer::new().text("Greeted.\n\nswarm:${nonce} DONE"),
//! ]);
//! let server = ModelServer::start([greet])?;
//! // ANTHROPIC_BASE_URL; Codex wants `/v1` behind it. The task says, say,
//! // `[script:greet file=a.txt]`.
//! println!("{}", server.url());
//! assert!(server.requests().is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```

mod connection;
mod conversation;
mod fill;
mod http;
mod marker;
mod messages;
mod reply;
mod request;
mod responses;
mod script;
mod server;
#[cfg(test)]
mod tests;

pub use request::{Played, Request};
pub use script::{Answer, Script};
pub use server::ModelServer;
