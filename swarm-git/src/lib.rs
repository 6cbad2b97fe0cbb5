//! swarm-git
