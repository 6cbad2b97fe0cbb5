//! An orchestrator that dies without a word, and the one that comes after it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use swarm_core::model::Task;
use swarm_core::ports::TaskStore;
use swarm_git::{GitRepo, Leftover};
use swarm_store::SqliteStore;

use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

/// Tells that it began, and where; the tasks named `wait-…` then wait for a file.
const AGENT: &str = r#"
cat >/dev/null
echo "$SWARM_TASK_ID" >>"$STAGE/begun"
pwd >>"$STAGE/where-$SWARM_TASK_ID"
echo begun >>"begun-$SWARM_TASK_ID.txt"
case $SWARM_TASK_ID in wait-*)
    tries=0
    until [ -e "$STAGE/go" ]; do
        tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; sleep 0.1
    done
esac
echo "$SWARM_RUN_ID" >"$SWARM_TASK_ID.txt"
git add . && git commit -q -m "Add $SWARM_TASK_ID"
"#;

/// Longer than any test may take: the tasks of a dead run are not waited for.
const LEASE: Duration = Duration::from_secs(600);

/// After this, something hangs.
const LIMIT: Duration = Duration::from_secs(60);

struct Stage {
    sandbox: Sandbox,
    tasks: Vec<String>,
}

#[test]
fn agents_of_a_dead_run_are_ended_and_their_work_is_gone_on_with() {
    let stage = Stage::new(&["quick-1", "quick-2", "wait-1", "wait-2"]);
    let mut first = stage.start("alone");
    stage.until("both wait and both landed", || {
        stage.begun("wait-") == 2 && stage.landings().len() == 2
    });
    kill(&mut first);
    let mut second = stage.start("alone");
    stage.until("the new run took over", || stage.begun("wait-") == 4);
    stage.sandbox.write("stage/go", "");
    let report = stage.finish(&mut second);
    stage.check(&report);
    let run = report["run"].as_str().expect("a run's id");
    for task in ["wait-1", "wait-2"] {
        let landed = |file: &str| stage.sandbox.git(&["show", &format!("main:{file}.txt")]);
        let by = landed(task);
        assert_eq!(
            by.trim(),
            run,
            "{task} landed what the dead run's agent made"
        );
        let begun = landed(&format!("begun-{task}"));
        assert_eq!(begun, "begun\nbegun\n", "what lay there is not lost");
        let places = stage.places(task);
        assert_eq!(places.len(), 2);
        assert_eq!(places[0], places[1], "another worktree");
    }
}

/// Deaf, and everywhere but where it is looked for. All of it holds `alive`
/// open.
const HIDING_AGENT: &str = r#"
exec 9>"$STAGE/alive"
cat >/dev/null
trap '' TERM HUP
env -i STAGE="$STAGE" setsid sh -c '
    (trap "" TERM HUP; echo hidden >>"$STAGE/begun"; while :; do sleep 1; done) & exit' &
while :; do sleep 1; done
"#;

#[test]
fn agents_die_with_their_orchestrator() {
    let stage = Stage::new(&["one", "two", "three"]);
    stage.sandbox.write("agent.sh", HIDING_AGENT);
    let alive = stage.sandbox.dir().join("stage/alive");
    let made = std::process::Command::new("mkfifo").arg(&alive).status();
    assert!(made.expect("mkfifo").success());
    let (done, over) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // Ends when nobody holds it open any more.
        let mut file = File::open(alive).expect("a fifo");
        let _ = done.send(std::io::copy(&mut file, &mut std::io::sink()));
    });
    let mut run = stage.start("supervised");
    stage.until("all three hide", || stage.begun("hidden") == 3);
    kill(&mut run);
    let end = over.recv_timeout(LIMIT).expect("all of them ended");
    assert_eq!(end.expect("an end"), 0);
    assert_gone("a supervisor", || stage.sandbox.processes());
}

#[test]
fn killed_again_and_again_every_task_lands_once() {
    let tasks: Vec<String> = (1..=12).map(|n| format!("quick-{n}")).collect();
    let tasks: Vec<&str> = tasks.iter().map(String::as_str).collect();
    let stage = Stage::new(&tasks);
    // An agent's begin and a landing are moments that can be seen from outside;
    // what the orchestrator does right after them differs from time to time.
    for moment in 1..=4 {
        let mut run = stage.start("supervised");
        let (begun, landed) = (stage.begun(""), stage.landings().len());
        stage.until("there is progress", || {
            ended(&mut run)
                || if moment % 2 == 0 {
                    stage.begun("") >= begun + moment
                } else {
                    stage.landings().len() > landed
                }
        });
        kill(&mut run);
        stage.remove_dead_locks();
    }
    let mut last = stage.start("supervised");
    let report = stage.finish(&mut last);
    stage.check(&report);
}

