//! Gates.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use swarm_core::error::{Advice, Failure};
use swarm_core::ports::{
    CallContext, Gate, GateError, GateErrorKind, GateReport, GateRequest, StepOutcome, StepReport,
};
use swarm_core::testing::gate_suite::{Begun, CLAUSES, GateFixture, StepDoes, check, check_one};
use swarm_core::testing::{Ability, ScriptedGate};

use crate::{assert_caught, assert_complete};

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_gate_of_commands_keeps_every_clause() {
    use swarm_core::gate::CommandGate;
    use swarm_core::testing::gate_suite::CommandFixture;
    let account = check(|| {
        CommandFixture::new(|steps, limit| {
            let add = |gate: CommandGate, (name, command): &(String, String)| {
                gate.step(name, command).unwrap()
            };
            steps.iter().fold(CommandGate::new(), add).timeout(limit)
        })
    })
    .await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
}

#[derive(Default)]
struct Scripted(Mutex<Option<Arc<ScriptedGate>>>);

impl GateFixture for Scripted {
    fn gate(&self, steps: &[(&str, StepDoes)], _: Duration) -> Arc<dyn Gate> {
        let failures = match steps[0].1 {
            StepDoes::Passes => vec![],
            StepDoes::Fails => vec!["this is wrong"],
            other => panic!("it lacks what {other:?} needs"),
        };
        let gate = Arc::new(ScriptedGate::new(steps[0].0, failures));
        *self.0.lock().unwrap() = Some(gate.clone());
        gate
    }

    fn directory(&self) -> PathBuf {
        "/fake".into()
    }

    fn contents(&self) -> String {
        String::new()
    }

    fn begun(&self) -> Vec<Begun> {
        let calls = self.0.lock().unwrap().as_ref().unwrap().calls();
        let begun = calls.into_iter().map(|call| Begun {
            step: "test".to_owned(),
            directory: call.directory,
        });
        begun.collect()
    }

    fn living(&self) -> Vec<String> {
        Vec::new()
    }

    fn lacks(&self) -> Vec<Ability> {
        vec![
            Ability::Steps,
            Ability::Programs,
            Ability::Processes,
            Ability::Timeout,
            Ability::Waiting,
        ]
    }
}

#[tokio::test]
async fn the_scripted_gate_keeps_every_clause() {
    check(Scripted::default).await.assert_kept();
}

#[tokio::test(start_paused = true)]
async fn a_good_gate_passes_and_every_clause_catches_its_fault() {
    let account = check(|| Steps::new(None)).await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
    for (clause, fault) in PLANTED {
        let account = check_one(clause, || Steps::new(Some(*fault))).await;
        assert_caught(clause, fault, &account);
    }
    assert_complete(CLAUSES, PLANTED.iter().map(|(clause, _)| *clause));
}

const PLANTED: &[(&str, Fault)] = &[
    ("work_that_passes_is_told", Fault::TellsFailuresOnly),
    ("steps_run_in_order", Fault::SortsItsSteps),
    ("the_first_failure_ends_the_gate", Fault::GoesOn),
    ("only_the_chosen_steps_run", Fault::RunsAll),
    ("an_unknown_step_runs_nothing", Fault::SkipsTheUnknown),
    ("steps_run_in_the_directory", Fault::RunsElsewhere),
    ("the_work_is_left_as_it_is", Fault::LogsIntoTheWork),
    ("calls_run_at_once", Fault::OneAtATime),
    ("what_was_printed_is_told", Fault::TellsNoOutput),
    ("long_output_keeps_both_ends", Fault::KeepsTheHead),
    ("invalid_output_survives", Fault::EndsAtInvalidText),
    ("a_slow_step_is_timed_out", Fault::CallsLateFailed),
    ("a_stop_is_prompt", Fault::IgnoresStops),
    ("a_stop_is_no_judgement", Fault::CallsStoppedFailed),
    ("a_stop_before_the_start_runs_nothing", Fault::StartsAnyway),
    ("a_held_pipe_does_not_hold_the_gate", Fault::WaitsForThePipe),
    ("nothing_survives_the_end", Fault::LeavesChildren),
    ("nothing_survives_a_stop", Fault::LeavesChildren),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    TellsFailuresOnly,
    SortsItsSteps,
    GoesOn,
    RunsAll,
    SkipsTheUnknown,
    RunsElsewhere,
    LogsIntoTheWork,
    OneAtATime,
    TellsNoOutput,
    KeepsTheHead,
    EndsAtInvalidText,
    CallsLateFailed,
    IgnoresStops,
    CallsStoppedFailed,
    StartsAnyway,
    WaitsForThePipe,
    LeavesChildren,
}

