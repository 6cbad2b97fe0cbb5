//! Harnesses.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
#[cfg(target_os = "linux")]
use std::time::Duration;

use async_trait::async_trait;
use swarm_core::error::{Advice, Failure};
use swarm_core::model::{EndReason, Killer, SessionId};
use swarm_core::ports::{
    CallContext, Capabilities, Harness, HarnessError, HarnessErrorKind, Keep, Kept, Stop,
    TurnReport, TurnRequest,
};
use swarm_core::testing::harness_suite::{
    Behaviour, CLAUSES, HarnessFixture, Heard, check, check_one,
};
use swarm_core::testing::{Ability, Act, FakeGit, ScriptedHarness};

use crate::{assert_caught, assert_complete};

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_keeps_every_clause() {
    use swarm_core::agent_cli::CommandHarness;
    use swarm_core::testing::harness_suite::{CliFixture, Plain};
    let account = check(|| {
        CliFixture::new(Plain, |program| {
            CommandHarness::new(program, [""; 0]).grace(Duration::from_millis(100))
        })
    })
    .await;
    account.assert_kept();
    let lacks: Vec<_> = account
        .skipped
        .iter()
        .map(|skipped| skipped.lacks)
        .collect();
    assert_eq!(lacks, [Ability::Resume, Ability::Resume, Ability::Looking]);
}

/// What many would write: it waits for its agent, and for nobody else.
#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Naive(PathBuf);

#[cfg(target_os = "linux")]
#[async_trait]
impl Harness for Naive {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, turn: TurnRequest, _: CallContext) -> Result<TurnReport, HarnessError> {
        let mut command = tokio::process::Command::new(&self.0);
        let null = std::process::Stdio::null;
        command
            .current_dir(turn.directory)
            .stdin(null())
            .stdout(null());
        assert!(command.status().await.unwrap().success());
        Ok(TurnReport::finished("done"))
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_real_child_that_lives_on_is_seen_and_ended_with_the_fixture() {
    use std::fs;
    use swarm_core::testing::harness_suite::{CliFixture, Plain};
    let fresh = || CliFixture::new(Plain, |program| Naive(program.to_owned()));
    let account = check_one("nothing_survives_the_end", fresh).await;
    let seen = &account.broken[0].seen;
    let pid = seen
        .split('"')
        .nth(1)
        .and_then(|line| line.split(':').next());
    let pid: u32 = pid.and_then(|pid| pid.parse().ok()).expect(seen);
    let child = PathBuf::from(format!("/proc/{pid}"));
    // It is dead at once, and gone when the system gets to it.
    while fs::read_link(child.join("cwd")).is_ok() {
        tokio::task::yield_now().await;
    }
}

/// Agents that follow a script.
#[derive(Default)]
struct Scripted(Mutex<Option<Arc<ScriptedHarness>>>);

impl Scripted {
    fn with<T: Default>(&self, see: impl FnOnce(&ScriptedHarness) -> T) -> T {
        self.0
            .lock()
            .unwrap()
            .as_deref()
            .map(see)
            .unwrap_or_default()
    }
}

impl HarnessFixture for Scripted {
    fn harness(&self, does: &Behaviour) -> Arc<dyn Harness> {
        let act = match does {
            Behaviour::Says(text) | Behaviour::SaysWithoutEnd(text) => Act::nothing().says(text),
            Behaviour::Echoes => Act::nothing().says("{prompt}"),
            Behaviour::Garbles => Act::nothing().says("before \u{fffd} after"),
            Behaviour::Fails => Act::nothing().ends(EndReason::Crashed),
            Behaviour::Hangs => Act::nothing().hangs(),
            other => panic!("it lacks what {other:?} needs"),
        };
        let harness = ScriptedHarness::new(Arc::new(FakeGit::new())).otherwise(act);
        let harness = Arc::new(harness);
        *self.0.lock().unwrap() = Some(harness.clone());
        harness
    }

    fn directory(&self, name: &str) -> PathBuf {
        PathBuf::from("/fake").join(name)
    }

