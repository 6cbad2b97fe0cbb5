//! What Codex prints.

#![cfg_attr(fuzzing, no_main)]

swarm_fuzz::target!("codex", |data| swarm_fuzz::stream(
    &swarm_harness_codex::Codex::new(),
    data
));
