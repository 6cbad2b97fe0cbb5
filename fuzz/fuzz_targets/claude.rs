//! What Claude Code prints.

#![cfg_attr(fuzzing, no_main)]

swarm_fuzz::target!("claude", |data| swarm_fuzz::stream(
    &swarm_harness_claude::ClaudeCode::new(),
    data
));
