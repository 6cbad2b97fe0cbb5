//! What every [`Gate`] must do: run it against yours.
//!
//! A gate whose steps are shell commands has its fixture in
//! [`CommandFixture`]. Anything else writes a [`GateFixture`], which makes
//! gates whose steps do a given thing.
//!
//! ```
//! # #[cfg(target_os = "linux")] {
//! use swarm_core::gate::CommandGate;
//! use swarm_core::testing::gate_suite::{self, CommandFixture};
//!
//! let fresh = || {
//!     CommandFixture::new(|steps, limit| {
//!         let add = |gate: CommandGate, (name, command): &(String, String)| {
//!             gate.step(name, command).expect("the suite's steps are good")
//!         };
//!         steps.iter().fold(CommandGate::new(), add).timeout(limit)
//!     })
//! };
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! gate_suite::check_one("steps_run_in_order", fresh).await.assert_kept();
//! # });
//! # }
//! # Ok::<_, std::io::Error>(())
//! ```

mod commands;
mod ends;
mod outputs;
mod steps;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use commands::CommandFixture;

use super::suite::{Ability, suite};
use super::under_way::UnderWay;
use crate::model::{AttemptId, RunId, TaskId};
use crate::ports::{CallContext, Gate, GateError, GateReport, GateRequest};

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepDoes {
    /// Passes.
    Passes,
    /// Prints `this is wrong` and does not pass.
    Fails,
    /// Prints a line `first`, 10 MB, and a line `last`, and does not pass.
    Floods,
    /// Prints `before`, the bytes FF and FE, `after`, and does not pass.
    Garbles,
    /// Goes on until it is ended.
    Hangs,
    /// Starts a program in a session of its own, which holds the step's output
    /// open, and passes.
    LeavesBehind,
    /// Starts such a program, and goes on until it is ended.
    Breeds,
}

/// A step that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Its name.
    pub step: String,
    /// The folder that it ran in.
    pub directory: PathBuf,
}

/// A gate of its own for one clause, and eyes for what its steps do.
pub trait GateFixture: Send + Sync {
    /// A gate of these steps, each of which may take as long as `limit`.
    fn gate(&self, steps: &[(&str, StepDoes)], limit: Duration) -> Arc<dyn Gate>;

    /// The folder with the work.
    fn directory(&self) -> PathBuf;

    /// All that is in that folder, as a text that changes when it does.
    fn contents(&self) -> String;

    /// The steps that were begun, in order.
    fn begun(&self) -> Vec<Begun>;

    /// What lives of what the steps started.
    fn living(&self) -> Vec<String>;

    /// What the gate, or this fixture, is without.
    fn lacks(&self) -> Vec<Ability> {
        Vec::new()
    }
}

const LIMIT: Duration = Duration::from_secs(120);

suite! {
    GateFixture, limit: Some(LIMIT);
    /// A gate that all steps pass says so, step by step.
    steps::work_that_passes_is_told;
    /// Steps run in the order in which `Gate::steps` names them.
    steps::steps_run_in_order [Steps];
    /// Steps after the first one that does not pass are not run.
    steps::the_first_failure_ends_the_gate [Steps];
    /// Asked for some of the steps, the gate runs these, in its own order.
    steps::only_the_chosen_steps_run [Steps];
    /// A step that the gate does not have is an error of the kind
    /// `UnknownStep`, and nothing is run.
    steps::an_unknown_step_runs_nothing;
    /// Steps run in the directory of the request.
    steps::steps_run_in_the_directory [Programs];
    /// The gate adds nothing to the work, and changes and removes nothing.
    steps::the_work_is_left_as_it_is;
    /// One gate checks several works at once.
    steps::calls_run_at_once [Waiting];
    /// What a step that does not pass printed is in the report.
    outputs::what_was_printed_is_told;
    /// Of much output the report has the first and the last part, and not more
    /// than a megabyte.
    outputs::long_output_keeps_both_ends [Programs];
    /// Bytes that are no UTF-8 lose nothing around them.
    outputs::invalid_output_survives [Programs];
    /// A step that takes longer than it may is timed out, which is not failed.
    ends::a_slow_step_is_timed_out [Timeout];
    /// Told to stop, the call returns within seconds.
    ends::a_stop_is_prompt [Waiting];
    /// A call that was stopped is an error of the kind `Stopped`: it says
    /// nothing about the work.
    ends::a_stop_is_no_judgement [Waiting];
    /// A call that was stopped before runs nothing.
    ends::a_stop_before_the_start_runs_nothing;
    /// A step is over when its program has ended, even if something that it
    /// started holds its output open.
    ends::a_held_pipe_does_not_hold_the_gate [Programs];
    /// When the call returns, nothing lives of what its steps started.
    ends::nothing_survives_the_end [Processes];
    /// When a stopped call returns, nothing lives of what its steps started.
    ends::nothing_survives_a_stop [Processes];
}

/// More than any step takes that does not hang.
const AMPLE: Duration = Duration::from_secs(100);

fn request(at: &dyn GateFixture) -> GateRequest {
    GateRequest {
        attempt: AttemptId {
            run: RunId::new("r1"),
            task: TaskId::new("t").expect("the suite's ids are good"),
            number: 1,
        },
        directory: at.directory(),
        steps: None,
        logs: None,
    }
}

async fn run(gate: &Arc<dyn Gate>, request: GateRequest) -> GateReport {
    let report = gate.run(request, CallContext::detached()).await;
    report.expect("the gate can be asked")
}

type Call = UnderWay<Result<GateReport, GateError>>;

/// A call of a gate whose only step has begun for the `count`th time.
async fn begun(at: &dyn GateFixture, gate: &Arc<dyn Gate>, count: usize) -> Call {
    let (gate, request) = (gate.clone(), request(at));
    let call = Call::start(|context| async move { gate.run(request, context).await });
    call.until(|| at.begun().len() >= count).await
}

fn names(at: &dyn GateFixture) -> Vec<String> {
    let begun = at.begun().into_iter();
    begun.map(|begun| begun.step).collect()
}
