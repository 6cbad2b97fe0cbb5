//! Calls of the application.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// After this, a run hangs.
const LIMIT: Duration = Duration::from_secs(200);

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    #[expect(dead_code, reason = "shown when something is wrong")]
    stderr: String,
}

/// Runs `swarm` with these arguments to its end.
pub(crate) fn swarm(sandbox: &Sandbox, args: &[&str]) -> Finished {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_swarm-under-test"));
    bounded(command.args(args), &sandbox.dir())
}

/// Asks `swarm why` until it says this: a run tells what it does just after it
/// did it.
pub(crate) fn told_why(sandbox: &Sandbox, task: &str, expected: &str) {
    let until = Instant::now() + LIMIT;
    let mut said = String::new();
    while !said.contains(expected) {
        assert!(Instant::now() < until, "{expected:?} is not in {said:?}");
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_swarm-under-test"));
        let output = command.args(["why", task]).output();
        let output = output.expect("the application");
        said = String::from_utf8_lossy(&output.stdout).into_owned();
    }
}

impl Finished {
    /// The report: the last line.
    pub(crate) fn report(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last)
            .unwrap_or_else(|error| panic!("no report ({error}) at the end of\n{self:#?}"))
    }
}

/// Output goes to files: nobody has to read along.
fn bounded(command: &mut Command, folder: &Path) -> Finished {
    let files = ["stdout", "stderr"].map(|name| folder.join(name));
    let [stdout, stderr] = files
        .each_ref()
        .map(|path| File::create(path).expect("a file"));
    command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
    let mut child = command.spawn().expect("the application");
    let until = Instant::now() + LIMIT;
    let mut hangs = false;
    while !hangs && child.try_wait().expect("a child").is_none() {
        sleep(Duration::from_millis(20));
        hangs = Instant::now() >= until;
    }
    if hangs {
        let _ = child.kill();
    }
    let status = child.wait().expect("a child");
    let [stdout, stderr] = files.map(|path| {
        let bytes = fs::read(path).expect("a file");
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let finished = Finished {
        code: status.code(),
        stdout,
        stderr,
    };
    assert!(!hangs, "no end within {LIMIT:?}:\n{finished:#?}");
    finished
}
