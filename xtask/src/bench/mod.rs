//! `cargo xtask bench`: what swarm costs beside the work itself.

mod compare;
mod field;
mod measure;
mod options;
mod overhead;
mod report;
mod run;
mod shim;
mod streams;
mod throughput;

pub(crate) use run::bench;
