//! The traits that adapters implement: agents, git, tasks, gates, reviewers,
//! launchers, observers. Each says what it guarantees and what it does not.

mod context;
mod gate;
mod git;
mod harness;
mod keep;
mod launcher;
mod observer;
mod preflight;
mod question;
mod reviewer;
mod store;

pub use context::{AgentEvent, CallContext, Sink, Stop, Stopper};
pub use gate::{Gate, GateError, GateErrorKind, GateReport, GateRequest, StepOutcome, StepReport};
pub use git::{
    AcquireRequest, Advance, AdvanceRequest, Changes, Diff, DiffRequest, GitClient, GitError,
    GitErrorKind, Merge, MergeRequest, Release, Released, RepoState, Worktree,
};
pub use harness::{Capabilities, Harness, HarnessError, HarnessErrorKind, TurnReport, TurnRequest};
pub use keep::{Keep, Kept};
pub use launcher::{Job, Launched, Launcher, Purpose};
pub use observer::Observer;
pub use preflight::PreflightRequest;
pub use question::{Answer, Matter, Question};
pub use reviewer::{
    Review, ReviewError, ReviewErrorKind, ReviewRequest, Reviewer, ReviewerInfo, Ruling,
};
pub use store::{
    Added, Change, ClaimRequest, Claimed, Claims, Guard, Page, Renewal, Spent, Step, StoreError,
    StoreErrorKind, TaskFilter, TaskStore,
};

#[cfg(any(test, feature = "test-util"))]
pub use self::{
    gate::MockGate, git::MockGitClient, harness::MockHarness, launcher::MockLauncher,
    observer::MockObserver, reviewer::MockReviewer, store::MockTaskStore,
};
