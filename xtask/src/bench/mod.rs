//! `cargo xtask bench`: what swarm costs beside the work itself.

mod compare;
mod example;
mod field;
mod measure;
mod options;
mod overhead;
mod report;
mod run;
mod shim;

pub(crate) use run::bench;