    fn turns(&self) -> Vec<Heard> {
        let turns = self.with(ScriptedHarness::calls).into_iter();
        turns.map(Heard::from).collect()
    }

    fn living(&self) -> Vec<String> {
        vec!["an agent".to_owned(); self.with(ScriptedHarness::under_way)]
    }

    fn lacks(&self) -> Vec<Ability> {
        vec![Ability::Programs, Ability::Processes, Ability::Looking]
    }
}

#[tokio::test(start_paused = true)]
async fn the_scripted_harness_keeps_every_clause() {
    check(Scripted::default).await.assert_kept();
}

#[tokio::test(start_paused = true)]
async fn a_good_harness_passes_and_every_clause_catches_its_fault() {
    let account = check(|| Agents::new(None)).await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
    for (clause, fault) in PLANTED {
        let account = check_one(clause, || Agents::new(Some(*fault))).await;
        assert_caught(clause, fault, &account);
    }
    assert_complete(CLAUSES, PLANTED.iter().map(|(clause, _)| *clause));
}

const PLANTED: &[(&str, Fault)] = &[
    ("a_finished_turn_tells_its_message", Fault::TellsTheLastLine),
    ("the_prompt_arrives_whole", Fault::CutsThePrompt),
    ("a_turn_runs_in_its_directory", Fault::RunsElsewhere),
    ("invalid_text_survives", Fault::EndsAtInvalidText),
    ("the_last_line_needs_no_end", Fault::DropsAnOpenLine),
    ("large_output_does_not_block", Fault::ReadsTooLate),
    ("output_shows_that_the_call_is_alive", Fault::IsSilent),
    ("a_session_is_told", Fault::TellsNoSession),
    ("a_session_goes_on", Fault::BeginsAnew),
    ("what_is_looked_at_is_told_once", Fault::TellsEveryLook),
    ("calls_run_at_once", Fault::OneAtATime),
    ("calls_do_not_mix", Fault::TellsWhatItHeardFirst),
    ("a_failure_is_a_report", Fault::ErrsOnFailure),
    ("a_missing_program_is_an_error", Fault::ReportsMissing),
    ("a_held_pipe_does_not_hold_the_turn", Fault::WaitsForThePipe),
    ("nothing_survives_the_end", Fault::LeavesChildren),
    ("what_is_kept_ends_when_it_is_let_go", Fault::CannotLetGo),
    ("what_is_kept_ends_with_its_place", Fault::OutlivesItsPlace),
    (
        "another_conversation_ends_what_was_kept",
        Fault::ForgetsWhatItKept,
    ),
    ("a_gentle_stop_is_prompt", Fault::IgnoresGentleStops),
    ("a_stop_now_is_prompt", Fault::IgnoresStopNow),
    ("force_follows_the_request", Fault::OnlyAsks),
    ("a_stopped_turn_is_no_success", Fault::BelievesTheAgent),
    ("a_limit_is_told", Fault::TellsNoLimit),
    (
        "a_stop_before_the_start_starts_nothing",
        Fault::StartsAnyway,
    ),
    ("a_dropped_call_ends_the_agent", Fault::OutlivesTheCall),
    ("nothing_survives_a_stop", Fault::LeavesChildren),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    TellsTheLastLine,
    CutsThePrompt,
    RunsElsewhere,
    EndsAtInvalidText,
    DropsAnOpenLine,
    ReadsTooLate,
    IsSilent,
    TellsNoSession,
    BeginsAnew,
    TellsEveryLook,
    OneAtATime,
    TellsWhatItHeardFirst,
    ErrsOnFailure,
    ReportsMissing,
    WaitsForThePipe,
    LeavesChildren,
    CannotLetGo,
    OutlivesItsPlace,
    ForgetsWhatItKept,
    IgnoresGentleStops,
    IgnoresStopNow,
    OnlyAsks,
    BelievesTheAgent,
    TellsNoLimit,
    StartsAnyway,
    OutlivesTheCall,
}

/// Agents without processes, all right but for one fault.
#[derive(Clone, Debug, Default)]
struct Agents {
    fault: Option<Fault>,
    does: Option<Behaviour>,
    seen: Arc<Mutex<Seen>>,
    one: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Seen {
    turns: Vec<Heard>,
    living: Vec<String>,
}

impl Agents {
    fn new(fault: Option<Fault>) -> Self {
        Self {
            fault,
            ..Self::default()
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The agent has begun; what it was told.
    fn begin(&self, turn: &TurnRequest) -> Heard {
        let mut heard = Heard::from(turn.clone());
        match self.fault {
            Some(Fault::CutsThePrompt) => heard.prompt = heard.prompt.chars().take(4096).collect(),
            Some(Fault::RunsElsewhere) => heard.directory = "/".into(),
            Some(Fault::BeginsAnew) => heard.session = None,
            _ => {}
        }
        let mut seen = self.seen.lock().unwrap();
        seen.turns.push(heard.clone());
        if self.has(Fault::TellsWhatItHeardFirst) {
            heard = seen.turns[0].clone();
        }
        heard
    }

    async fn hang(&self, context: &CallContext) -> TurnReport {
        let how = context.stopped().await;
        let forced = self.does == Some(Behaviour::HangsOn);
        match (self.fault, how) {
            (Some(Fault::IgnoresGentleStops), Stop::Gently)
            | (Some(Fault::IgnoresStopNow), Stop::Now) => std::future::pending().await,
            (Some(Fault::OnlyAsks), _) if forced => std::future::pending().await,
            (Some(Fault::BelievesTheAgent), _) => TurnReport::finished("done"),
            (fault, Stop::Limit(limit)) if fault != Some(Fault::TellsNoLimit) => {
                TurnReport::ended(EndReason::TimedOut { limit }, "too slow")
            }
            _ => TurnReport::ended(EndReason::Killed { by: Killer::Swarm }, "stopped"),
        }
    }

    async fn play(&self, heard: Heard, context: &CallContext) -> Result<TurnReport, HarnessError> {
        let does = self.does.clone().unwrap();
        let done = TurnReport::finished("done");
        Ok(match (does, self.fault) {
            (Behaviour::Says(text), Some(Fault::TellsTheLastLine)) => {
                TurnReport::finished(text.lines().last().unwrap())
            }
            (Behaviour::SaysWithoutEnd(_), Some(Fault::DropsAnOpenLine)) => {
                TurnReport::finished("")
            }
            (Behaviour::Says(text) | Behaviour::SaysWithoutEnd(text), _) => {
                TurnReport::finished(text)
            }
            (Behaviour::Echoes, _) => TurnReport::finished(heard.prompt),
            (Behaviour::Garbles, Some(Fault::EndsAtInvalidText)) => TurnReport::finished("before "),
            (Behaviour::Garbles, _) => TurnReport::finished("before \u{fffd} after"),
            (Behaviour::Floods, Some(Fault::ReadsTooLate))
            | (Behaviour::LeavesBehind, Some(Fault::WaitsForThePipe)) => {
                std::future::pending().await
            }
            (Behaviour::Floods | Behaviour::LeavesBehind, _) => done,
            (Behaviour::Looks(at), fault) => {
                let times = match fault {
                    Some(Fault::TellsEveryLook) => 100,
                    _ => 1,
                };
                TurnReport {
                    looked_at: vec![at; times],
                    ..done
                }
            }
            (Behaviour::Fails, Some(Fault::ErrsOnFailure)) => {
                let kind = HarnessErrorKind::Start;
                return Err(Failure::new(kind, "run the agent", Advice::Retry));
            }
            (Behaviour::Fails, _) => TurnReport::ended(EndReason::Crashed, "exit code 3"),
            (Behaviour::Hangs | Behaviour::HangsOn | Behaviour::Breeds, _) => {
                self.hang(context).await
            }
            (Behaviour::Missing, _) => unreachable!("it was never begun"),
        })
    }
}

/// A process lives as long as this, if there is no fault.
struct Living<'a>(&'a Agents, &'static str);

impl<'a> Living<'a> {
    fn begin(agents: &'a Agents, what: &'static str) -> Self {
        agents.seen.lock().unwrap().living.push(what.to_owned());
        Self(agents, what)
    }
}

impl Drop for Living<'_> {
    fn drop(&mut self) {
        let lives_on = match self.1 {
            "child" => self.0.has(Fault::LeavesChildren),
            _ => self.0.has(Fault::OutlivesTheCall),
        };
        if !lives_on {
            let mut seen = self.0.seen.lock().unwrap();
            seen.living.retain(|what| what != self.1);
        }
    }
}

/// Waits for the next turn.
struct Warm(Agents);

impl Warm {
    /// Begins to wait, in the place of what has waited there before.
    async fn up(agents: &Agents, keep: &Keep) {
        match keep.take() {
            Some(before) if agents.has(Fault::ForgetsWhatItKept) => std::mem::forget(before),
            Some(before) => assert_eq!(before.end().await, [0; 0]),
            None => {}
        }
        agents.seen.lock().unwrap().living.push("warm".to_owned());
        keep.put(Self(agents.clone()));
    }

