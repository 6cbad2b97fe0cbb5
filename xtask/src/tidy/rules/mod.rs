//! One rule a file. Each is a function from files to findings.

mod adapters;
mod facade;
mod file_length;
mod function_length;
mod globals;
mod manifests;
mod msrv;
mod orphans;
mod panics;
mod purity;
mod quotes;
mod table;
mod unfinished;
mod unsafety;
mod wildcard;
mod words_kept_out;

pub(super) use table::{OF_A_FILE, OF_THE_WHOLE};
