//! Showing a run while it goes on.

mod board;
mod jsonl;
mod lines;
mod progress;
mod view;
mod words;

pub(super) use jsonl::EventsFile;
pub(super) use lines::Lines;
pub(super) use progress::Progress;
pub(super) use view::{Teller, View, watch};
