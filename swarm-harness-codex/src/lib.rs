//! swarm-harness-codex
