//! The way to the line: one at a time.

mod queue;

pub(super) use queue::Queue;
