//! What the runs of one process tell each other about accounts.

use tokio::sync::broadcast;

use crate::dispatch::{AccountNews, Input};
use crate::event::Event;
use crate::model::{AccountId, RunId};

/// News that a slow run has not heard yet; older ones are dropped, and it finds
/// out for itself.
const BACKLOG: usize = 64;

/// Lets several swarms of one process share what they learn about accounts: a
/// limit that one of them meets parks the account for all. Give a clone to the
/// builder of each. Cheap to clone.
///
/// ```
/// # #[cfg(feature = "test-util")] {
/// # use std::sync::Arc;
/// # use swarm_core::{Swarm, store::MemoryStore, testing::{FakeGit, ScriptedHarness}};
/// use swarm_core::Accounts;
/// let accounts = Accounts::new();
/// # let swarm = || {
/// #   let git = Arc::new(FakeGit::new());
/// #   Swarm::builder().store(Arc::new(MemoryStore::new())).git(git.clone())
/// #     .harness("h", Arc::new(ScriptedHarness::new(git))).unreviewed()
/// # };
/// let one = swarm().accounts(&accounts).build()?;
/// let two = swarm().accounts(&accounts).build()?;
/// # }
/// # Ok::<_, swarm_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Accounts(broadcast::Sender<News>);

/// What a run has learned.
#[derive(Clone, Debug)]
struct News {
    by: RunId,
    account: AccountId,
    what: AccountNews,
}

impl Default for Accounts {
    fn default() -> Self {
        Self::new()
    }
}

impl Accounts {
    /// Knows of no runs yet.
    pub fn new() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }

    pub(super) fn join(&self, run: RunId) -> Membership {
        Membership {
            run,
            news: self.0.subscribe(),
            all: self.clone(),
        }
    }
}

/// A run among others.
#[derive(Debug)]
pub(super) struct Membership {
    run: RunId,
    all: Accounts,
    news: broadcast::Receiver<News>,
}

impl Membership {
    /// Tells the others, if the event is about an account.
    pub(super) fn tell(&self, event: &Event) {
        let (account, news) = match event {
            Event::AccountParked {
                account,
                until,
                why,
            } => {
                let (until, why) = (*until, why.clone());
                (account, AccountNews::Parked { until, why })
            }
            Event::AccountOpen { account } => (account, AccountNews::Open),
            Event::AccountClosed { account, why } => {
                (account, AccountNews::Closed { why: why.clone() })
            }
            _ => return,
        };
        // Nobody else may be there.
        let _ = self.all.0.send(News {
            by: self.run.clone(),
            account: account.clone(),
            what: news,
        });
    }

    /// The next thing that another run has learned.
    pub(super) async fn hear(&mut self) -> Input {
        loop {
            match self.news.recv().await {
                Ok(News { by, account, what }) if by != self.run => {
                    let news = what;
                    return Input::Account { account, news };
                }
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                // Cannot be: this holds a sender itself.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
