//! What stands between a swarm and its programs.

use std::fs;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use swarm_core::agent_cli::CommandHarness;
use swarm_core::error::{Advice, Failure};
use swarm_core::gate::CommandGate;
use swarm_core::model::Task;
use swarm_core::ports::{Job, Launched, Launcher, TaskStore};
use swarm_core::process::{ProcessError, ProcessErrorKind, ProcessSpec, Supervisor};
use swarm_core::review::CommandReviewer;
use swarm_core::store::MemoryStore;
use swarm_core::{RunReport, Swarm};
use swarm_git::GitRepo;

use crate::sandbox::Sandbox;

/// Starts everything by way of a shell that says so in the environment.
#[derive(Debug, Default)]
struct Shell {
    /// What came through, and whether it may write where it works.
    jobs: Mutex<Vec<(String, bool)>>,
    /// What was started and is over.
    over: Arc<Mutex<usize>>,
    refuses: bool,
}

/// Counts its own end.
struct Lease(Arc<Mutex<usize>>);

impl Drop for Lease {
    fn drop(&mut self) {
        *self.0.lock().expect("unpoisoned") += 1;
    }
}

#[async_trait]
impl Launcher for Shell {
    async fn launch(&self, mut program: ProcessSpec) -> Result<Launched, ProcessError> {
        let purpose = &program.purpose;
        let job = match &purpose.job {
            Job::Agent { role, .. } => role.as_str().to_owned(),
            Job::Gate { step, .. } => format!("gate {step}"),
            Job::Setup { .. } => "setup".to_owned(),
            other => format!("{other:?}"),
        };
        let writes = purpose.writable.contains(&purpose.worktree);
        self.jobs.lock().expect("unpoisoned").push((job, writes));
        if self.refuses {
            let what = "enter the sandbox";
            return Err(Failure::new(
                ProcessErrorKind::Start,
                what,
                Advice::FixConfiguration,
            ));
        }
        let script = r#"SANDBOX=shell exec "$@""#;
        let mut args = vec!["-c".into(), script.into(), "sh".into(), program.program];
        args.append(&mut program.args);
        program.program = "sh".into();
        program.args = args;
        Ok(Launched {
            program,
            held: Some(Box::new(Lease(Arc::clone(&self.over)))),
        })
    }
}

async fn work(sandbox: &Sandbox, launcher: &Arc<Shell>) -> RunReport {
    let dir = sandbox.dir();
    let note = |who: &str| format!("echo \"{who} $SANDBOX\" >>{}/seen", dir.display());
    let script = |name: &str, text: String| {
        sandbox.write(name, &text);
        format!("sh {}", dir.join(name).display())
    };
    let agent = script(
        "agent.sh",
        format!("{}; echo x >x; git add x; git commit -qm x", note("agent")),
    );
    let reviewer = script(
        "reviewer.sh",
        format!("{}; echo \"swarm:$SWARM_NONCE APPROVED\"", note("reviewer")),
    );
    let env = sandbox.env().to_vec();
    let git = GitRepo::builder(sandbox.repo())
        .worktrees(dir.join("worktrees"))
        .setup(note("setup"))
        .env(env.clone())
        .build()
        .expect("a repository");
    let gate = CommandGate::new()
        .environment(env.clone())
        .step("look", note("gate"))
        .expect("a step");
    let reviewer = CommandHarness::parse(&reviewer).expect("a command");
    let reviewer = CommandReviewer::new("shell", reviewer.environment(env.clone()));
    let agent = CommandHarness::parse(&agent).expect("a command");
    let store = MemoryStore::new();
    let task = Task::new("one", "Write x.").expect("an id");
    store.add(vec![task.into()]).await.expect("added");
    let swarm = Swarm::builder()
        .store(Arc::new(store))
        .git(Arc::new(git))
        .harness("shell", Arc::new(agent.environment(env)))
        .gate(Arc::new(gate))
        .reviewers(vec![Arc::new(reviewer)])
        .launcher(launcher.clone())
        .supervisor(Supervisor::at(env!("CARGO_BIN_EXE_orchestrator")));
    swarm.build().expect("complete").run().await.expect("a run")
}

#[tokio::test]
async fn agents_reviewers_gates_and_setup_commands_go_through_it() {
    let sandbox = Sandbox::new();
    let launcher = Arc::new(Shell::default());
    let report = work(&sandbox, &launcher).await;
    assert_eq!(report.tasks[0].outcome.as_str(), "landed", "{report:?}");
    let seen = fs::read_to_string(sandbox.dir().join("seen")).expect("a file");
    assert_eq!(
        seen,
        "setup shell\nagent shell\ngate shell\nreviewer shell\n"
    );
    let jobs = launcher.jobs.lock().expect("unpoisoned").clone();
    let expected = [
        ("setup", true),
        ("implement", true),
        ("gate look", true),
        // It is to change nothing.
        ("review", false),
    ];
    assert_eq!(jobs, expected.map(|(job, writes)| (job.to_owned(), writes)));
    assert_eq!(*launcher.over.lock().expect("unpoisoned"), 4);
}

#[tokio::test]
async fn when_it_fails_nothing_is_started() {
    let sandbox = Sandbox::new();
    let launcher = Arc::new(Shell {
        refuses: true,
        ..Shell::default()
    });
    let report = work(&sandbox, &launcher).await;
    assert_ne!(report.tasks[0].outcome.as_str(), "landed");
    assert!(!sandbox.dir().join("seen").exists());
    let jobs = launcher.jobs.lock().expect("unpoisoned").clone();
    assert_eq!(jobs[0].0, "setup");
    assert_eq!(*launcher.over.lock().expect("unpoisoned"), 0);
}
