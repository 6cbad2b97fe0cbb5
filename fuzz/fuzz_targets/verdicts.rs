//! Final messages of reviewers.

#![cfg_attr(fuzzing, no_main)]

swarm_fuzz::target!("verdicts", |data| {
    if let Ok(text) = std::str::from_utf8(data) {
        swarm_core::testing::invariants::verdicts(text);
    }
});
