//! What is told to authors of adapters is what is checked.

use std::fmt::Write;
use std::fs;

use swarm_core::testing::{
    Clause, gate_suite, git_suite, harness_suite, reviewer_suite, store_suite,
};

fn table<F: ?Sized>(clauses: &[Clause<F>]) -> String {
    let mut table = String::from("| clause | what it demands | needs |\n|---|---|---|\n");
    for clause in clauses {
        let needs = clause.needs().iter().map(|need| format!("`{need:?}`"));
        let needs = needs.collect::<Vec<_>>().join(", ");
        let (name, guarantee) = (clause.name(), clause.guarantee());
        writeln!(table, "| `{name}` | {guarantee} | {needs} |").unwrap();
    }
    table
}

#[test]
fn the_page_for_authors_has_every_clause() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ADAPTERS.md");
    let page = fs::read_to_string(path).unwrap();
    for table in [
        table(harness_suite::CLAUSES),
        table(git_suite::CLAUSES),
        table(store_suite::CLAUSES),
        table(gate_suite::CLAUSES),
        table(reviewer_suite::CLAUSES),
    ] {
        assert!(page.contains(&table), "put this into ADAPTERS.md:\n{table}");
    }
}
