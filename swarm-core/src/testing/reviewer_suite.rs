//! What every [`Reviewer`] must do: run it against yours.
//!
//! A reviewer that asks an agent has its fixture in [`AgentFixture`], one that
//! calls a program in [`ProgramFixture`]. Anything else writes a
//! [`ReviewerFixture`].
//!
//! ```
//! use swarm_core::review::HarnessReviewer;
//! use swarm_core::testing::reviewer_suite::{self, AgentFixture};
//!
//! let fresh = || AgentFixture::new(|agent| HarnessReviewer::new("strict", agent));
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! reviewer_suite::check_all(fresh).await;
//! # });
//! # Ok::<_, std::io::Error>(())
//! ```

mod agents;
mod asking;
mod programs;
mod rulings;
mod stops;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use agents::AgentFixture;
pub use programs::ProgramFixture;

use super::suite::{Ability, suite};
use super::under_way::UnderWay;
use crate::model::{AttemptId, Nonce, RunId, SessionId, TaskId};
use crate::ports::{CallContext, Diff, Review, ReviewError, ReviewRequest, Reviewer};

/// What whoever is asked for a judgement does, each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Finds the work good.
    Approves,
    /// Wants these changes.
    Wants(Vec<String>),
    /// Says this; `{nonce}` stands for the request's nonce. Only where
    /// judgements are words.
    Says(String),
    /// Says all that it was told. Only where judgements are words.
    Echoes,
    /// Fails after it has found the work good.
    Fails,
    /// Thinks until it is stopped.
    Hangs,
    /// Starts a program in a session of its own, and thinks until it is
    /// stopped.
    Breeds,
}

/// What somebody was told who was asked for a judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// All that it was told, in whatever form.
    pub text: String,
    /// The conversation that it was to go on with.
    pub session: Option<SessionId>,
    /// It was told not to write, or cannot.
    pub read_only: bool,
}

/// A reviewer of its own for one clause, and eyes for whom it asks.
pub trait ReviewerFixture: Send + Sync {
    /// The reviewer; whomever it asks answers so.
    fn reviewer(&self, answer: &Answer) -> Arc<dyn Reviewer>;

    /// The folder with the work.
    fn directory(&self) -> PathBuf;

    /// All that is in that folder, as a text that changes when it does.
    fn contents(&self) -> String;

    /// What those were told that were asked, in order.
    fn asked(&self) -> Vec<Asked>;

    /// What lives of what the reviewer started.
    fn living(&self) -> Vec<String>;

    /// What the reviewer, or this fixture, is without.
    fn lacks(&self) -> Vec<Ability> {
        Vec::new()
    }
}

const LIMIT: Duration = Duration::from_secs(120);

suite! {
    ReviewerFixture, limit: Some(LIMIT);
    /// Work that is found good is approved.
    rulings::an_approval_is_told;
    /// Every finding is told, in its order.
    rulings::findings_are_kept;
    /// A failure is an error or `Unavailable`: never a wish for changes, and
    /// never an approval, whatever was said before.
    rulings::a_failure_is_no_judgement;
    /// An answer without a verdict is `Unavailable`, however kind it is.
    rulings::praise_is_no_approval [Words];
    /// Saying back the question does not approve.
    rulings::an_echo_is_no_approval [Words];
    /// A verdict in a quotation, a block of code or in mid-line does not count.
    rulings::a_quoted_verdict_does_not_count [Words];
    /// A verdict without the request's nonce does not count.
    rulings::a_foreign_nonce_does_not_count [Words];
    /// The task, the diff and all paths are told.
    asking::the_question_is_whole [Words];
    /// It is told when the diff was cut, with all paths.
    asking::a_cut_diff_is_told [Words];
    /// The findings of the round before are told.
    asking::feedback_is_handed_on [Words];
    /// A call knows nothing of an earlier one.
    asking::calls_stand_alone;
    /// The work is only read.
    asking::the_work_is_only_read;
    /// One reviewer judges several works at once.
    stops::calls_run_at_once [Waiting];
    /// Told to stop, the call returns within seconds.
    stops::a_stop_is_prompt [Waiting];
    /// A call that was stopped is no judgement.
    stops::a_stop_is_no_judgement [Waiting];
    /// A call that was stopped before asks nobody.
    stops::a_stop_before_the_start_asks_nobody;
    /// When a stopped call returns, nothing lives of what it started.
    stops::nothing_survives_a_stop [Processes];
}

fn request(at: &dyn ReviewerFixture) -> ReviewRequest {
    ReviewRequest {
        attempt: AttemptId {
            run: RunId::new("r1"),
            task: TaskId::new("t").expect("the suite's ids are good"),
            number: 1,
        },
        round: 1,
        task: "Greet the user by name.".to_owned(),
        directory: at.directory(),
        diff: Diff {
            text: "--- a/src/main.rs\n+++ b/src/main.rs\n@@ -1 +1 @@\n-Hello\n+Hello, NAME\n"
                .to_owned(),
            cut: false,
            paths: vec!["src/main.rs".into(), "docs/greeting.md".into()],
        },
        range: None,
        feedback: None,
        nonce: Nonce::new("n0nce"),
        log: None,
    }
}

type Answered = Result<Review, ReviewError>;
type Call = UnderWay<Answered>;

async fn ask(reviewer: &Arc<dyn Reviewer>, request: ReviewRequest) -> Answered {
    reviewer.review(request, CallContext::detached()).await
}

/// A call in which somebody has been asked, the `count`th one.
async fn begun(at: &dyn ReviewerFixture, reviewer: &Arc<dyn Reviewer>, count: usize) -> Call {
    let (reviewer, request) = (reviewer.clone(), request(at));
    let call = Call::start(|context| async move { reviewer.review(request, context).await });
    call.until(|| at.asked().len() >= count).await
}
