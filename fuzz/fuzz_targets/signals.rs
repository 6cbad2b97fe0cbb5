//! Final messages of workers and validators.

#![cfg_attr(fuzzing, no_main)]

swarm_fuzz::target!("signals", |data| {
    if let Ok(text) = std::str::from_utf8(data) {
        swarm_core::testing::invariants::signals(text);
    }
});
