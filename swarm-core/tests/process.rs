//! Real programs: started, heard, bounded and ended with all their kin.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use swarm_core::model::Limit;
use swarm_core::ports::{AgentEvent, CallContext, Sink, Stop};
use swarm_core::process::{
    Ended, Exit, Line, LineSink, ProcessErrorKind, ProcessSpec, Stream, capture, converse, run,
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

#[path = "process/script.rs"]
mod script;

use script::{Bystander, Each, Ears, STUBBORN, Script};

async fn hear(script: &Script) -> (Ended, Ears) {
    let mut ears = Ears::default();
    let ended = run(script.spec.clone(), &mut ears, &CallContext::detached()).await;
    (ended.unwrap(), ears)
}

#[tokio::test]
async fn lines_of_both_streams_are_heard_and_the_exit_code_told() {
    let script = Script::new("echo out; echo err >&2; printf 'no end'; exit 3");
    let (ended, ears) = hear(&script).await;
    assert_eq!(ended.exit, Exit::Code(3));
    let mut lines = ears.lines;
    lines.sort_by(|a, b| a.1.cmp(&b.1));
    let expected = [
        (Stream::Stderr, "err".to_owned(), false),
        (Stream::Stdout, "no end".to_owned(), false),
        (Stream::Stdout, "out".to_owned(), false),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_foreign_signal_is_told() {
    let (ended, _) = hear(&Script::new("kill -9 $$")).await;
    assert_eq!(ended.exit, Exit::Signal(9));
}

#[tokio::test]
async fn nothing_is_inherited_but_what_was_given() {
    let script = Script::new("env | sed 's/=.*//' | sort; pwd");
    let (_, ears) = hear(&script).await;
    let names = ["PATH", "PWD", "SWARM_PROCESS", "TEST_TAG"];
    let text = ears.text();
    let heard: Vec<_> = text.iter().filter(|line| names.contains(line)).collect();
    assert_eq!(heard.len(), 4);
    // A shell adds some of its own.
    let own = ["_", "SHLVL", "OLDPWD"];
    let others = text
        .iter()
        .filter(|line| !names.contains(line) && !own.contains(line));
    assert_eq!(others.collect::<Vec<_>>(), [&script.tag]);
}

#[tokio::test]
async fn a_large_input_reaches_the_program_while_it_talks() {
    let mut script = Script::new("tee copy");
    script.spec.stdin = b"0123456789abcde\n".repeat(2 << 16);
    let (ended, ears) = hear(&script).await;
    assert_eq!(ended.exit, Exit::Code(0));
    assert_eq!(ears.lines.len(), 2 << 16);
    assert_eq!(fs::read(script.path("copy")).unwrap(), script.spec.stdin);
}

#[tokio::test]
async fn a_program_need_not_read_its_input() {
    for end in ["exit 0", "exec <&-; echo closed", "sleep 0.1"] {
        let mut script = Script::new(end);
        script.spec.stdin = vec![b'x'; 2 << 20];
        let (ended, _) = hear(&script).await;
        assert_eq!(ended.exit, Exit::Code(0), "{end}");
    }
}

#[tokio::test]
async fn without_input_the_program_reads_an_end() {
    let (ended, ears) = hear(&Script::new("cat; echo over")).await;
    assert_eq!((ended.exit, ears.text()), (Exit::Code(0), vec!["over"]));
}

/// Answers every question with its number, and hangs up after the last one.
struct Answers {
    input: Option<UnboundedSender<Vec<u8>>>,
    heard: Vec<String>,
}

impl LineSink for Answers {
    fn line(&mut self, line: Line<'_>) {
        self.heard.push(line.text.to_owned());
        match (&self.input, line.text) {
            (Some(input), "what?") => {
                let answer = format!("answer {}\n", self.heard.len());
                // It may have gone already.
                let _ = input.send(answer.into_bytes());
            }
            (Some(_), "bye") => self.input = None,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_program_can_be_told_more_and_then_hung_up_on() {
    let table = [
        // What it was told from the start comes first.
        (
            "read a; echo $a; echo what?; read b; echo $b; echo what?; read c; echo $c; echo bye; cat; echo over",
            &[
                "first", "what?", "answer 2", "what?", "answer 4", "bye", "over",
            ][..],
        ),
        // It need not wait for an end, and its end is not waited for.
        ("read a; echo what?; exit 0", &["what?"]),
        // Nor need it listen.
        ("exec <&-; echo what?; echo what?", &["what?", "what?"]),
        ("cat >/dev/null & echo what?", &["what?"]),
    ];
    for (script, heard) in table {
        let mut script = Script::new(script);
        script.spec.stdin = b"first\n".to_vec();
        let (sender, input) = unbounded_channel();
        let mut answers = Answers {
            input: Some(sender),
            heard: Vec::new(),
        };
        let context = CallContext::detached();
        let ended = converse(script.spec.clone(), input, &mut answers, &context)
            .await
            .unwrap();
        assert_eq!(ended.exit, Exit::Code(0));
        assert_eq!(answers.heard, heard);
        assert_eq!(script.living(), [""; 0]);
    }
}

#[tokio::test]
async fn a_line_of_a_hundred_megabytes_is_cut() {
    let script = Script::new("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo after");
    let (_, ears) = hear(&script).await;
    let lengths: Vec<_> = ears
        .lines
        .iter()
        .map(|(_, text, cut)| (text.len(), *cut))
        .collect();
    assert_eq!(lengths, [(1024, true), (5, false)]);
}

#[tokio::test]
async fn the_log_keeps_everything_up_to_its_limit() {
    let mut script = Script::new("printf 'a\\377b\\n'; printf c >&2");
    script.spec.log = Some(script.path("logs/deep/turn.log"));
    hear(&script).await;
    let mut log = fs::read(script.path("logs/deep/turn.log")).unwrap();
    log.sort_unstable();
    assert_eq!(log, b"\nabc\xFF");

    let mut script = Script::new("head -c 100000 /dev/zero");
    script.spec.log = Some(script.path("log"));
    script.spec.max_log = 1000;
    hear(&script).await;
    let log = fs::read_to_string(script.path("log")).unwrap();
    assert_eq!(
        log,
        format!("{}\n… 99000 bytes left out …\n{0}", "\0".repeat(500))
    );
}

#[tokio::test]
async fn a_log_that_cannot_be_made_starts_nothing() {
    let mut script = Script::new("touch ran");
    fs::write(script.path("file"), "").unwrap();
    script.spec.log = Some(script.path("file/log"));
    let error = run(
        script.spec.clone(),
        &mut Ears::default(),
        &CallContext::detached(),
    )
    .await;
    assert_eq!(*error.unwrap_err().kind(), ProcessErrorKind::Io);
    assert!(!script.path("ran").exists());
}

#[tokio::test]
async fn whatever_is_heard_shows_that_the_call_is_alive() {
    #[derive(Default)]
    struct Pulse(AtomicUsize);
    impl Sink for Pulse {
        fn event(&self, _: AgentEvent) {}
        fn alive(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let pulse = Arc::new(Pulse::default());
    let context = CallContext::detached().heard_by(pulse.clone());
    let script = Script::new("printf dot >&2");
    run(script.spec.clone(), &mut Ears::default(), &context)
        .await
        .unwrap();
    assert_eq!(pulse.0.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_program_that_cannot_start_is_a_typed_error() {
    let none = |spec: ProcessSpec| async move {
        run(spec, &mut Ears::default(), &CallContext::detached())
            .await
            .unwrap_err()
    };
    let script = Script::new("");
    let mut spec = script.spec.clone();
    spec.program = "no-such-program".into();
    let error = none(spec).await;
    assert_eq!(*error.kind(), ProcessErrorKind::NotFound);
    assert!(error.to_string().contains("no-such-program"), "{error}");

    let mut spec = script.spec.clone();
    fs::write(script.path("plain"), "no program").unwrap();
    spec.program = script.path("plain").into();
    assert_eq!(*none(spec).await.kind(), ProcessErrorKind::NotFound);

    let mut spec = script.spec.clone();
    spec.directory = script.path("nowhere");
    let error = none(spec).await;
    assert_eq!(*error.kind(), ProcessErrorKind::Start);
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn a_short_command_keeps_head_and_tail_of_both_streams_in_order() {
    let script = Script::new("echo first >&2; seq 1 1000; echo last >&2; exit 2");
    let output = capture(script.spec.clone(), 100, &CallContext::detached())
        .await
        .unwrap();
    assert_eq!(output.exit, Exit::Code(2));
    assert!(
        output.text.starts_with("first\n1\n2\n3\n"),
        "{}",
        output.text
    );
    assert!(output.text.ends_with("1000\nlast\n"), "{}", output.text);
    assert!(
        output.text.contains("\n… 3804 bytes left out …\n"),
        "{}",
        output.text
    );
}

#[tokio::test]
async fn a_call_that_was_stopped_before_starts_nothing() {
    let script = Script::new("touch ran");
    let (stopper, context) = CallContext::stoppable();
    stopper.stop(Stop::Limit(Limit::Wall));
    let ended = run(script.spec.clone(), &mut Ears::default(), &context)
        .await
        .unwrap();
    assert_eq!(ended.exit, Exit::StoppedByUs(Stop::Limit(Limit::Wall)));
    assert!(!script.path("ran").exists());
}

#[tokio::test]
async fn a_gentle_stop_lets_the_program_end_in_good_order() {
    let script =
        Script::new("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
    let (stopper, context) = CallContext::stoppable();
    let mut ears = Ears::stopping(&stopper, Stop::Gently);
    let ended = run(script.spec.clone(), &mut ears, &context).await.unwrap();
    assert_eq!(ended.exit, Exit::StoppedByUs(Stop::Gently));
    assert!(ears.text().contains(&"bye"));
    assert_eq!(script.living(), [""; 0]);
}

#[tokio::test]
async fn nothing_survives_a_stop() {
    for (name, text) in STUBBORN {
        for how in [Stop::Gently, Stop::Limit(Limit::Idle), Stop::Now] {
            let mut script = Script::new(text);
            script.spec.grace = Duration::from_millis(50);
            let (stopper, context) = CallContext::stoppable();
            let mut ears = Ears::stopping(&stopper, how);
            let ended = run(script.spec.clone(), &mut ears, &context).await.unwrap();
            assert_eq!(ended.exit, Exit::StoppedByUs(how), "{name}");
            assert_eq!(script.living(), [""; 0], "{name} {how:?}");
        }
    }
}

#[tokio::test]
async fn a_harder_stop_cuts_the_grace_short() {
    let script = Script::new("trap 'echo asked' TERM; echo ready; while :; do sleep 0.01; done");
    let (stopper, context) = CallContext::stoppable();
    let mut escalate = Each(|line: &str| match line {
        "ready" => stopper.stop(Stop::Gently),
        "asked" => stopper.stop(Stop::Now),
        _ => {}
    });
    let ended = run(script.spec.clone(), &mut escalate, &context)
        .await
        .unwrap();
    assert_eq!(ended.exit, Exit::StoppedByUs(Stop::Now));
    assert!(ended.duration < script.spec.grace);
    assert_eq!(script.living(), [""; 0]);
}

#[tokio::test]
async fn nothing_survives_a_dropped_future() {
    for (name, text) in STUBBORN {
        let script = Script::new(text);
        let (stopper, context) = CallContext::stoppable();
        let (never, unstopped) = CallContext::stoppable();
        let mut ears = Ears::stopping(&stopper, Stop::Now);
        tokio::select! {
            _ = run(script.spec.clone(), &mut ears, &unstopped) => panic!("{name} ended"),
            _ = context.stopped() => {}
        }
        drop(never);
        assert_eq!(script.living(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn what_a_program_leaves_behind_is_ended() {
    let table = [
        ("in its group", "sleep 600 & echo ready"),
        ("in a session", "setsid sleep 600 & echo ready"),
        ("reparented", "(setsid sh -c 'sleep 600 &' &); echo ready"),
        (
            "stubborn",
            "nohup sh -c 'trap \"\" TERM; echo ready; while :; do sleep 1; done' & read go < fifo",
        ),
        ("holds the pipe", "sleep 600 & exec echo ready"),
    ];
    for (name, text) in table {
        let mut script = Script::new(&format!("mkfifo fifo; {text}"));
        script.spec.grace = Duration::from_millis(50);
        // One of them waits for a word, so that its child is surely set up.
        let fifo = text.contains("fifo").then(|| script.path("fifo"));
        let mut go = Each(|_: &str| {
            if let Some(fifo) = fifo.clone() {
                std::thread::spawn(move || fs::write(fifo, "go\n"));
            }
        });
        let ended = run(script.spec.clone(), &mut go, &CallContext::detached()).await;
        assert_eq!(ended.unwrap().exit, Exit::Code(0), "{name}");
        assert_eq!(script.living(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn other_processes_are_left_alone() {
    // Same program, same arguments, same folder, and a mark of its own.
    let mut script = Script::new(STUBBORN[0].1);
    script.spec.grace = Duration::from_millis(50);
    let other = std::process::Command::new("sh")
        .args(["-c", STUBBORN[0].1])
        .current_dir(script.folder.path())
        .env("SWARM_PROCESS", "0123456789abcdef0123456789abcdef")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut other = Bystander(other.unwrap());
    let (stopper, context) = CallContext::stoppable();
    let mut ears = Ears::stopping(&stopper, Stop::Gently);
    run(script.spec.clone(), &mut ears, &context).await.unwrap();
    assert!(other.0.try_wait().unwrap().is_none());
}

#[tokio::test]
async fn a_swarm_within_a_swarm_belongs_to_both() {
    let mut script = Script::new("echo $SWARM_PROCESS");
    script
        .spec
        .env
        .push(("SWARM_PROCESS".into(), "outer".into()));
    let (_, ears) = hear(&script).await;
    let inner = ears.text()[0].strip_prefix("outer:").unwrap();
    let (_, nonce) = inner.rsplit_once('-').unwrap();
    assert_eq!(nonce.len(), 32, "and tells who started it: {inner}");
}
