//! A reviewer that is an agent.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::{Advice, Failure};
use crate::model::{AccountId, Check, EndReason, Killer, Nonce, Role};
use crate::ports::{
    CallContext, Harness, PreflightRequest, Review, ReviewError, ReviewErrorKind, ReviewRequest,
    Reviewer, ReviewerInfo, Ruling, TurnReport, TurnRequest,
};
use crate::protocol::prompt::Form;
use crate::protocol::review_prompt::{
    Instructions, limit_diff, review_again_prompt, review_prompt,
};
use crate::protocol::signals::Said;
use crate::protocol::{heard, schema};

/// Asks an agent for a judgement: one turn without a session, read-only where
/// the harness can. Only its verdict counts, a line of its final message or an
/// answer by a schema ([`form`](Self::form)); without one it is asked once more,
/// and then there is no judgement.
///
/// A list of them, each with its own harness, model and instructions, is asked
/// in order: see [`SwarmBuilder::reviewers`](crate::SwarmBuilder::reviewers).
///
/// ```
/// use std::sync::Arc;
/// use swarm_core::{agent_cli::CommandHarness, review::HarnessReviewer};
/// let agent = Arc::new(CommandHarness::parse("my-agent --review")?);
/// let reviewer = HarnessReviewer::new("strict", agent)
///     .model("large")
///     .also("The house rules are in RULES.md: hold the change to them.")
///     .diff_limit(50_000);
/// # Ok::<_, swarm_core::ports::HarnessError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HarnessReviewer {
    name: String,
    harness: Arc<dyn Harness>,
    model: Option<String>,
    instructions: Instructions,
    form: Form,
    diff_limit: Option<usize>,
    account: Option<AccountId>,
}

impl HarnessReviewer {
    /// A reviewer with a name for events and reports.
    pub fn new(name: impl Into<String>, harness: Arc<dyn Harness>) -> Self {
        Self {
            name: name.into(),
            harness,
            model: None,
            instructions: Instructions::default(),
            form: Form::default(),
            diff_limit: None,
            account: None,
        }
    }

    /// Asks the harness for this model.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Says by what to judge, instead of the library's own two sentences. Who
    /// it is, what it judges and how it must answer are told all the same.
    #[must_use]
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.instructions.standard = Some(text.into());
        self
    }

    /// Says what else to heed.
    #[must_use]
    pub fn also(mut self, text: impl Into<String>) -> Self {
        self.instructions.more = Some(text.into());
        self
    }

    /// Says how it gives its verdict. Default: by a line. A harness that cannot
    /// have its agent keep to a schema asks for a line in any case, and lines are
    /// heard all the same: see [`heard::reviewer`].
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// Shows it at most so many bytes of a diff, if that is less than the run's
    /// own limit (`Policy::review_diff`). It is told when there is more, and
    /// reads that in the worktree.
    #[must_use]
    pub fn diff_limit(mut self, bytes: usize) -> Self {
        self.diff_limit = Some(bytes);
        self
    }

    /// Says whose login it works with: what limits others of that account limits
    /// this one, and the other way round. A harness's account is its name unless
    /// the builder was told otherwise. Default: one of its own.
    #[must_use]
    pub fn account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    async fn ask(
        &self,
        what: &ReviewRequest,
        ask: Ask,
        context: &CallContext,
    ) -> Result<TurnReport, ReviewError> {
        let form = self.form.within(self.harness.capabilities());
        let turn = TurnRequest {
            attempt: what.attempt.clone(),
            turn: what.round,
            role: Role::Review,
            prompt: match ask {
                Ask::First => review_prompt(what, &self.instructions, form),
                Ask::Again => review_again_prompt(what, &self.instructions, form),
            },
            directory: what.directory.clone(),
            session: None,
            model: self.model.clone(),
            nonce: what.nonce.clone(),
            onto: None,
            tasks: None,
            budget: None,
            read_only: true,
            schema: (form == Form::Structured).then(schema::reviewer_schema),
            git_folders: Vec::new(),
            log: what.log.clone().map(|log| ask.log(log)),
        };
        let run = self.harness.run(turn, context.clone()).await;
        let what = || format!("ask the reviewer {:?}", self.name);
        match run {
            Err(error) => {
                let advice = error.advice();
                Err(Failure::new(ReviewErrorKind::Start, what(), advice).because(error))
            }
            Ok(report) if report.end == STOPPED => {
                let error = Failure::new(ReviewErrorKind::Stopped, what(), Advice::Retry);
                Err(error.because("it was told to stop"))
            }
            Ok(report) => Ok(report),
        }
    }
}

const STOPPED: EndReason = EndReason::Killed { by: Killer::Swarm };

/// A reviewer gets two chances.
#[derive(Clone, Copy, Debug)]
enum Ask {
    First,
    Again,
}

impl Ask {
    /// Each answer has a file of its own.
    fn log(self, log: PathBuf) -> PathBuf {
        match self {
            Self::First => log,
            Self::Again => {
                let mut name = log.into_os_string();
                name.push(".again");
                name.into()
            }
        }
    }
}

#[async_trait]
impl Reviewer for HarnessReviewer {
    fn info(&self) -> ReviewerInfo {
        ReviewerInfo {
            name: self.name.clone(),
            account: self.account.clone(),
        }
    }

    async fn preflight(&self, what: PreflightRequest) -> Vec<Check> {
        let what = PreflightRequest {
            read_only: true,
            ..what
        };
        self.harness.preflight(what).await
    }

    async fn review(
        &self,
        mut what: ReviewRequest,
        context: CallContext,
    ) -> Result<Review, ReviewError> {
        if let Some(limit) = self.diff_limit {
            limit_diff(&mut what, limit);
        }
        let first = self.ask(&what, Ask::First, &context).await?;
        if let Some(ruling) = judgement(&first, &what.nonce) {
            return Ok(paid(ruling, &[first]));
        }
        match self.ask(&what, Ask::Again, &context).await {
            Ok(second) => {
                let ruling = judgement(&second, &what.nonce).unwrap_or_else(|| {
                    Ruling::unavailable("it gave no verdict, though it was asked twice")
                });
                Ok(paid(ruling, &[first, second]))
            }
            Err(error) if *error.kind() == ReviewErrorKind::Stopped => Err(error),
            // The first call is paid for all the same.
            Err(error) => {
                let why = format!("it gave no verdict, and then: {error}");
                Ok(paid(Ruling::unavailable(why), &[first]))
            }
        }
    }
}

/// A ruling and what the turns for it took.
fn paid(ruling: Ruling, turns: &[TurnReport]) -> Review {
    let mut review = Review::from(ruling);
    for turn in turns {
        review.usage += turn.usage;
        review.cost = match (review.cost, turn.cost) {
            (Some(before), Some(now)) => Some(before + now),
            (before, now) => before.or(now),
        };
    }
    review
}

/// What a turn says of the work; nothing if it holds no valid verdict.
fn judgement(report: &TurnReport, nonce: &Nonce) -> Option<Ruling> {
    if report.end != EndReason::Finished {
        let end = report.end.as_str();
        let until = match report.end {
            EndReason::RateLimited { retry_at } => retry_at,
            _ => None,
        };
        let why = match &report.error {
            Some(error) => format!("{end}: {error}"),
            None => end.to_owned(),
        };
        return Some(Ruling::Unavailable {
            until,
            end: Some(report.end),
            why,
        });
    }
    match heard::reviewer(&report.message, report.structured.as_ref(), nonce)? {
        Said::Approved => Some(Ruling::Approved),
        Said::Changes { findings } => Some(Ruling::Changes { findings }),
    }
}

#[cfg(test)]
mod tests;
