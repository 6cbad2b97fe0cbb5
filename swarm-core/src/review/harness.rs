//! A reviewer that is an agent.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::{Advice, Failure};
use crate::model::{Check, Cost, EndReason, Killer, Nonce, Role, Usage};
use crate::ports::{
    CallContext, Harness, PreflightRequest, Review, ReviewError, ReviewErrorKind, ReviewRequest,
    Reviewer, ReviewerInfo, Ruling, TurnReport, TurnRequest,
};
use crate::protocol::review_prompt::{review_again_prompt, review_prompt};
use crate::protocol::signals::{self, Said};

/// Asks an agent for a judgement: one turn without a session, read-only where
/// the harness can. Only the verdict line of its final message counts; without
/// one it is asked once more.
///
/// ```
/// use std::sync::Arc;
/// use swarm_core::{agent_cli::CommandHarness, review::HarnessReviewer};
/// let agent = Arc::new(CommandHarness::parse("my-agent --review")?);
/// let reviewer = HarnessReviewer::new("strict", agent).model("large");
/// # Ok::<_, swarm_core::ports::HarnessError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HarnessReviewer {
    name: String,
    harness: Arc<dyn Harness>,
    model: Option<String>,
}

impl HarnessReviewer {
    /// A reviewer with a name for events and reports.
    pub fn new(name: impl Into<String>, harness: Arc<dyn Harness>) -> Self {
        Self {
            name: name.into(),
            harness,
            model: None,
        }
    }

    /// Asks the harness for this model.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    async fn ask(
        &self,
        what: &ReviewRequest,
        ask: Ask,
        context: &CallContext,
    ) -> Result<TurnReport, ReviewError> {
        let turn = TurnRequest {
            attempt: what.attempt.clone(),
            turn: what.round,
            role: Role::Review,
            prompt: match ask {
                Ask::First => review_prompt(what),
                Ask::Again => review_again_prompt(what),
            },
            directory: what.directory.clone(),
            session: None,
            model: self.model.clone(),
            nonce: what.nonce.clone(),
            onto: None,
            tasks: None,
            budget: None,
            read_only: true,
            schema: None,
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
        what: ReviewRequest,
        context: CallContext,
    ) -> Result<Review, ReviewError> {
        let mut usage = Usage::default();
        let mut cost: Option<Cost> = None;
        let mut ruling = None;
        for ask in [Ask::First, Ask::Again] {
            let report = self.ask(&what, ask, &context).await?;
            usage += report.usage;
            cost = match (cost, report.cost) {
                (Some(before), Some(now)) => Some(before + now),
                (before, now) => before.or(now),
            };
            ruling = judgement(&report, &what.nonce);
            if ruling.is_some() {
                break;
            }
        }
        Ok(Review {
            ruling: ruling.unwrap_or_else(|| Ruling::Unavailable {
                why: format!("{:?} gave no verdict, twice", self.name),
            }),
            usage,
            cost,
        })
    }
}

/// What a turn says of the work; nothing if it holds no valid verdict.
fn judgement(report: &TurnReport, nonce: &Nonce) -> Option<Ruling> {
    if report.end != EndReason::Finished {
        let end = report.end.as_str();
        let why = match &report.error {
            Some(error) => format!("{end}: {error}"),
            None => end.to_owned(),
        };
        return Some(Ruling::Unavailable { why });
    }
    match signals::reviewer(&report.message, nonce)? {
        Said::Approved => Some(Ruling::Approved),
        Said::Changes { findings } if findings.is_empty() => {
            // Some give their reasons first and the verdict last.
            let reasons = signals::without_signals(&report.message, nonce);
            (!reasons.is_empty()).then(|| Ruling::Changes {
                findings: vec![reasons],
            })
        }
        Said::Changes { findings } => Some(Ruling::Changes { findings }),
    }
}

#[cfg(test)]
mod tests;
