//! `cargo xtask tidy`: the house rules, each in a file of its own.

mod check;
mod finding;
mod items;
mod manifest;
mod mask;
mod paths;
mod rules;
mod source;
mod words;

pub(crate) use check::tidy;
