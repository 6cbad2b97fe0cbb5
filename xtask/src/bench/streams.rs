//! The adapters by themselves: long recorded streams, no agent.

use crate::failure::Result;

use super::throughput::example;

pub(super) fn streams() -> Result<()> {
    for (package, name) in [
        ("swarm-harness-claude", "read_claude"),
        ("swarm-harness-codex", "read_codex"),
    ] {
        example(package, name, &[])?;
    }
    Ok(())
}
