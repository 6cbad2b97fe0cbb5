//! The reference application `swarm`, thin over the library, and the
//! quickstart that shows it at work.

pub mod app;
pub mod quickstart;
