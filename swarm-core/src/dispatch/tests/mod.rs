//! The dispatcher as a whole.

mod simulation;
