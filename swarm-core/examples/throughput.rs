//! How fast decisions are made: 10,000 scripted tasks on 64 slots, on fakes,
//! each with a full life: worktree, turn, gate, review, landing. Prints inputs
//! per second on one core, and the heap in use when 1,000 and when 10,000
//! tasks are done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use peak_alloc::PeakAlloc;
use swarm_core::Swarm;
use swarm_core::event::{Event, EventRecord};
use swarm_core::model::Task;
use swarm_core::ports::{Observer, TaskStore};
use swarm_core::store::MemoryStore;
use swarm_core::testing::{FakeGit, ScriptedGate, ScriptedHarness, ScriptedReviewer};

const TASKS: usize = 10_000;
const SLOTS: usize = 64;
/// Answers that the dispatcher is given in each life: acquired, noted, ran,
/// changed, gated, reviewed, merged, intended, advanced, recorded, released.
const INPUTS_A_LIFE: usize = 11;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Notes the heap when so many tasks have landed.
#[derive(Debug, Default)]
struct Heap {
    landed: AtomicUsize,
    at_1_000: AtomicUsize,
    at_10_000: AtomicUsize,
}

impl Observer for Heap {
    fn observe(&self, record: &EventRecord) {
        if let Event::Landed { .. } = record.event {
            match self.landed.fetch_add(1, Relaxed) + 1 {
                1_000 => self.at_1_000.store(HEAP.current_usage(), Relaxed),
                10_000 => self.at_10_000.store(HEAP.current_usage(), Relaxed),
                _ => {}
            }
        }
    }

    fn close(&self) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Arc::new(MemoryStore::new());
    let tasks = (0..TASKS).map(|n| Task::new(format!("task-{n:05}"), "Do it.").map(Into::into));
    store.add(tasks.collect::<Result<_, _>>()?).await?;
    let git = Arc::new(FakeGit::new().forgetful());
    let heap = Arc::new(Heap::default());
    let swarm = Swarm::builder()
        .store(store)
        .git(git.clone())
        .harness("scripted", Arc::new(ScriptedHarness::new(git).forgetful()))
        .gate(Arc::new(ScriptedGate::new("test", [""; 0]).forgetful()))
        .reviewers(vec![Arc::new(
            ScriptedReviewer::new("nobody", []).forgetful(),
        )])
        .observer(heap.clone())
        .jobs(SLOTS)
        .build()?;
    let begin = Instant::now();
    let report = swarm.run().await?;
    let seconds = begin.elapsed().as_secs_f64();
    assert_eq!(report.exit_code(), 0, "all land");
    let inputs = u32::try_from(TASKS * INPUTS_A_LIFE)?;
    println!("tasks {TASKS}, slots {SLOTS}, inputs {inputs}, seconds {seconds:.2}");
    println!(
        "inputs per second: {:.0} (at least 50000)",
        f64::from(inputs) / seconds
    );
    let [early, late] = [&heap.at_1_000, &heap.at_10_000].map(|at| at.load(Relaxed));
    println!("heap at 1,000 done {early} bytes, at 10,000 done {late} bytes");
    println!(
        "ratio {:.3} (at most 1.2)",
        f64::from(u32::try_from(late)?) / f64::from(u32::try_from(early)?)
    );
    Ok(())
}
