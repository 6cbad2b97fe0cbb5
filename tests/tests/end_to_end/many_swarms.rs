//! Several swarms in one process know nothing of each other.

use std::path::Path;
use std::time::Duration;

use swarm_core::model::Task;
use swarm_core::ports::TaskStore;
use swarm_store::SqliteStore;
use swarm_tests::orchestrator::Site;

use crate::sandbox::Sandbox;

/// Waits until agents of all three swarms are at work, then commits.
const AGENT: &str = r#"
cat >/dev/null
touch "$MEETING/$SWARM_RUN_ID"
tries=0
until [ "$(ls "$MEETING" | wc -l)" -ge 3 ]; do
    tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; sleep 0.1
done
echo "$MARK" >"$SWARM_TASK_ID.txt"
git add . && git commit -q -m "Add $SWARM_TASK_ID"
"#;

const TASKS: [&str; 3] = ["one", "two", "three"];

#[test]
fn three_swarms_work_in_one_process_on_two_repositories() {
    let (first, second) = (Sandbox::new(), Sandbox::new());
    first.git(&["branch", "side"]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let before = surroundings();
    let meeting = first.dir().join("meeting");
    std::fs::create_dir(&meeting).expect("a folder");
    let places = [(&first, "main"), (&first, "side"), (&second, "main")];
    let swarms = places.map(|(sandbox, target)| {
        let site = site(sandbox, target, &meeting);
        runtime.block_on(add_tasks(&site.store));
        runtime.spawn(site.work())
    });
    for (swarm, (sandbox, target)) in swarms.into_iter().zip(places) {
        let report = runtime
            .block_on(swarm)
            .expect("no panic")
            .expect("a report");
        assert_eq!(report.exit_code(), 0, "{report:#?}");
        assert_eq!(report.target.branch, target);
        assert_eq!(report.tasks.len(), TASKS.len());
        // Each landed here, and with this swarm's variables.
        for task in TASKS {
            let text = sandbox.git(&["show", &format!("{target}:{task}.txt")]);
            assert_eq!(text.trim(), mark(sandbox, target));
        }
        let landings = ["rev-list", "--first-parent", "--merges", "--count", target];
        assert_eq!(sandbox.git(&landings).trim(), "3");
        sandbox.check_integrity();
    }
    assert_eq!(surroundings(), before);
}

fn site(sandbox: &Sandbox, target: &str, meeting: &Path) -> Site {
    let dir = sandbox.dir();
    sandbox.write("agent.sh", AGENT);
    let mut env = sandbox.env().to_vec();
    env.push(("MEETING".into(), meeting.into()));
    env.push(("MARK".into(), mark(sandbox, target).into()));
    Site {
        repo: sandbox.repo(),
        target: target.to_owned(),
        store: dir.join(format!("{target}.db")),
        worktrees: dir.join(format!("worktrees-{target}")),
        agent: format!("sh {}", dir.join("agent.sh").display()),
        env,
        jobs: 2,
        lease: Duration::from_secs(120),
        supervisor: None,
    }
}

fn mark(sandbox: &Sandbox, target: &str) -> String {
    format!("{target} of {}", sandbox.dir().display())
}

async fn add_tasks(store: &Path) {
    let store = SqliteStore::open(store).expect("a store");
    let tasks = TASKS.map(|id| Task::new(id, "Add a file.").expect("an id").into());
    store.add(tasks.into()).await.expect("added");
}

/// What a library must not change.
fn surroundings() -> impl PartialEq + std::fmt::Debug {
    let directory = std::env::current_dir().expect("a directory");
    (directory, std::env::vars_os().collect::<Vec<_>>())
}
