//! swarm-harness-claude
