//! How fast a long stream is read, and how much memory that takes.
//! `cargo xtask bench streams` runs it.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use peak_alloc::PeakAlloc;
use swarm_core::agent_cli::CliAgent;
use swarm_core::testing::streams::{Recorded, turn};
use swarm_harness_codex::Codex;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const BYTES: usize = 100_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let stream = Recorded::read(&fixtures.join("concurrent-resume-0"))?.enlarged(BYTES);
    let megabytes = f64::from(u32::try_from(stream.stdout.len())?) / 1e6;
    let mut transcript = Codex::new().transcript(&turn());
    let mut events = 0_u64;

    let before = HEAP.current_usage_as_kb();
    HEAP.reset_peak_usage();
    let began = Instant::now();
    stream.feed(&mut *transcript, |_| events += 1);
    let report = transcript.finish(stream.exit);
    let took = began.elapsed().as_secs_f64();
    let peak = HEAP.peak_usage_as_kb() - before;

    println!(
        "codex  {megabytes:.0} MB in {took:.2} s: {:.0} MB/s, {events} events, peak heap {peak:.0} KB, {}",
        megabytes / took,
        report.end.as_str(),
    );
    Ok(())
}
