//! The port: every call runs where it may block.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use swarm_core::error::{Advice, Failure};
use swarm_core::model::{Check, Oid};
use swarm_core::ports::{
    AcquireRequest, Advance, AdvanceRequest, CallContext, Changes, Diff, DiffRequest, GitClient,
    GitErrorKind, Merge, MergeRequest, PreflightRequest, Release, Released, RepoState, Worktree,
};

use crate::error::Result;
use crate::repo::{GitRepo, Repo};

impl GitRepo {
    /// Does something on a thread that may block. Once begun it goes on to its
    /// end, even if nobody waits for it: git is not left in the middle.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Repo) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let repo = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || work(&repo)).await {
            Ok(done) => done,
            Err(source) if source.is_panic() => {
                Err(
                    Failure::new(GitErrorKind::Command, "work on the repository", Advice::Bug)
                        .because(source),
                )
            }
            Err(source) => Err(Failure::new(
                GitErrorKind::Stopped,
                "work on the repository",
                Advice::Retry,
            )
            .because(source)),
        }
    }

    /// The earlier worktree, if it can be gone on with.
    async fn adopt(&self, what: &AcquireRequest) -> Result<Option<Worktree>> {
        let Some(earlier) = what.earlier.clone() else {
            return Ok(None);
        };
        let attempt = what.attempt.clone();
        self.blocking(move |repo| Ok(Some(earlier).filter(|tree| repo.adopt(&attempt, tree))))
            .await
    }

    async fn create(&self, what: AcquireRequest, context: &CallContext) -> Result<Worktree> {
        let stop = Arc::new(AtomicBool::new(context.stop().is_some()));
        let stopped = Arc::clone(&stop);
        let mut made =
            std::pin::pin!(self.blocking(move |repo| repo.create(&what.attempt, &stopped)));
        tokio::select! {
            tree = &mut made => return tree,
            _ = context.stopped() => stop.store(true, Ordering::Relaxed),
        }
        made.await
    }
}

#[async_trait]
impl GitClient for GitRepo {
    async fn inspect(&self) -> Result<RepoState> {
        self.blocking(Repo::inspect).await
    }

    async fn preflight(&self, _: PreflightRequest) -> Vec<Check> {
        let looked = self.blocking(|repo| Ok(repo.preflight())).await;
        looked.unwrap_or_else(|error| {
            let found = error.to_string();
            vec![Check::doubtful("git", found, "report this: it is a bug")]
        })
    }

    async fn acquire(&self, what: AcquireRequest, context: CallContext) -> Result<Worktree> {
        let (attempt, logs) = (what.attempt.clone(), what.logs.clone());
        if context.stop().is_none()
            && let Some(earlier) = self.adopt(&what).await?
        {
            return Ok(earlier);
        }
        let tree = self.create(what, &context).await?;
        let ready = self
            .0
            .set_up(&tree.path, &attempt, logs.as_deref(), &context)
            .await;
        let made = tree.clone();
        self.blocking(move |repo| {
            let noted = ready.and_then(|()| repo.note_put(&made.path));
            noted.inspect_err(|_| repo.undo(&made))
        })
        .await?;
        Ok(tree)
    }

    async fn changes(&self, tree: &Worktree) -> Result<Changes> {
        let tree = tree.clone();
        self.blocking(move |repo| repo.changes(&tree)).await
    }

    async fn diff(&self, what: DiffRequest) -> Result<Diff> {
        self.blocking(move |repo| repo.diff(&what)).await
    }

    async fn merge(&self, what: MergeRequest) -> Result<Merge> {
        self.blocking(move |repo| repo.merge(&what)).await
    }

    async fn advance(&self, what: AdvanceRequest) -> Result<Advance> {
        self.blocking(move |repo| repo.advance(&what)).await
    }

    async fn contains(&self, commit: &Oid) -> Result<bool> {
        let commit = commit.clone();
        self.blocking(move |repo| repo.contains(&commit)).await
    }

    async fn release(&self, tree: &Worktree, how: Release) -> Result<Released> {
        let tree = tree.clone();
        self.blocking(move |repo| repo.release(&tree, &how)).await
    }

    fn processes(&self) -> u64 {
        self.0.git.started()
    }
}
