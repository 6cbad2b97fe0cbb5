//! `swarm run`.

use std::sync::Arc;
use std::time::Duration;

use swarm_core::dispatch::Until;
use swarm_core::model::{HarnessName, RunId};
use swarm_core::{Handle, RunReport, Swarm, SwarmBuilder};
use swarm_store::SqliteStore;
use swarm_store::files::sync;

use super::args::RunArgs;
use super::arrivals::{Arrivals, FolderStore, Looking};
use super::console::{complain, note, result};
use super::host::Host;
use super::live::{self, Bell, Keeper, Live, Orders, UNTOLD};
use super::prepare::{Prepared, blocks, prepare};
use super::refusal::Refusal;
use super::signals::Signals;
use super::watch::{EventsFile, Lines, Progress, View, watch};
use super::{dry_run, preflight, repository, state, summary};

/// The run could not tell how it ended.
const UNKNOWN_END: u8 = 1;

/// Works on the tasks, and gives the exit code.
pub(super) async fn run(args: RunArgs, host: &Host) -> Result<u8, Refusal> {
    let prepared = prepare(&args.place, &args.ways, host).await?;
    name_broken_files(&prepared);
    if args.dry_run {
        dry_run::print(&prepared, args.json);
        return Ok(0);
    }
    let id = new_run();
    let swarm = builder(&prepared, &id, until(&args), host);
    if !args.skip_preflight {
        preflight::refuse_broken(&swarm, &prepared).await?;
    }
    let signals = Signals::catch()
        .map_err(|error| Refusal::new(format!("signals cannot be caught: {error}")))?;
    let (store, events) = open(&prepared)?;
    if !args.quiet {
        note(format_args!("run {id}: {}", summary::setting(&prepared)));
    }
    let synced = sync(&store, &prepared.folder).await?;
    if !args.quiet {
        summary::synced(&synced).into_iter().for_each(note);
    }
    let (observer, teller, watching) = watch(views(&args, events, host), args.quiet);
    let store = FolderStore::new(store, Arrivals::new(&prepared, teller));
    let store = Arc::new(store);
    let swarm = swarm.store(store.clone()).observer(Arc::new(observer));
    let swarm = swarm
        .build()
        .map_err(|error| Refusal::new(error.to_string()))?;
    let running = swarm
        .start()
        .await
        .map_err(|error| Refusal::new(error.to_string()))?;
    let steering = signals.steer(running.handle());
    let keeper = keep_told(&prepared, &id, running.handle());
    let folder = live::folder(&prepared.repo);
    let wanted = (Bell::of(&folder, &id), Orders::of(&folder, &id));
    let looking = Looking::begin(store, running.handle(), wanted);
    let report = running.wait().await;
    drop((steering, looking));
    if let Some(keeper) = keeper {
        keeper.end().await;
    }
    watching.finish();
    Ok(match report {
        Ok(report) => {
            print(&report, &args);
            report.exit_code()
        }
        Err(error) => {
            complain(format_args!("the run ended without a report: {error}"));
            UNKNOWN_END
        }
    })
}

fn print(report: &RunReport, args: &RunArgs) {
    let lines = summary::lines(report);
    if args.json {
        if !args.quiet {
            lines.iter().for_each(note);
        }
        result(report.to_json());
    } else {
        lines.iter().for_each(result);
    }
}

/// Tells others what the run is doing. It goes on, too, if that fails.
fn keep_told(prepared: &Prepared, run: &RunId, handle: Handle) -> Option<Keeper> {
    let agents = prepared.settings.agents().into_iter();
    let mut live = Live::new(
        run.clone(),
        &prepared.state,
        prepared.folder.source.clone(),
        agents.map(|kind| HarnessName::new(kind.name())).collect(),
    );
    live.max_restarts = prepared.settings.policy.max_restarts;
    let folder = live::folder(&prepared.repo);
    match Keeper::begin(&folder, live, handle) {
        Ok(keeper) => Some(keeper),
        Err(error) => {
            let folder = folder.display();
            complain(format_args!(
                "{folder}: {error}; {UNTOLD}, and it cannot be steered by other processes"
            ));
            None
        }
    }
}