impl Stage {
    /// A repository, and a store with these tasks.
    fn new(tasks: &[&str]) -> Self {
        let mut sandbox = Sandbox::new();
        let dir = sandbox.dir();
        sandbox.set("STAGE", dir.join("stage"));
        sandbox.write("stage/begun", "");
        sandbox.write("agent.sh", AGENT);
        let rows = tasks
            .iter()
            .map(|id| Task::new(*id, "Add a file.").expect("an id").into());
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let store = SqliteStore::open(dir.join("tasks.db")).expect("a store");
        let added = runtime
            .expect("a runtime")
            .block_on(store.add(rows.collect()));
        added.expect("added");
        Self {
            sandbox,
            tasks: tasks.iter().map(|&id| id.to_owned()).collect(),
        }
    }

    /// An orchestrator, `supervised` or `alone`.
    fn start(&self, how: &str) -> Child {
        let dir = self.sandbox.dir();
        let out = File::create(dir.join("report")).expect("a file");
        let mut command = self.sandbox.command(env!("CARGO_BIN_EXE_orchestrator"));
        command.arg(self.sandbox.repo());
        command.args([dir.join("tasks.db"), dir.join("worktrees")]);
        command.arg(format!("sh {}", dir.join("agent.sh").display()));
        command.args([&LEASE.as_millis().to_string(), how]);
        command.stdin(Stdio::null()).stdout(out);
        command.spawn().expect("an orchestrator")
    }

    /// Waits for the end, and gives the report.
    fn finish(&self, run: &mut Child) -> Value {
        self.until("the run ended", || ended(run));
        let report = fs::read_to_string(self.sandbox.dir().join("report")).expect("a file");
        serde_json::from_str(&report).expect("a report")
    }

    /// How many agents began with tasks that are named so.
    fn begun(&self, prefix: &str) -> usize {
        let begun = fs::read_to_string(self.sandbox.dir().join("stage/begun")).expect("a file");
        begun
            .lines()
            .filter(|task| task.starts_with(prefix))
            .count()
    }

    /// Where the agents of a task worked, one after the other.
    fn places(&self, task: &str) -> Vec<String> {
        let places = self.sandbox.dir().join(format!("stage/where-{task}"));
        let places = fs::read_to_string(places).expect("a file");
        places.lines().map(str::to_owned).collect()
    }

    /// Task and commit of each landing, the oldest first.
    fn landings(&self) -> Vec<(String, String)> {
        let format = "--format=%(trailers:key=Swarm-Task,valueonly,separator=) %H";
        let log = [
            "log",
            "--first-parent",
            "--merges",
            "--reverse",
            "main",
            format,
        ];
        let log = self.sandbox.git(&log);
        let lines = log.lines().filter_map(|line| line.split_once(' '));
        lines
            .map(|(task, commit)| (task.to_owned(), commit.to_owned()))
            .collect()
    }

    fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let limit = Instant::now() + LIMIT;
        while !holds() {
            assert!(
                Instant::now() < limit,
                "never: {what}; {} begun, landed: {:?}",
                self.begun(""),
                self.landings()
            );
            sleep(Duration::from_millis(2));
        }
    }

    /// Every task landed exactly once, as the report says, and nothing runs.
    fn check(&self, report: &Value) {
        assert_gone("an agent or orchestrator", || self.sandbox.processes());
        let landings = self.landings();
        let commits: BTreeMap<_, _> = landings.iter().cloned().collect();
        assert_eq!(landings.len(), commits.len(), "landed twice: {landings:?}");
        let reported = report["tasks"]
            .as_array()
            .expect("tasks")
            .iter()
            .map(|task| {
                assert_eq!(task["outcome"], "landed", "{task}");
                let [id, commit] = ["id", "commit"].map(|key| task[key].as_str().expect("text"));
                (id.to_owned(), commit.to_owned())
            });
        let reported: BTreeMap<_, _> = reported.collect();
        assert_eq!(reported, commits);
        assert_eq!(reported.len(), self.tasks.len());
        self.remove_dead_locks();
        self.sweep();
        self.sandbox.check_integrity();
        let status = self.sandbox.git(&["status", "--porcelain"]);
        assert_eq!(status, "", "the checkout is clean and up to date");
    }

    /// What git asks people to do when a process of it died: its lock files
    /// say nothing about who made them. Agents and gits of a dead run go on for
    /// a moment.
    fn remove_dead_locks(&self) {
        assert_gone("something of a dead run", || self.sandbox.processes());
        let mut folders = vec![self.sandbox.repo().join(".git")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "lock") {
                    fs::remove_file(path).expect("removed");
                }
            }
        }
    }

    /// Removes what dead runs left behind, but for work that has not landed.
    fn sweep(&self) {
        let repo = GitRepo::builder(self.sandbox.repo())
            .worktrees(self.sandbox.dir().join("worktrees"))
            .env(self.sandbox.env().to_vec())
            .build()
            .expect("a repository");
        let left = repo.leftovers().expect("leftovers");
        repo.sweep(&left).expect("swept");
        let left = repo.leftovers().expect("leftovers");
        let work = |one: &Leftover| one.unlanded || one.dirty;
        assert!(left.iter().all(work), "not swept away: {left:#?}");
    }
}

fn ended(run: &mut Child) -> bool {
    run.try_wait().expect("a child").is_some()
}

fn kill(run: &mut Child) {
    run.kill().expect("killed");
    run.wait().expect("a child");
}
