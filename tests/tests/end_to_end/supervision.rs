//! Programs under a supervisor: nothing of them survives, wherever it went and
//! whoever died.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use swarm_core::agent_cli::CommandHarness;
use swarm_core::model::{AttemptId, EndReason, Limit, RunId, TaskId};
use swarm_core::ports::{CallContext, Harness, Stop, Stopper, TurnRequest};
use swarm_core::process::{
    Ended, Exit, Line, LineSink, ProcessErrorKind, Supervisor, capture, run,
};

use crate::script::{Bystander, Each, Ears, STUBBORN, Script};

/// What nobody finds without a supervisor: no parent, no group, no session, no
/// environment, deaf. Says "ready" when it is set up.
const SHEDS_EVERYTHING: &str = "mkfifo set-up; env -i setsid sh -c '\
    (trap \"\" TERM HUP; echo ready; echo >set-up; while :; do sleep 1; done) & exit' & \
    read x <set-up";

/// How long something may take that takes a moment.
const LIMIT: Duration = Duration::from_secs(60);

fn supervisor() -> Supervisor {
    Supervisor::at(env!("CARGO_BIN_EXE_orchestrator"))
}

fn context() -> (Stopper, CallContext) {
    let (stopper, context) = CallContext::stoppable();
    (stopper, context.with_supervisor(supervisor()))
}

fn worst() -> impl Iterator<Item = (&'static str, String)> {
    let table = STUBBORN.iter().map(|&(name, text)| (name, text.to_owned()));
    let staying = format!("{SHEDS_EVERYTHING}; while :; do sleep 1; done");
    table.chain([("sheds everything", staying)])
}

async fn hear(script: &Script) -> (Ended, Ears) {
    let mut ears = Ears::default();
    let (_stopper, context) = context();
    let ended = run(script.spec.clone(), &mut ears, &context).await;
    (ended.expect("started"), ears)
}

#[tokio::test]
async fn nothing_survives_a_stop() {
    for (name, text) in worst() {
        for how in [Stop::Gently, Stop::Limit(Limit::Idle), Stop::Now] {
            let mut script = Script::new(&text);
            script.spec.grace = Duration::from_millis(50);
            let (stopper, context) = context();
            let mut ears = Ears::stopping(&stopper, how);
            let ended = run(script.spec.clone(), &mut ears, &context).await;
            let ended = ended.expect("started");
            assert_eq!(ended.exit, Exit::StoppedByUs(how), "{name}");
            assert!(ended.survivors.is_empty(), "{name}: {ended:?}");
            assert_eq!(script.living(), [""; 0], "{name} {how:?}");
        }
    }
}

