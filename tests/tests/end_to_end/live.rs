//! Claude Code that stays alive between the turns of an attempt.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use swarm_core::SwarmBuilder;
use swarm_core::event::Event;
use swarm_core::gate::CommandGate;
use swarm_core::model::{Outcome, Role, Usage};
use swarm_core::ports::{Job, Launched, Launcher};
use swarm_core::process::{ProcessError, ProcessSpec, Supervisor};
use swarm_core::testing::model_server::{Answer, Script};
use swarm_harness_claude::{ClaudeCode, claude};

use crate::dialogue::{COMMIT, World};

/// Keeps a list of what was started, and of what of it is over.
#[derive(Clone, Debug, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, what: String) {
        self.0.lock().expect("unpoisoned").push(what);
    }

    fn entries(&self) -> Vec<String> {
        self.0.lock().expect("unpoisoned").clone()
    }
}

/// Notes the end of a program.
struct Page(Diary, String);

impl Drop for Page {
    fn drop(&mut self) {
        self.0.note(format!("{} is over", self.1));
    }
}

#[async_trait]
impl Launcher for Diary {
    async fn launch(&self, program: ProcessSpec) -> Result<Launched, ProcessError> {
        let what = match &program.purpose.job {
            Job::Agent { turn, .. } => format!("agent {turn}"),
            Job::Gate { .. } => "gate".to_owned(),
            other => format!("{other:?}"),
        };
        self.note(what.clone());
        let page = Page(self.clone(), what);
        Ok(Launched {
            program,
            held: Some(Box::new(page)),
        })
    }
}

/// Looks at something new, and says nothing of how the task stands.
fn reads(turn: u32) -> [Answer; 2] {
    let looks = Answer::new().shell(format!("ls; echo looked {turn}"));
    [looks, Answer::new().text("Still reading.")]
}

fn done() -> Answer {
    Answer::new().text("All is there.\n\nswarm:${nonce} DONE")
}

fn works() -> [Answer; 2] {
    [Answer::new().shell(COMMIT), done()]
}

/// Two turns that only read, then one that works.
fn in_three_turns() -> Script {
    let script = Script::new("it", works());
    script.turn(1, reads(1)).turn(2, reads(2))
}

/// What a run started and ended, and the tokens of its turns.
fn played(
    script: Script,
    live: bool,
    build: impl FnOnce(SwarmBuilder) -> SwarmBuilder,
) -> (Vec<String>, Vec<Usage>) {
    let world = World::playing(script);
    let agent = ClaudeCode::new().live(live);
    let harness = claude(agent).environment(world.env());
    let diary = Diary::default();
    let launcher = Arc::new(diary.clone());
    let report = world.run(harness, |swarm| build(swarm.launcher(launcher)), drop);
    assert_eq!(report.tasks[0].outcome, Outcome::Landed, "{report:#?}");
    assert_eq!(report.tasks[0].attempts, 1);
    let usage = |event| match event {
        Event::TurnEnded { usage, .. } => Some(usage),
        _ => None,
    };
    let usages = world.log.events().into_iter().filter_map(usage).collect();
    (diary.entries(), usages)
}

#[test]
fn one_process_takes_all_turns_of_a_conversation() {
    let (started, alive) = played(in_three_turns(), true, |swarm| swarm);
    assert_eq!(started, ["agent 1", "agent 1 is over"]);
    let (started, resumed) = played(in_three_turns(), false, |swarm| swarm);
    let each = ["agent 1", "agent 1 is over", "agent 2", "agent 2 is over"];
    assert_eq!(started[..4], each);
    assert_eq!(alive, resumed, "each turn tells its own tokens");
    assert_eq!(alive.len(), 3);
}

#[test]
fn nobody_waits_while_the_work_is_judged() {
    // The gate fails as long as the second turn has not been there.
    let gate = "test -e made.txt && grep -q mended made.txt";
    let mend = "echo mended >>made.txt && git commit -q -a -m 'Mend it'";
    let script = Script::new("it", works()).part(Role::Fix, [Answer::new().shell(mend), done()]);
    let (started, _) = played(script, true, |swarm| {
        let gate = CommandGate::new().step("test", gate).expect("a step");
        supervised(swarm).gate(Arc::new(gate))
    });
    assert_eq!(started, whole(&["agent 1", "gate", "agent 2", "gate"]));
}

#[test]
fn whoever_is_not_alone_and_whoever_hands_off_has_no_next_turn() {
    let shell = "setsid sleep 600 >/dev/null 2>&1 & ls";
    let note = "Nothing yet.\n\nswarm:${nonce} HANDOFF";
    let script = leaving(shell).turn(2, [Answer::new().text(note)]);
    let (started, _) = played(script, true, |swarm| swarm);
    assert_eq!(started, whole(&["agent 1", "agent 2", "agent 3"]));
}

#[test]
fn a_supervisor_knows_who_is_not_alone() {
    // No parent, no group, no session, no environment.
    let shell = "env -i setsid sh -c '(sleep 600 >/dev/null 2>&1 &) & exit'; ls";
    let (started, _) = played(in_three_turns(), true, supervised);
    assert_eq!(started, whole(&["agent 1"]));
    let (started, _) = played(leaving(shell), true, supervised);
    assert_eq!(started, whole(&["agent 1", "agent 2"]));
}

/// The first of three turns leaves something running.
fn leaving(shell: &str) -> Script {
    let said = Answer::new().text("Still reading.");
    in_three_turns().turn(1, [Answer::new().shell(shell), said])
}

fn supervised(swarm: SwarmBuilder) -> SwarmBuilder {
    swarm.supervisor(Supervisor::at(env!("CARGO_BIN_EXE_orchestrator")))
}

/// Each of them is over before the next one starts.
fn whole(each: &[&str]) -> Vec<String> {
    let pair = |what: &&str| [(*what).to_owned(), format!("{what} is over")];
    each.iter().flat_map(pair).collect()
}
