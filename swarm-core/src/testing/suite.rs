//! What the conformance suites share: clauses, what an adapter may lack, and
//! the account of what was found.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// What a port allows an adapter, or its fixture, to be without. A clause that
/// is about it is skipped, and the account says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Ability {
    /// What it starts are programs of this system, with standard streams, exit
    /// codes, a folder and children.
    Programs,
    /// The fixture can tell which of the started programs live.
    Processes,
    /// Conversations can be resumed (`Capabilities::resume`).
    Resume,
    /// Reports tell what the agent looked at (`TurnReport::looked_at`).
    Looking,
    /// A gate may have several steps.
    Steps,
    /// A gate's steps have a limit of time of their own.
    Timeout,
    /// A reviewer's judgement is read from words, which can be forged.
    Words,
    /// A call can be under way, so that there is something to stop.
    Waiting,
    /// Somebody may have the target checked out.
    Checkout,
    /// Making a worktree includes commands of the user.
    Setup,
}

/// Most that is told of what was seen, in characters: it may be megabytes.
const SEEN: usize = 2000;

/// What the check of a clause comes to.
pub(super) type Check<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A rule that every adapter of a port keeps; `F` is the port's fixture.
pub struct Clause<F: ?Sized> {
    pub(super) name: &'static str,
    pub(super) guarantee: &'static str,
    pub(super) needs: &'static [Ability],
    pub(super) check: for<'a> fn(&'a F) -> Check<'a>,
}

impl<F: ?Sized> Clause<F> {
    /// Its name, to run it alone.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it demands, in a sentence or two.
    pub fn guarantee(&self) -> &'static str {
        self.guarantee.trim_start()
    }

    /// What it is about: it is skipped for an adapter that lacks one of these.
    pub fn needs(&self) -> &'static [Ability] {
        self.needs
    }
}

impl<F: ?Sized> fmt::Debug for Clause<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clause")
            .field("name", &self.name)
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}

/// A clause that an adapter does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its name.
    pub clause: &'static str,
    /// What it demands.
    pub guarantee: &'static str,
    /// What was seen instead.
    pub seen: String,
}

/// A clause that was not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its name.
    pub clause: &'static str,
    /// What the adapter, or its fixture, lacks.
    pub lacks: Ability,
}

/// What a suite found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "it may say that clauses are broken"]
pub struct Account {
    /// Clauses that are kept.
    pub kept: Vec<&'static str>,
    /// Clauses that are not.
    pub broken: Vec<Broken>,
    /// Clauses that were not checked.
    pub skipped: Vec<Skipped>,
}

impl Account {
    /// Prints what was skipped, and panics with all that is broken.
    ///
    /// # Panics
    ///
    /// If a clause is broken.
    pub fn assert_kept(&self) {
        println!("{self}");
        assert!(self.broken.is_empty(), "{self}");
    }

    /// Names of the broken clauses.
    pub fn broken(&self) -> Vec<&'static str> {
        self.broken.iter().map(|broken| broken.clause).collect()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kept, broken) = (self.kept.len(), self.broken.len());
        write!(f, "{kept} clauses kept, {broken} broken")?;
        for skipped in &self.skipped {
            let Skipped { clause, lacks } = skipped;
            write!(f, "\n  skipped {clause}: without {lacks:?}")?;
        }
        for broken in &self.broken {
            let Broken {
                clause,
                guarantee,
                seen,
            } = broken;
            let seen = seen.replace('\n', "\n      ");
            write!(
                f,
                "\n  broken {clause}\n    wanted: {guarantee}\n    seen: {seen}"
            )?;
        }
        Ok(())
    }
}

/// How a suite is run.
pub(super) struct Run<F: ?Sized + 'static> {
    pub(super) clauses: &'static [Clause<F>],
    pub(super) lacks: fn(&F) -> Vec<Ability>,
    /// The longest that a clause may take, as tokio's clock goes; `None` where
    /// the clause itself moves the clock.
    pub(super) limit: Option<Duration>,
}