#[tokio::test]
async fn nothing_survives_a_dropped_future() {
    for (name, text) in worst() {
        let script = Script::new(&text);
        let (stopper, stop) = CallContext::stoppable();
        let (_never, unstopped) = context();
        let mut ears = Ears::stopping(&stopper, Stop::Now);
        tokio::select! {
            _ = run(script.spec.clone(), &mut ears, &unstopped) => panic!("{name} ended"),
            _ = stop.stopped() => {}
        }
        assert_eq!(script.living(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn nothing_survives_the_programs_own_end() {
    let table = [
        ("in its group", "sleep 600 & echo ready"),
        ("in a session", "setsid sleep 600 & echo ready"),
        ("reparented", "(setsid sh -c 'sleep 600 &' &); echo ready"),
        ("holds the pipe", "sleep 600 & exec echo ready"),
        ("sheds everything", SHEDS_EVERYTHING),
    ];
    for (name, text) in table {
        let mut script = Script::new(&format!("({text}); exit 3"));
        script.spec.grace = Duration::from_millis(50);
        let (ended, ears) = hear(&script).await;
        assert_eq!(ended.exit, Exit::Code(3), "{name}");
        assert_eq!(ears.text(), ["ready"], "{name}");
        assert_eq!(script.living(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn other_processes_are_left_alone() {
    // The same program and arguments, in the same folder.
    let mut script = Script::new(STUBBORN[0].1);
    script.spec.grace = Duration::from_millis(50);
    let mut command = Command::new("sh");
    command.args(["-c", STUBBORN[0].1]);
    command.current_dir(&script.spec.directory);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut other = Bystander(command.spawn().expect("sh"));
    let (stopper, context) = context();
    let mut ears = Ears::stopping(&stopper, Stop::Gently);
    let ended = run(script.spec.clone(), &mut ears, &context).await;
    assert!(ended.expect("started").survivors.is_empty());
    assert!(other.0.try_wait().expect("a child").is_none());
}

#[tokio::test]
async fn a_program_notices_nothing_of_its_supervisor() {
    let mut script = Script::new(
        "cat; echo err >&2; test $(ps -o pgid= $$) = $$ && echo leads; ls -l /proc/$$/fd >files; sed -n \"s/.*-> //p\" files | tr -d 0-9 | sort; \
         printf '%s|' \"$@\"; trap 'exit 7' TERM; kill 0; exit 8",
    );
    script.spec.stdin = b"told\n".to_vec();
    script
        .spec
        .args
        .extend(["sh", "", "two words"].map(Into::into));
    let without = CallContext::detached();
    let without = capture(script.spec.clone(), 4096, &without).await;
    let (_stopper, context) = context();
    let output = capture(script.spec.clone(), 4096, &context).await;
    let output = output.expect("started");
    // It can end its own group, and no file of ours is open to it.
    assert_eq!(output.exit, Exit::Code(7), "{output:?}");
    assert!(output.text.starts_with("told\nerr\nleads\n"), "{output:?}");
    assert!(output.text.ends_with("|two words|"), "{output:?}");
    assert_eq!(output.text, without.expect("started").text);

    let mut closed = Script::new("cat; echo over");
    closed.spec.stdin = Vec::new();
    let (ended, ears) = hear(&closed).await;
    assert_eq!((ended.exit, ears.text()), (Exit::Code(0), vec!["over"]));
    let (ended, _) = hear(&Script::new("kill -9 $$")).await;
    assert_eq!(ended.exit, Exit::Signal(9));
}

#[tokio::test]
async fn a_sink_is_told_of_start_and_end() {
    #[derive(Default)]
    struct Told(Vec<String>);
    impl LineSink for Told {
        fn started(&mut self, pid: u32) {
            self.0.push(pid.to_string());
        }
        fn line(&mut self, line: Line<'_>) {
            self.0.push(line.text.to_owned());
        }
        fn ended(&mut self, ended: &Ended) {
            self.0.push(format!("{:?}", ended.exit));
        }
    }
    for context in [context().1, CallContext::detached()] {
        let mut told = Told::default();
        let script = Script::new("echo $$");
        let ended = run(script.spec.clone(), &mut told, &context).await;
        assert_eq!(ended.expect("started").exit, Exit::Code(0));
        let [pid, own, end] = told.0.as_slice() else {
            panic!("{:?}", told.0)
        };
        assert_eq!((pid, end.as_str()), (own, "Code(0)"));
    }
}

#[tokio::test]
async fn errors_are_the_same_as_without() {
    let script = Script::new("");
    let mut missing = script.spec.clone();
    missing.program = "no-such-program".into();
    let mut plain = script.spec.clone();
    fs::write(script.path("plain"), "no program").expect("a file");
    plain.program = script.path("plain").into();
    let mut nowhere = script.spec.clone();
    nowhere.directory = script.path("nowhere");
    let mut long = script.spec.clone();
    long.args.push("x".repeat(4 << 20).into());
    let mut zero = script.spec.clone();
    zero.args.push("a\0b".into());
    for spec in [missing, plain, nowhere, long, zero] {
        let mut told = Vec::new();
        for context in [context().1, CallContext::detached()] {
            let error = run(spec.clone(), &mut Ears::default(), &context).await;
            let error = error.expect_err("not started");
            told.push((*error.kind(), error.advice()));
        }
        assert_eq!(told[0], told[1], "{spec:?}");
    }
}

#[tokio::test]
async fn what_is_no_supervisor_starts_nothing() {
    for program in ["/bin/true", "/bin/echo", "/no/such/program"] {
        let script = Script::new("touch ran");
        let context = CallContext::detached().with_supervisor(Supervisor::at(program));
        let error = run(script.spec.clone(), &mut Ears::default(), &context).await;
        let error = error.expect_err("not started");
        assert!(!script.path("ran").exists(), "{program}: {error}");
        assert_eq!(script.living(), [""; 0], "{program}");
        if program == "/bin/true" {
            assert_eq!(*error.kind(), ProcessErrorKind::Start);
            assert!(error.to_string().contains("Supervisor::here()"), "{error}");
        }
    }
}

/// Kills its supervisor when that is told.
const ORPHANED: &str = "(setsid sleep 600 &); trap '' TERM; echo supervisor $PPID; \
                        while :; do sleep 1; done";

#[tokio::test]
async fn without_its_supervisor_a_program_is_ended_all_the_same() {
    let mut script = Script::new(ORPHANED);
    script.spec.grace = Duration::from_millis(50);
    let mut fatal = Each(|line: &str| {
        let pid = line.strip_prefix("supervisor ").expect("told first");
        let killed = Command::new("kill").args(["-9", pid]).status();
        assert!(killed.expect("kill").success());
    });
    let (_stopper, context) = context();
    let ended = run(script.spec.clone(), &mut fatal, &context).await;
    let ended = ended.expect("started");
    assert_eq!(ended.exit, Exit::Signal(9));
    assert!(ended.survivors.is_empty());
    assert_eq!(script.living(), [""; 0]);
}

#[tokio::test]
async fn what_may_live_on_does_and_holds_nothing() {
    for context in [context().1, CallContext::detached()] {
        // It keeps the output open, and ends when it is told to.
        let mut script = Script::new(
            "mkfifo go alive; (exec 9>alive; read end <go) & exec 8<alive; echo ready; exit 4",
        );
        script.spec.leave_running = true;
        let mut ears = Ears::default();
        let ended = run(script.spec.clone(), &mut ears, &context).await;
        assert_eq!(ended.expect("started").exit, Exit::Code(4));
        assert_eq!(ears.text(), ["ready"]);
        assert_eq!(script.living().len(), 1, "{:?}", script.living());
        let (done, over) = mpsc::channel();
        // It is there: otherwise this would wait for ever.
        let mut file = fs::File::open(script.path("alive")).expect("a fifo");
        std::thread::spawn(move || {
            let _ = done.send(file.read_to_string(&mut String::new()));
        });
        fs::write(script.path("go"), "end\n").expect("told");
        let read = over.recv_timeout(LIMIT).expect("it ended");
        assert_eq!(read.expect("an end"), 0);
    }
}

#[tokio::test]
async fn survivors_are_named_in_a_turns_report() {
    // A supervisor that says of its program: started as 77777, ended with 0,
    // 88888 is left. Nothing is started by it.
    let folder = tempfile::TempDir::new().expect("a folder");
    let lies = folder.path().join("lies");
    let words = r"s\321\057\001\000c\000\000\000\000v\070\133\001\000g\000\000\000\000";
    fs::write(&lies, format!("#!/bin/sh\nprintf '{words}' >&0\n")).expect("a file");
    Command::new("chmod")
        .arg("+x")
        .arg(&lies)
        .status()
        .expect("chmod");
    let context = CallContext::detached().with_supervisor(Supervisor::at(&lies));
    let attempt = AttemptId {
        run: RunId::new("r"),
        task: TaskId::new("t").expect("an id"),
        number: 1,
    };
    let turn = TurnRequest::new(attempt, "Work.", folder.path());
    let report = CommandHarness::new("agent", [""; 0])
        .run(turn, context)
        .await;
    let report = report.expect("started");
    assert_eq!(report.end, EndReason::Finished);
    assert_eq!(report.survivors, [88_888]);
}
