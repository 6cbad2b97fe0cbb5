//! Whatever is printed, reading it never panics and the report makes sense.

#[path = "../../swarm-harness-claude/tests/common/mod.rs"]
mod common;

use common::{Mutator, all, mutations, replay, turn};
use swarm_core::model::EndReason;
use swarm_harness_codex::Codex;

#[test]
fn broken_streams_are_read_without_a_panic() {
    let runs = all();
    let agent = Codex::new();
    for seed in 0..mutations() {
        let at = usize::try_from(seed).unwrap();
        let (run, other) = (&runs[at % runs.len()], &runs[at * 7 % runs.len()]);
        let mut mutator = Mutator::new(seed);
        let stdout = mutator.mutate(&run.stdout, &other.stdout);
        let stderr = mutator.mutate(&run.stderr, &other.stdout);
        let (_, report) = replay(&agent, &turn(), &stdout, &stderr, mutator.exit());
        let error = report.error.unwrap_or_default();
        assert!(error.chars().count() <= 400, "seed {seed}: {error}");
        assert!(!error.contains('\n'), "seed {seed}: {error}");
        if report.end == EndReason::Finished {
            assert_eq!(error, "", "seed {seed}");
        }
    }
}
