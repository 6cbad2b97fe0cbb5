//! The conformance suites: our own adapters keep every clause, and every
//! clause catches an adapter with the fault that it is about.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use swarm_core::testing::{Account, Clause};

mod gate;
mod git;
mod harness;
mod page;
mod reviewer;
mod store;

/// Each clause has a planted fault, and no fault names a clause that is none.
fn assert_complete<F: ?Sized>(
    clauses: &[Clause<F>],
    planted: impl IntoIterator<Item = &'static str>,
) {
    let clauses: BTreeSet<_> = clauses.iter().map(Clause::name).collect();
    let planted: BTreeSet<_> = planted.into_iter().collect();
    let free: Vec<_> = clauses.symmetric_difference(&planted).collect();
    assert!(free.is_empty(), "not both a clause and planted: {free:?}");
}

/// The clause found the fault, by being broken.
fn assert_caught(clause: &str, fault: &dyn std::fmt::Debug, account: &Account) {
    println!("{fault:?}: {account}");
    assert_eq!(account.broken(), [clause], "with {fault:?}: {account}");
    assert!(!account.broken[0].seen.is_empty());
}