impl<F: ?Sized> Run<F> {
    /// All clauses, or one, each on a fixture of its own.
    pub(super) async fn check(&self, only: Option<&str>, fresh: impl Fn() -> Box<F>) -> Account {
        let mut account = Account::default();
        let chosen = self.clauses.iter();
        for clause in chosen.filter(|clause| only.is_none_or(|only| only == clause.name)) {
            let at = fresh();
            let lacks = (self.lacks)(&at);
            if let Some(&lacks) = clause.needs.iter().find(|need| lacks.contains(need)) {
                let clause = clause.name;
                account.skipped.push(Skipped { clause, lacks });
                continue;
            }
            println!("clause {}", clause.name);
            match self.within(caught((clause.check)(&at))).await {
                Ok(()) => account.kept.push(clause.name),
                Err(seen) => account.broken.push(Broken {
                    clause: clause.name,
                    guarantee: clause.guarantee(),
                    seen,
                }),
            }
        }
        let ran = account.kept.len() + account.broken.len() + account.skipped.len();
        assert!(ran > 0, "there is no clause {only:?}");
        account
    }

    async fn within(&self, check: impl Future<Output = Result<(), String>>) -> Result<(), String> {
        let Some(limit) = self.limit else {
            return check.await;
        };
        let late = |_| Err(format!("it was not over after {limit:?}"));
        tokio::time::timeout(limit, check)
            .await
            .unwrap_or_else(late)
    }
}

/// The message of a panic, instead of the panic.
async fn caught(mut check: Check<'_>) -> Result<(), String> {
    poll_fn(move |context| {
        let poll = AssertUnwindSafe(|| check.as_mut().poll(context));
        match catch_unwind(poll) {
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => Poll::Ready(Err(message(&*panic))),
        }
    })
    .await
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("a panic without a message");
    let mut seen: String = text.chars().take(SEEN).collect();
    if seen.len() < text.len() {
        seen.push_str(" …");
    }
    seen
}

/// Declares a suite: its clauses in their order, each with what it demands,
/// and the three ways to run them.
macro_rules! suite {
    (
        $fixture:ident, limit: $limit:expr;
        $( $(#[doc = $guarantee:literal])+ $group:ident::$name:ident $([$($need:ident),+])?; )+
    ) => {
        /// Every clause.
        pub const CLAUSES: &[crate::testing::suite::Clause<dyn $fixture>] = &[
            $(crate::testing::suite::Clause {
                name: stringify!($name),
                guarantee: concat!($($guarantee),+),
                needs: &[$($(crate::testing::suite::Ability::$need),+)?],
                check: |at| Box::pin($group::$name(at)),
            }),+
        ];

        const RUN: crate::testing::suite::Run<dyn $fixture> = crate::testing::suite::Run {
            clauses: CLAUSES,
            lacks: |at| at.lacks(),
            limit: $limit,
        };

        /// Checks every clause, each on a fresh fixture, and tells what was
        /// found, also what was skipped.
        pub async fn check<F: $fixture + 'static>(
            fresh: impl Fn() -> F,
        ) -> crate::testing::suite::Account {
            RUN.check(None, || Box::new(fresh())).await
        }

        /// Checks one clause.
        ///
        /// # Panics
        ///
        /// If no clause has this name.
        pub async fn check_one<F: $fixture + 'static>(
            clause: &str,
            fresh: impl Fn() -> F,
        ) -> crate::testing::suite::Account {
            RUN.check(Some(clause), || Box::new(fresh())).await
        }

        /// Checks every clause, and prints what was skipped.
        ///
        /// # Panics
        ///
        /// If the adapter breaks clauses: the message tells all of them.
        pub async fn check_all<F: $fixture + 'static>(fresh: impl Fn() -> F) {
            check(fresh).await.assert_kept();
        }
    };
}
pub(super) use suite;
