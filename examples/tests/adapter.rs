//! The whole contract of an agent's adapter, checked by one test.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::Duration;

use swarm_core::agent_cli::CommandHarness;
use swarm_core::testing::harness_suite::{self, CliFixture, Plain};

/// The adapter, calling a program that the suite puts in the agent's place.
fn adapter(program: &Path) -> CommandHarness {
    CommandHarness::new(program, ["--quiet"]).grace(Duration::from_millis(100))
}

#[tokio::test]
async fn the_adapter_keeps_every_clause() {
    // `Plain`: how this agent speaks. Bring a `Dialect` for another.
    harness_suite::check_all(|| CliFixture::new(Plain, adapter)).await;
}
