//! swarm-store