/// A file that cannot be read is no reason to leave the others alone, but one
/// to say so.
fn name_broken_files(prepared: &Prepared) {
    let tasks = prepared.folder.tasks.iter();
    for problem in tasks.filter_map(|new| new.problem.as_ref()) {
        complain(blocks(problem));
    }
}

/// The only step of the preparation that writes. If one part fails, what the
/// other one made goes.
fn open(prepared: &Prepared) -> Result<(SqliteStore, Option<EventsFile>), Refusal> {
    if let Some(folder) = &prepared.settings.record {
        std::fs::create_dir_all(folder).map_err(|error| {
            let folder = folder.display();
            Refusal::new(format!(
                "{folder}: {error}; name a folder that can be written by --record"
            ))
        })?;
    }
    let events = match &prepared.settings.events {
        None => None,
        Some(path) => Some(EventsFile::open(path).map_err(|error| {
            let path = path.display();
            Refusal::new(format!(
                "{path}: {error}; name a file that can be written by --events"
            ))
        })?),
    };
    match state::open(&prepared.state) {
        Ok(store) => Ok((store, events)),
        Err(refusal) => {
            if let Some(events) = events {
                events.undo();
            }
            Err(refusal)
        }
    }
}

/// When the run ends by itself.
fn until(args: &RunArgs) -> Until {
    match args.watch_for {
        Some(span) => Until::Quiet(span.0),
        None if args.watch => Until::Stopped,
        None => Until::Drained,
    }
}

/// Random, short enough for a branch name.
fn new_run() -> RunId {
    let random = swarm_core::nonce();
    RunId::new(random.as_str().get(..10).unwrap_or_default())
}

fn views(args: &RunArgs, events: Option<EventsFile>, host: &Host) -> Vec<Box<dyn View>> {
    let mut views: Vec<Box<dyn View>> = Vec::new();
    if let Some(events) = events {
        views.push(Box::new(events));
    }
    if args.quiet {
        return views;
    }
    if host.terminal {
        views.push(Box::new(Progress::new()));
    } else {
        views.push(Box::new(Lines::default()));
    }
    views
}

/// All but the store, which is made only when all is well.
fn builder(prepared: &Prepared, run: &RunId, until: Until, host: &Host) -> SwarmBuilder {
    let mut policy = prepared.settings.policy.clone();
    policy.until = until;
    // Who is not at work needs no limit.
    let at_work = |name: &HarnessName| {
        let mut agents = prepared.harnesses.iter();
        agents.any(|(kind, _)| kind.name() == name.as_str())
    };
    policy.harness_jobs.retain(|name, _| at_work(name));
    let logs = repository::own_folder(&prepared.repo)
        .join("runs")
        .join(run.as_str());
    let mut swarm = Swarm::builder()
        .run_id(run.clone())
        .git(Arc::new(prepared.repo.clone()))
        .policy(policy)
        .prompts(prepared.settings.prompts.clone())
        .source(prepared.folder.source.clone())
        .tasks_folder(&prepared.tasks)
        // A run goes on unattended: what an agent asks is told, and answered
        // by default.
        .answer_within(Duration::ZERO)
        .logs(logs);
    if let Some(supervisor) = &host.supervisor {
        swarm = swarm.supervisor(supervisor.clone());
    }
    for (kind, harness) in &prepared.harnesses {
        swarm = swarm.harness(kind.name(), Arc::clone(harness));
    }
    let harness = prepared.settings.harness.name();
    for fallback in &prepared.settings.fallbacks {
        swarm = swarm.fallback(harness, fallback.name());
    }
    if let Some(chosen) = &prepared.settings.planner {
        swarm = swarm.planner(chosen.planner.clone());
    }
    if let Some(gate) = &prepared.gate {
        swarm = swarm.gate(Arc::new(gate.clone()));
    }
    if prepared.reviewers.is_empty() {
        swarm.unreviewed()
    } else {
        swarm.reviewers(prepared.reviewers.clone())
    }
}
