//! Task files that are written, edited or taken away while a run lasts.

mod mark;
mod store;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use swarm_core::model::{NewTask, TaskId};
use swarm_core::ports::{TaskFilter, TaskStore};
use swarm_core::store::all_rows;
use swarm_core::{Handle, HandleError};
use swarm_store::files::{Synced, preview, sync};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::args::HarnessKind;
use super::live::{Bell, Orders};
use super::prepare::{self, Prepared};
use super::refusal::Refusal;
use super::settings::Settings;
use super::summary;
use super::watch::Teller;
pub(super) use mark::Mark;
pub(super) use store::FolderStore;

/// How often the folder is looked at. A change counts when two looks in a row
/// have found the same: nobody is writing any more.
const PACE: Duration = Duration::from_secs(1);

/// Brings a store up to date with the folder of task files, whenever that has
/// changed.
#[derive(Debug)]
pub(super) struct Arrivals {
    tasks: PathBuf,
    settings: Settings,
    /// Who works in this run.
    agents: Vec<HarnessKind>,
    seen: Mutex<Seen>,
    teller: Teller,
}

/// What was seen, and need not be told again.
#[derive(Debug)]
struct Seen {
    /// The folder as it was when the store was brought up to date.
    mark: Mark,
    /// Tasks that were changed too late.
    late: Vec<TaskId>,
    /// The store has changes of which the run has not been told.
    news: bool,
}

impl Arrivals {
    /// From the state of the folder that a run begins with.
    pub(super) fn new(prepared: &Prepared, teller: Teller) -> Self {
        Self {
            tasks: prepared.tasks.clone(),
            settings: prepared.settings.clone(),
            agents: prepared.harnesses.iter().map(|(kind, _)| *kind).collect(),
            seen: Mutex::new(Seen {
                mark: prepared.mark.clone(),
                late: Vec::new(),
                news: false,
            }),
            teller,
        }
    }

    /// Takes in what has changed. Nothing is taken in while something is wrong,
    /// which is told once.
    pub(super) async fn look(&self, store: &dyn TaskStore) {
        let mut seen = self.seen.lock().await;
        let now = Mark::of(&self.tasks);
        if seen.mark == now {
            return;
        }
        seen.mark = now;
        match self.take_in(store).await {
            Ok(mut synced) => {
                let late = std::mem::replace(&mut seen.late, synced.kept.clone());
                synced.kept.retain(|task| !late.contains(task));
                let lines = summary::synced(&synced);
                for line in &lines {
                    self.teller.tell(line);
                }
                seen.news |= !lines.is_empty();
            }
            Err(refusal) => self.teller.complain(&format!(
                "{refusal}\nthe folder counts as before until this is mended"
            )),
        }
    }

    /// Whether the run is to be told of changes, from now on no more.
    pub(super) async fn take_news(&self) -> bool {
        std::mem::take(&mut self.seen.lock().await.news)
    }

    async fn take_in(&self, store: &dyn TaskStore) -> Result<Synced, Refusal> {
        let folder = prepare::read(&self.tasks)?;
        let rows = preview(all_rows(store, TaskFilter::default()).await?, &folder);
        let kinds = prepare::check(&self.settings, &rows, &folder, &self.tasks)?;
        let strangers = kinds.iter().filter(|kind| !self.agents.contains(kind));
        let strangers = strangers.map(|kind| {
            let name = kind.name();
            format!("a task asks for {name}, which is not at work in this run; begin another one")
        });
        Refusal::unless_empty(strangers.collect())?;
        let synced = sync(store, &folder).await?;
        let news = |task: &TaskId| synced.new.contains(task) || synced.updated.contains(task);
        let fresh = folder.tasks.iter().filter(|new| news(&new.task.id));
        for problem in fresh.filter_map(|new| new.problem.as_ref()) {
            self.teller.complain(&prepare::blocks(problem));
        }
        Ok(synced)
    }
}

/// Looks at the folder until it is dropped.
#[derive(Debug)]
pub(super) struct Looking(JoinHandle<()>);

impl Looking {
    /// Tells the run of what arrives, of what others have changed in its store,
    /// and of what they want of it.
    pub(super) fn begin(
        store: Arc<FolderStore>,
        run: Handle,
        (bell, orders): (Bell, Orders),
    ) -> Self {
        Self(tokio::spawn(async move {
            let mut last = Mark::default();
            loop {
                tokio::time::sleep(PACE).await;
                let now = store.mark();
                if now == last {
                    store.look().await;
                }
                last = now;
                orders.take().into_iter().for_each(|order| order.give(&run));
                let rung = bell.rung();
                if (store.take_news().await || rung) && !ask_store(&run).await {
                    return;
                }
            }
        }))
    }
}

/// Has the run ask its store what is new; false after its end. A store that
/// cannot answer now is no end: whoever stopped looking would take no orders.
async fn ask_store(run: &Handle) -> bool {
    let asked = run.submit(Vec::<NewTask>::new()).await;
    !matches!(asked, Err(HandleError::Over))
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use swarm_core::dispatch::Until;
    use swarm_core::model::Task;
    use swarm_core::store::MemoryStore;
    use swarm_core::testing::{FakeGit, ScriptedHarness};
    use swarm_core::{Policy, Swarm};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_store_that_contradicts_itself_is_no_end_of_a_run() {
        let (store, git) = (Arc::new(MemoryStore::new()), Arc::new(FakeGit::new()));
        let mut policy = Policy::default();
        policy.until = Until::Stopped;
        let agent = ScriptedHarness::new(git.clone());
        let swarm = Swarm::builder()
            .store(store.clone())
            .git(git)
            .harness("scripted", Arc::new(agent))
            .policy(policy)
            .unreviewed();
        let running = swarm.build().unwrap().start().await.unwrap();
        let run = running.handle();
        assert!(ask_store(&run).await);
        let waits = Task::new("b", "Do it.").unwrap().after("nobody").unwrap();
        store.add(vec![waits.into()]).await.unwrap();
        let refused = run.submit(Vec::<NewTask>::new()).await;
        assert!(matches!(refused, Err(HandleError::Tasks(_))));
        assert!(ask_store(&run).await, "it goes on, and may be steered");
        run.stop();
        running.wait().await.unwrap();
        assert!(!ask_store(&run).await);
    }
}
