//! `swarm pause`, `resume`, `drain`, `jobs` and `stop`: orders for a run in
//! another process.

use std::path::Path;
use std::time::Duration;

use swarm_core::dispatch::Holdup;
use tokio::time::{Instant, sleep};

use super::args::{SteerArgs, Ways};
use super::console::result;
use super::host::Host;
use super::live::{self, Live, Order, Orders};
use super::refusal::Refusal;
use super::repository;
use super::settings::Settings;
use super::state;
use super::text::clean;

/// How long a run may take to show that it does as it was told.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one that has taken its orders may: it shows each change at once.
const MOMENT: Duration = Duration::from_secs(5);
/// How often is looked whether it does.
const PACE: Duration = Duration::from_millis(50);

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The run does so.
    Done,
    /// It has not taken the order yet.
    HandedOver,
    /// It has taken the order, and shows something else: another order came
    /// right behind it, or it can do so no more.
    Overtaken,
    /// The run has ended.
    Over,
}

/// Hands an order over to a run, and says what became of it.
pub(super) async fn steer(args: &SteerArgs, order: Order, host: &Host) -> Result<u8, Refusal> {
    let settings = Settings::gather(&args.place, &Ways::default(), host)?;
    let repo = repository::open(&settings, host)?;
    let folder = live::folder(&repo);
    let state = state::path(&settings, &repo);
    let live = chosen(live::look(&folder)?, &state, args.run.as_deref())?;
    let run = clean(live.run.as_str());
    if let Some(why) = contradicts(order, &live) {
        return Err(Refusal::new(format!("run {run} {why}")));
    }
    let orders = Orders::of(&folder, &live.run);
    orders.add(order).map_err(|error| {
        let folder = folder.display();
        Refusal::new(format!(
            "{folder}: {error}; the order could not be handed over"
        ))
    })?;
    let outcome = follow(&folder, &live, &orders, order).await;
    match said(order, outcome) {
        Ok(text) => result(format_args!("run {run} {text}")),
        Err(why) => return Err(Refusal::new(format!("run {run} {why}"))),
    }
    Ok(0)
}

/// The run that is meant: one of those that `swarm status` shows.
fn chosen(mut runs: Vec<Live>, state: &Path, named: Option<&str>) -> Result<Live, Refusal> {
    runs.retain(|live| live.uses(state));
    let known: Vec<String> = runs.iter().map(|live| clean(live.run.as_str())).collect();
    let all = known.join(", ");
    let none = format!(
        "no run is under way in this repository with its state in {}",
        state.display()
    );
    if let Some(named) = named {
        runs.retain(|live| live.run.as_str() == named);
    }
    match (runs.pop(), runs.len(), named) {
        (Some(live), 0, _) => Ok(live),
        (None, _, None) => Err(Refusal::new(none)),
        (None, _, Some(named)) if all.is_empty() => {
            Err(Refusal::new(format!("--run {}: {none}", clean(named))))
        }
        (None, _, Some(named)) => Err(Refusal::new(format!(
            "--run {}: there is no such run; under way: {all}",
            clean(named)
        ))),
        (Some(_), _, _) => Err(Refusal::new(format!(
            "several runs are under way: {all}; say which by --run ID"
        ))),
    }
}

/// Why a run cannot do so, as it is.
fn contradicts(order: Order, live: &Live) -> Option<&'static str> {
    let holdup = live.now.holdup.as_ref()?;
    match (order, holdup) {
        (Order::Pause | Order::Resume | Order::Drain | Order::Jobs { .. }, Holdup::Stopping) => {
            Some("is being stopped")
        }
        (Order::Pause | Order::Resume, Holdup::Draining) => {
            Some("only finishes what was begun: it can be stopped, neither paused nor resumed")
        }
        _ => None,
    }
}

/// Waits until the run shows that it has done so.
async fn follow(folder: &Path, live: &Live, orders: &Orders, order: Order) -> Outcome {
    let until = Instant::now() + PATIENCE;
    let mut taken = None;
    loop {
        // Who cannot look just now knows of no end.
        if let Ok(runs) = live::look(folder) {
            let Some(now) = runs.iter().find(|now| now.run == live.run) else {
                orders.withdraw();
                return Outcome::Over;
            };
            if taken.is_none() && orders.are_taken() {
                taken = Some(Instant::now());
            }
            if taken.is_some() && shows(order, now) {
                return Outcome::Done;
            }
        }
        match taken {
            Some(since) if since.elapsed() >= MOMENT => return Outcome::Overtaken,
            None if Instant::now() >= until => return Outcome::HandedOver,
            _ => sleep(PACE).await,
        }
    }
}

/// Whether a run is as it was told to be.
fn shows(order: Order, live: &Live) -> bool {
    let holdup = live.now.holdup.as_ref();
    match order {
        Order::Pause => holdup == Some(&Holdup::Paused),
        Order::Resume => holdup != Some(&Holdup::Paused),
        Order::Drain => matches!(holdup, Some(Holdup::Draining | Holdup::Stopping)),
        Order::Jobs { jobs } => live.now.jobs == jobs.get(),
        Order::Stop { .. } => holdup == Some(&Holdup::Stopping),
    }
}

/// What is said of it; an error if it came too late.
fn said(order: Order, outcome: Outcome) -> Result<String, &'static str> {
    match (outcome, order) {
        (Outcome::Done, Order::Pause) => {
            Ok("is paused: what runs goes on, nothing else begins until `swarm resume`".to_owned())
        }
        (Outcome::Done, Order::Resume) => Ok("goes on".to_owned()),
        (Outcome::Done, Order::Drain) => {
            Ok("takes no further task: it finishes what was begun, and ends".to_owned())
        }
        (Outcome::Done, Order::Jobs { jobs }) => Ok(format!(
            "has {} from now on; whoever works keeps its own",
            super::text::count(jobs.get(), "slot")
        )),
        (Outcome::Done, Order::Stop { now: true }) => {
            Ok("is being stopped at once: agents are killed, and their work is kept".to_owned())
        }
        (Outcome::Done, Order::Stop { now: false }) => {
            Ok("is being stopped: agents end, and their work is kept".to_owned())
        }
        (Outcome::HandedOver, _) => Ok(format!(
            "has been told, but did not show within {} s that it does so; `swarm status` shows it",
            PATIENCE.as_secs()
        )),
        (Outcome::Overtaken, _) => Ok(
            "has taken the order, but shows something else: another order may have come right \
             behind it; `swarm status` tells"
                .to_owned(),
        ),
        (Outcome::Over, Order::Stop { .. } | Order::Drain) => Ok("has ended".to_owned()),
        (Outcome::Over, Order::Pause | Order::Resume | Order::Jobs { .. }) => {
            Err("has ended meanwhile")
        }
    }
}

#[cfg(test)]
mod tests;
