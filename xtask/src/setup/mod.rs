//! `cargo xtask setup`: what the tests need beside Rust.

mod cli;
mod install;
mod tools;

pub(crate) use install::setup;
