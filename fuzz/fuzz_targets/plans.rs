//! Tasks out of a planner's final message.

#![cfg_attr(fuzzing, no_main)]

swarm_fuzz::target!("plans", |data| {
    if let Ok(text) = std::str::from_utf8(data) {
        swarm_core::testing::invariants::plans(text);
    }
});
