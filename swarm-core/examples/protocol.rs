//! How fast messages are read and prompts are made, on one core: 10 MB of
//! several sorts of noise through the signal parsers, and prompts with much in
//! them. Prints megabytes and prompts per second, and the heap that reading
//! needed beside the message.

use std::hint::black_box;
use std::time::Instant;

use peak_alloc::PeakAlloc;
use swarm_core::dispatch::Ask;
use swarm_core::model::{AttemptId, Nonce, ReviewRecord, RunId, Task, TaskId, Usage, Verdict};
use swarm_core::protocol::prompt::{Around, PromptInput, PromptPack, Request};
use swarm_core::protocol::signals::{reviewer, worker};

const SIZE: usize = 10_000_000;
const ROUNDS: u32 = 5;
const PROMPTS: u32 = 2_000;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let nonce = swarm_core::nonce();
    println!(
        "{SIZE} bytes each            worker  reviewer (MB/s, at least 200)  heap beside it (KiB)"
    );
    for (name, piece) in pieces(&nonce) {
        let mut message = piece.repeat(SIZE / piece.len());
        message.push_str("\nswarm:");
        message.push_str(nonce.as_str());
        message.push_str(" DONE\n");
        let before = HEAP.current_usage();
        HEAP.reset_peak_usage();
        let said = speed(&message, |message| {
            black_box(worker(message, &nonce));
        });
        let ruled = speed(&message, |message| {
            black_box(reviewer(message, &nonce));
        });
        let needed = (HEAP.peak_usage() - before) / 1024;
        println!("{name:24} {said:>9.0} {ruled:>9.0} {needed:>36}");
    }
    prompts(&nonce)
}

/// Sorts of noise, the plain and the malicious.
fn pieces(nonce: &Nonce) -> [(&'static str, String); 9] {
    let own = |pieces: &str| pieces.to_owned();
    [
        ("one long line", own("words and words, ")),
        (
            "prose",
            own("A line of sixty characters, as agents write them to us.....\n"),
        ),
        ("code", own("    let x = f(&y)?;\n\n    }\n")),
        ("empty lines", own("\n")),
        ("fences", own("```\nx\n```\n")),
        ("spaces", own("   \n")),
        (
            "nearly signals",
            format!("swarm:{} DONE\n", "0".repeat(nonce.as_str().len())),
        ),
        ("signals", format!("swarm:{nonce} BLOCKED it\n")),
        ("verdicts", format!("swarm:{nonce} CHANGES\n- x\n")),
    ]
}

/// Megabytes a second, the best of several rounds.
fn speed(message: &str, read: impl Fn(&str)) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        read(message);
        best = best.min(begin.elapsed().as_secs_f64());
    }
    f64::from(u32::try_from(message.len()).unwrap_or(u32::MAX)) / 1e6 / best
}

fn prompts(nonce: &Nonce) -> Result<(), Box<dyn std::error::Error>> {
    let attempt = AttemptId {
        run: RunId::new("r1"),
        task: TaskId::new("t1")?,
        number: 1,
    };
    let task = Task::new("t1", "A task of some length. ".repeat(200))?;
    let events: Vec<_> = (0..100).map(|n| format!("event {n}")).collect();
    let findings = (0..100).map(|n| format!("src/a.rs:{n}: off by one"));
    let reviews = [ReviewRecord {
        round: 1,
        reviewer: "strict".to_owned(),
        verdict: Verdict::Changes(findings.collect()),
        duration_ms: 0,
        paths: Vec::new(),
        more_paths: 0,
        usage: Usage::default(),
        cost: None,
    }];
    let pack = PromptPack::default();
    for (name, ask, resumed) in [
        ("first", Request::from(Ask::Task), false),
        ("findings", Ask::MendReview.into(), true),
        ("nudge", Request::Nudge, true),
    ] {
        let what = PromptInput {
            attempt: &attempt,
            turn: 1,
            ask,
            nonce,
            task: &task,
            resumed,
            branch: "swarm/r1/t1-1",
            gate_output: "",
            reviews: &reviews,
            onto: None,
            conflicts: &[],
            around: Around {
                events: &events,
                ..Around::default()
            },
        };
        let begin = Instant::now();
        for _ in 0..PROMPTS {
            black_box(pack.render(&what));
        }
        let second = f64::from(PROMPTS) / begin.elapsed().as_secs_f64();
        let size = pack.render(&what).len();
        println!("prompt {name:10} {size:>6} bytes, {second:>8.0} a second");
    }
    Ok(())
}