/// A gate without processes, all right but for one fault.
#[derive(Clone, Debug, Default)]
struct Steps {
    fault: Option<Fault>,
    all: Vec<(String, StepDoes)>,
    limit: Duration,
    seen: Arc<Mutex<Seen>>,
    one: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Seen {
    begun: Vec<Begun>,
    work: Vec<String>,
    living: Vec<String>,
}

impl Steps {
    fn new(fault: Option<Fault>) -> Self {
        Self {
            fault,
            ..Self::default()
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn chosen(&self, wanted: Option<&[String]>) -> Result<Vec<(String, StepDoes)>, GateError> {
        let mut steps = self.all.clone();
        if let Some(wanted) = wanted.filter(|_| !self.has(Fault::RunsAll)) {
            let known = |name| steps.iter().any(|(step, _)| step == name);
            if !wanted.iter().all(known) && !self.has(Fault::SkipsTheUnknown) {
                let kind = GateErrorKind::UnknownStep;
                return Err(Failure::new(kind, "run it", Advice::FixConfiguration));
            }
            steps.retain(|(step, _)| wanted.contains(step));
        }
        if self.has(Fault::SortsItsSteps) {
            steps.sort_by(|a, b| a.0.cmp(&b.0));
        }
        Ok(steps)
    }

    fn begin(&self, step: &str, does: StepDoes, request: &GateRequest) {
        let mut seen = self.seen.lock().unwrap();
        let elsewhere = self.has(Fault::RunsElsewhere);
        seen.begun.push(Begun {
            step: step.to_owned(),
            directory: if elsewhere {
                "/".into()
            } else {
                request.directory.clone()
            },
        });
        if self.has(Fault::LogsIntoTheWork) {
            seen.work.push(format!("{step}.log"));
        }
        let breeds = matches!(does, StepDoes::LeavesBehind | StepDoes::Breeds);
        if breeds && self.has(Fault::LeavesChildren) {
            seen.living.push("child".to_owned());
        }
    }

    /// Outcome and output of a step; nothing if it was stopped.
    async fn play(&self, does: StepDoes, context: &CallContext) -> Option<(StepOutcome, String)> {
        let failed = StepOutcome::Failed { code: Some(3) };
        let output = match (does, self.fault) {
            (StepDoes::LeavesBehind, Some(Fault::WaitsForThePipe)) => {
                tokio::time::sleep(self.limit).await;
                return Some((StepOutcome::TimedOut, String::new()));
            }
            (StepDoes::Passes | StepDoes::LeavesBehind, _) => {
                return Some((StepOutcome::Passed, String::new()));
            }
            (StepDoes::Hangs | StepDoes::Breeds, fault) => tokio::select! {
                _ = context.stopped(), if fault != Some(Fault::IgnoresStops) => {
                    if fault == Some(Fault::CallsStoppedFailed) {
                        return Some((failed, String::new()));
                    }
                    return None;
                }
                () = tokio::time::sleep(self.limit) => {
                    let late = fault == Some(Fault::CallsLateFailed);
                    let outcome = if late { failed } else { StepOutcome::TimedOut };
                    return Some((outcome, String::new()));
                }
            },
            (StepDoes::Fails, Some(Fault::TellsNoOutput)) => "exit code 3",
            (StepDoes::Fails, _) => "this is wrong\n",
            (StepDoes::Floods, Some(Fault::KeepsTheHead)) => "first\nxxx\n",
            (StepDoes::Floods, _) => "first\n…\nlast\n",
            (StepDoes::Garbles, Some(Fault::EndsAtInvalidText)) => "before ",
            (StepDoes::Garbles, _) => "before \u{fffd} after\n",
        };
        Some((failed, output.to_owned()))
    }
}

#[async_trait]
impl Gate for Steps {
    fn steps(&self) -> Vec<String> {
        self.all.iter().map(|(step, _)| step.clone()).collect()
    }

    async fn run(&self, what: GateRequest, context: CallContext) -> Result<GateReport, GateError> {
        let stopped = || Failure::new(GateErrorKind::Stopped, "run it", Advice::Retry);
        let steps = self.chosen(what.steps.as_deref())?;
        if context.stop().is_some() && !self.has(Fault::StartsAnyway) {
            return Err(stopped());
        }
        let _one = if self.has(Fault::OneAtATime) {
            Some(self.one.lock().await)
        } else {
            None
        };
        let mut report = GateReport::default();
        for (name, does) in steps {
            self.begin(&name, does, &what);
            let played = self.play(does, &context).await;
            let (outcome, output) = played.ok_or_else(stopped)?;
            let passed = outcome == StepOutcome::Passed;
            if !(passed && self.has(Fault::TellsFailuresOnly)) {
                let duration = Duration::ZERO;
                report.steps.push(StepReport {
                    name,
                    outcome,
                    output,
                    duration,
                });
            }
            if !passed && !self.has(Fault::GoesOn) {
                break;
            }
        }
        Ok(report)
    }
}

impl GateFixture for Steps {
    fn gate(&self, steps: &[(&str, StepDoes)], limit: Duration) -> Arc<dyn Gate> {
        let steps = steps.iter().map(|(step, does)| ((*step).to_owned(), *does));
        Arc::new(Self {
            all: steps.collect(),
            limit,
            ..self.clone()
        })
    }

    fn directory(&self) -> PathBuf {
        "/fake".into()
    }

    fn contents(&self) -> String {
        format!("{:?}", self.seen.lock().unwrap().work)
    }

    fn begun(&self) -> Vec<Begun> {
        self.seen.lock().unwrap().begun.clone()
    }

    fn living(&self) -> Vec<String> {
        self.seen.lock().unwrap().living.clone()
    }
}
