//! Ports that count their answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use swarm_core::model::{Claim, Ending, NewTask, Oid, TaskId};
use swarm_core::ports::{
    AcquireRequest, Added, Advance, AdvanceRequest, CallContext, Capabilities, Change, Changes,
    ClaimRequest, Claims, Diff, DiffRequest, Gate, GateError, GateReport, GateRequest, GitClient,
    GitError, Harness, HarnessError, Merge, MergeRequest, Page, Release, Released, Renewal,
    RepoState, Review, ReviewError, ReviewRequest, Reviewer, ReviewerInfo, Step, StoreError,
    TaskFilter, TaskStore, TurnReport, TurnRequest, Worktree,
};
use swarm_core::testing::FakeGit;

use crate::heap;

/// Answers so far, and the heap after so many landed tasks.
#[derive(Debug)]
pub(crate) struct Counter {
    inputs: AtomicUsize,
    done: AtomicUsize,
    /// Before the run.
    begin: OnceLock<usize>,
    marks: [(usize, OnceLock<usize>); 2],
}

impl Counter {
    pub(crate) fn new(marks: [usize; 2]) -> Self {
        Self {
            inputs: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            begin: OnceLock::new(),
            marks: marks.map(|mark| (mark, OnceLock::new())),
        }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self) {
        self.begin.get_or_init(heap::live);
    }

    pub(crate) fn heaps(&self) -> Option<[usize; 3]> {
        let [(_, early), (_, late)] = &self.marks;
        Some([*self.begin.get()?, *early.get()?, *late.get()?])
    }

    fn input(&self) {
        self.inputs.fetch_add(1, Ordering::Relaxed);
    }

    fn landed(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        for (_, heap) in self.marks.iter().filter(|(mark, _)| *mark == done) {
            heap.get_or_init(heap::live);
        }
    }
}

/// A port that counts.
#[derive(Debug)]
pub(crate) struct Counted<P> {
    port: P,
    counter: Arc<Counter>,
}

impl<P> Counted<P> {
    pub(crate) fn new(port: P, counter: &Arc<Counter>) -> Self {
        let counter = Arc::clone(counter);
        Self { port, counter }
    }
}

#[async_trait]
impl<P: TaskStore> TaskStore for Counted<P> {
    // Before the run: no answer to the dispatcher.
    async fn add(&self, tasks: Vec<NewTask>) -> Result<Vec<Added>, StoreError> {
        self.port.add(tasks).await
    }

    async fn claim(&self, what: ClaimRequest) -> Result<Claims, StoreError> {
        self.counter.input();
        self.port.claim(what).await
    }

    async fn renew(&self, claims: &[Claim], lease: Duration) -> Result<Vec<Renewal>, StoreError> {
        self.counter.input();
        self.port.renew(claims, lease).await
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.counter.input();
        let lands = |change: &Change| match &change.step {
            Step::End { ending, .. } => matches!(ending, Ending::Landed { .. }),
            _ => false,
        };
        let landed = changes.iter().filter(|change| lands(change)).count();
        self.port.apply(changes).await?;
        (0..landed).for_each(|_| self.counter.landed());
        Ok(())
    }

    // Before and after the run: no answer to the dispatcher.
    async fn list(&self, filter: TaskFilter, after: Option<TaskId>) -> Result<Page, StoreError> {
        self.port.list(filter, after).await
    }
}

#[async_trait]
impl GitClient for Counted<Arc<FakeGit>> {
    // Before and after the run: no answer to the dispatcher.
    async fn inspect(&self) -> Result<RepoState, GitError> {
        self.port.inspect().await
    }

    async fn acquire(
        &self,
        what: AcquireRequest,
        context: CallContext,
    ) -> Result<Worktree, GitError> {
        self.counter.input();
        self.port.acquire(what, context).await
    }

    async fn changes(&self, tree: &Worktree) -> Result<Changes, GitError> {
        self.counter.input();
        self.port.changes(tree).await
    }

    // A part of a review, which counts by itself.
    async fn diff(&self, what: DiffRequest) -> Result<Diff, GitError> {
        self.port.diff(what).await
    }

    async fn merge(&self, what: MergeRequest) -> Result<Merge, GitError> {
        self.counter.input();
        self.port.merge(what).await
    }

    async fn advance(&self, what: AdvanceRequest) -> Result<Advance, GitError> {
        self.counter.input();
        self.port.advance(what).await
    }

    async fn contains(&self, commit: &Oid) -> Result<bool, GitError> {
        self.counter.input();
        self.port.contains(commit).await
    }

    async fn release(&self, tree: &Worktree, how: Release) -> Result<Released, GitError> {
        self.counter.input();
        self.port.release(tree, how).await
    }

    fn processes(&self) -> u64 {
        self.port.processes()
    }
}

#[async_trait]
impl<P: Harness> Harness for Counted<P> {
    fn capabilities(&self) -> Capabilities {
        self.port.capabilities()
    }

    async fn run(
        &self,
        turn: TurnRequest,
        context: CallContext,
    ) -> Result<TurnReport, HarnessError> {
        self.counter.input();
        self.port.run(turn, context).await
    }
}

#[async_trait]
impl<P: Gate> Gate for Counted<P> {
    fn steps(&self) -> Vec<String> {
        self.port.steps()
    }

    async fn run(&self, what: GateRequest, context: CallContext) -> Result<GateReport, GateError> {
        self.counter.input();
        self.port.run(what, context).await
    }
}

#[async_trait]
impl<P: Reviewer> Reviewer for Counted<P> {
    fn info(&self) -> ReviewerInfo {
        self.port.info()
    }

    async fn review(
        &self,
        what: ReviewRequest,
        context: CallContext,
    ) -> Result<Review, ReviewError> {
        self.counter.input();
        self.port.review(what, context).await
    }
}
