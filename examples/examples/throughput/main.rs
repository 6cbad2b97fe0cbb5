//! What the engine itself costs: 10,000 scripted tasks on 64 slots, with fakes
//! of everything else, on one thread. Each task lives a full life: claim,
//! worktree, checkpoint, turn, look at the work, gate, review, merge, intent,
//! move of the line, end, release.
//!
//! An input of the dispatcher is counted where it comes from: each call of a
//! port brings back exactly one answer, and each answer is one input.

mod counted;
mod heap;

use std::sync::Arc;
use std::time::Instant;

use swarm_core::model::Task;
use swarm_core::ports::TaskStore;
use swarm_core::store::MemoryStore;
use swarm_core::testing::{FakeGit, ScriptedGate, ScriptedHarness, ScriptedReviewer};
use swarm_core::{RunReport, Swarm};

use counted::{Counted, Counter};

const TASKS: usize = 10_000;
const SLOTS: usize = 64;
/// Done tasks after which the heap is measured first.
const EARLY: usize = 1_000;
const INPUTS_WANTED: f64 = 50_000.0;
const GROWTH_ALLOWED: f64 = 1.2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let counter = Arc::new(Counter::new([EARLY, TASKS]));
    let begin = Instant::now();
    let report = runtime.block_on(run(&counter))?;
    let seconds = begin.elapsed().as_secs_f64();
    if report.exit_code() != 0 {
        return Err("not every task has landed".into());
    }
    tell(&counter, seconds)
}

async fn run(counter: &Arc<Counter>) -> Result<RunReport, Box<dyn std::error::Error>> {
    let git = Arc::new(FakeGit::new().forgetful());
    let agent = ScriptedHarness::new(Arc::clone(&git)).forgetful();
    let store = MemoryStore::new();
    for number in 0..TASKS {
        let task = Task::new(format!("task-{number:05}"), "Do what is to be done.")?;
        store.add(vec![task.into()]).await?;
    }
    counter.begin();
    let swarm = Swarm::builder()
        .store(Arc::new(Counted::new(store, counter)))
        .git(Arc::new(Counted::new(git, counter)))
        .harness("scripted", Arc::new(Counted::new(agent, counter)))
        .gate(Arc::new(Counted::new(
            ScriptedGate::new("test", [""; 0]),
            counter,
        )))
        .reviewers(vec![Arc::new(Counted::new(
            ScriptedReviewer::new("reviewer", []),
            counter,
        ))])
        .jobs(SLOTS)
        .build()?;
    Ok(swarm.run().await?)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn tell(counter: &Counter, seconds: f64) -> Result<(), Box<dyn std::error::Error>> {
    let inputs = counter.inputs();
    let rate = inputs as f64 / seconds;
    println!(
        "{TASKS} tasks on {SLOTS} slots, one thread: {seconds:.2} s, {inputs} inputs \
         ({:.1} a task)",
        inputs as f64 / TASKS as f64
    );
    println!(
        "  {rate:.0} inputs/s, wanted {INPUTS_WANTED:.0}: {}",
        verdict(rate >= INPUTS_WANTED)
    );
    let [begin, early, late] = counter.heaps().ok_or("the heap was not measured")?;
    let growth = late as f64 / early as f64;
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    println!(
        "  live heap: {:.1} MB with the tasks stored, {:.1} MB with {EARLY} done, {:.1} MB with \
         {TASKS} done",
        megabytes(begin),
        megabytes(early),
        megabytes(late)
    );
    println!(
        "  {growth:.2} times as much, allowed {GROWTH_ALLOWED}: {}",
        verdict(growth <= GROWTH_ALLOWED)
    );
    Ok(())
}

fn verdict(good: bool) -> &'static str {
    if good { "good" } else { "MISSED" }
}
