//! Answers in a structure.

#![cfg_attr(fuzzing, no_main)]

swarm_fuzz::target!("answers", |data| {
    if let Ok(text) = std::str::from_utf8(data) {
        swarm_core::testing::invariants::answers(text);
    }
});