    fn cool(&self) {
        let mut seen = self.0.seen.lock().unwrap();
        let at = seen.living.iter().position(|what| what == "warm");
        at.map(|at| seen.living.remove(at));
    }
}

#[async_trait]
impl Kept for Warm {
    async fn end(self: Box<Self>) -> Vec<u32> {
        if self.0.has(Fault::CannotLetGo) {
            std::mem::forget(self);
            return vec![7];
        }
        self.cool();
        std::mem::forget(self);
        Vec::new()
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        if !self.0.has(Fault::OutlivesItsPlace) {
            self.cool();
        }
    }
}

#[async_trait]
impl Harness for Agents {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_resume(true)
    }

    async fn run(
        &self,
        turn: TurnRequest,
        context: CallContext,
    ) -> Result<TurnReport, HarnessError> {
        if context.stop().is_some() && !self.has(Fault::StartsAnyway) {
            return Ok(self.hang(&context).await);
        }
        if self.does == Some(Behaviour::Missing) {
            if self.has(Fault::ReportsMissing) {
                return Ok(TurnReport::ended(EndReason::Crashed, "no such program"));
            }
            let kind = HarnessErrorKind::NotFound;
            return Err(Failure::new(
                kind,
                "run the agent",
                Advice::FixConfiguration,
            ));
        }
        let _one = if self.has(Fault::OneAtATime) {
            Some(self.one.lock().await)
        } else {
            None
        };
        let _agent = Living::begin(self, "agent");
        let breeds = matches!(self.does, Some(Behaviour::Breeds | Behaviour::LeavesBehind));
        let _child = breeds.then(|| Living::begin(self, "child"));
        let heard = self.begin(&turn);
        if !self.has(Fault::IsSilent) {
            context.alive();
        }
        // Calls take turns.
        tokio::task::yield_now().await;
        let mut report = self.play(heard, &context).await?;
        if report.end == EndReason::Finished && !self.has(Fault::TellsNoSession) {
            report.session = Some(SessionId::new("s1"));
        }
        if let Some(keep) = context.keep() {
            Warm::up(self, keep).await;
        }
        Ok(report)
    }
}

impl HarnessFixture for Agents {
    fn harness(&self, does: &Behaviour) -> Arc<dyn Harness> {
        let mut agents = self.clone();
        agents.does = Some(does.clone());
        Arc::new(agents)
    }

    fn directory(&self, name: &str) -> PathBuf {
        PathBuf::from("/fake").join(name)
    }

    fn turns(&self) -> Vec<Heard> {
        self.seen.lock().unwrap().turns.clone()
    }

    fn living(&self) -> Vec<String> {
        self.seen.lock().unwrap().living.clone()
    }
}
