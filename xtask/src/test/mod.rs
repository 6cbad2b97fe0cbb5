//! `cargo xtask test`: everything that must hold before a commit lands.

mod bare;
mod run;
mod steps;

pub(crate) use run::test;
