//! The adapters by themselves: long recorded streams, no agent.

use crate::failure::Result;

use super::throughput::example;

pub(super) fn streams() -> Result<()> {
    for package in ["swarm-harness-claude", "swarm-harness-codex"] {
        example(package, "reading", &[])?;
    }
    Ok(())
}
