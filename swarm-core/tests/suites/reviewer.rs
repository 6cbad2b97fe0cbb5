//! Reviewers.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use swarm_core::model::{EndReason, Nonce};
use swarm_core::ports::{
    CallContext, Capabilities, Harness, HarnessError, Review, ReviewError, ReviewRequest, Reviewer,
    ReviewerInfo, Ruling, TurnReport, TurnRequest,
};
use swarm_core::review::HarnessReviewer;
use swarm_core::testing::reviewer_suite::{
    AgentFixture, Answer, Asked, CLAUSES, ReviewerFixture, check, check_one,
};
use swarm_core::testing::{Ability, ScriptedReviewer};

use crate::{assert_caught, assert_complete};

#[tokio::test(start_paused = true)]
async fn an_agent_that_reviews_keeps_every_clause() {
    let fresh = || AgentFixture::new(|agent| HarnessReviewer::new("strict", agent));
    check(fresh).await.assert_kept();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_program_that_reviews_keeps_every_clause() {
    use swarm_core::agent_cli::CommandHarness;
    use swarm_core::review::CommandReviewer;
    use swarm_core::testing::reviewer_suite::ProgramFixture;
    let account = check(|| {
        ProgramFixture::new(|program| {
            let command = CommandHarness::new(program, [""; 0]);
            CommandReviewer::new("strict", command.grace(Duration::from_millis(100)))
        })
    })
    .await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
}

#[derive(Default)]
struct Scripted(Mutex<Option<Arc<ScriptedReviewer>>>);

impl ReviewerFixture for Scripted {
    fn reviewer(&self, answer: &Answer) -> Arc<dyn Reviewer> {
        let ruling = match answer {
            Answer::Approves => Ruling::Approved,
            Answer::Wants(findings) => Ruling::Changes {
                findings: findings.clone(),
            },
            Answer::Fails => Ruling::unavailable("it is ill".to_owned()),
            other => panic!("it lacks what {other:?} needs"),
        };
        let reviewer = Arc::new(ScriptedReviewer::new("scripted", [ruling]));
        *self.0.lock().unwrap() = Some(reviewer.clone());
        reviewer
    }

    fn directory(&self) -> PathBuf {
        "/fake".into()
    }

    fn contents(&self) -> String {
        String::new()
    }

    fn asked(&self) -> Vec<Asked> {
        let reviewer = self.0.lock().unwrap();
        let calls = reviewer.iter().flat_map(|reviewer| reviewer.calls());
        let asked = calls.map(|call| Asked {
            text: call.task,
            session: None,
            read_only: true,
        });
        asked.collect()
    }

    fn living(&self) -> Vec<String> {
        Vec::new()
    }

    fn lacks(&self) -> Vec<Ability> {
        vec![Ability::Words, Ability::Waiting, Ability::Processes]
    }
}

#[tokio::test]
async fn the_scripted_reviewer_keeps_every_clause() {
    check(Scripted::default).await.assert_kept();
}

#[tokio::test(start_paused = true)]
async fn a_good_reviewer_passes_and_every_clause_catches_its_fault() {
    let account = check(|| Planted::new(None)).await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
    for (clause, fault) in PLANTED {
        let account = check_one(clause, || Planted::new(Some(*fault))).await;
        assert_caught(clause, fault, &account);
    }
    assert_complete(CLAUSES, PLANTED.iter().map(|(clause, _)| *clause));
}

const PLANTED: &[(&str, Fault)] = &[
    ("an_approval_is_told", Fault::NeverApproves),
    ("findings_are_kept", Fault::KeepsOneFinding),
    ("a_failure_is_no_judgement", Fault::CallsFailureChanges),
    ("praise_is_no_approval", Fault::BelievesPraise),
    ("an_echo_is_no_approval", Fault::TakesTheForm),
    ("a_quoted_verdict_does_not_count", Fault::ReadsQuotations),
    ("a_foreign_nonce_does_not_count", Fault::TakesAnyNonce),
    ("the_question_is_whole", Fault::TellsNoPaths),
    ("a_cut_diff_is_told", Fault::ConcealsTheCut),
    ("feedback_is_handed_on", Fault::DropsTheFeedback),
    ("calls_stand_alone", Fault::RemembersTasks),
    ("the_work_is_only_read", Fault::LetsItWrite),
    ("calls_run_at_once", Fault::OneAtATime),
    ("a_stop_is_prompt", Fault::IgnoresStops),
    ("a_stop_is_no_judgement", Fault::CallsStoppedApproved),
    ("a_stop_before_the_start_asks_nobody", Fault::StartsAnyway),
    ("nothing_survives_a_stop", Fault::LeavesChildren),
];

/// How a prompt shows an approval: an echo of it holds this line.
const FORM: &str = "swarm:NONCE APPROVED";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    NeverApproves,
    KeepsOneFinding,
    CallsFailureChanges,
    BelievesPraise,
    TakesTheForm,
    ReadsQuotations,
    TakesAnyNonce,
    TellsNoPaths,
    ConcealsTheCut,
    DropsTheFeedback,
    RemembersTasks,
    LetsItWrite,
    OneAtATime,
    IgnoresStops,
    CallsStoppedApproved,
    StartsAnyway,
    LeavesChildren,
}

/// The fixture for agents, around a reviewer with one fault.
struct Planted {
    agents: AgentFixture,
    children: Arc<Mutex<Vec<String>>>,
}

impl Planted {
    fn new(fault: Option<Fault>) -> Self {
        let children: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = children.clone();
        let agents = AgentFixture::new(move |agent| Wrong {
            reviewer: HarnessReviewer::new("strict", Arc::new(Meddling { agent, fault })),
            fault,
            tasks: Mutex::default(),
            one: tokio::sync::Mutex::default(),
            children: seen.clone(),
        });
        Self { agents, children }
    }
}

impl ReviewerFixture for Planted {
    fn reviewer(&self, answer: &Answer) -> Arc<dyn Reviewer> {
        self.agents.reviewer(answer)
    }

    fn directory(&self) -> PathBuf {
        self.agents.directory()
    }

    fn contents(&self) -> String {
        self.agents.contents()
    }

    fn asked(&self) -> Vec<Asked> {
        self.agents.asked()
    }

    fn living(&self) -> Vec<String> {
        self.children.lock().unwrap().clone()
    }
}

/// A good reviewer with one fault in what it asks.
#[derive(Debug)]
struct Wrong {
    reviewer: HarnessReviewer,
    fault: Option<Fault>,
    tasks: Mutex<String>,
    one: tokio::sync::Mutex<()>,
    children: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Reviewer for Wrong {
    fn info(&self) -> ReviewerInfo {
        self.reviewer.info()
    }

    async fn review(
        &self,
        mut what: ReviewRequest,
        mut context: CallContext,
    ) -> Result<Review, ReviewError> {
        let mut _one = None;
        match self.fault {
            Some(Fault::TellsNoPaths) => what.diff.paths.clear(),
            Some(Fault::ConcealsTheCut) => what.diff.cut = false,
            Some(Fault::DropsTheFeedback) => what.feedback = None,
            Some(Fault::RemembersTasks) => {
                let mut tasks = self.tasks.lock().unwrap();
                tasks.push_str(&what.task);
                what.task.clone_from(&tasks);
            }
            Some(Fault::OneAtATime) => _one = Some(self.one.lock().await),
            Some(Fault::IgnoresStops) => context = CallContext::detached(),
            Some(Fault::StartsAnyway) if context.stop().is_some() => {
                context = CallContext::detached();
            }
            Some(Fault::LeavesChildren) => {
                self.children.lock().unwrap().push("child".to_owned());
            }
            _ => {}
        }
        self.reviewer.review(what, context).await
    }
}

/// Its agent, with one fault in how it is called and read.
#[derive(Debug)]
struct Meddling {
    agent: Arc<dyn Harness>,
    fault: Option<Fault>,
}

impl Meddling {
    /// Whether a reader with this fault finds an approval in there.
    fn finds_approval(&self, message: &str, nonce: &Nonce) -> bool {
        let verdict = format!("swarm:{nonce} APPROVED");
        let mut lines = message.lines();
        match self.fault {
            Some(Fault::BelievesPraise) => message.contains("APPROVED"),
            Some(Fault::TakesTheForm) => lines.any(|line| line == FORM),
            Some(Fault::ReadsQuotations) => {
                lines.any(|line| line.trim_start_matches(['>', ' ']) == verdict)
            }
            Some(Fault::TakesAnyNonce) => lines.any(|line| {
                line != FORM && line.starts_with("swarm:") && line.ends_with(" APPROVED")
            }),
            _ => false,
        }
    }
}

#[async_trait]
impl Harness for Meddling {
    fn capabilities(&self) -> Capabilities {
        self.agent.capabilities()
    }

    async fn run(
        &self,
        mut turn: TurnRequest,
        context: CallContext,
    ) -> Result<TurnReport, HarnessError> {
        let nonce = turn.nonce.clone();
        turn.read_only &= self.fault != Some(Fault::LetsItWrite);
        let mut report = self.agent.run(turn, context).await?;
        let says = |words: &str| TurnReport::finished(format!("swarm:{nonce} {words}"));
        if self.finds_approval(&report.message, &nonce) {
            return Ok(says("APPROVED"));
        }
        Ok(match (self.fault, report.end) {
            (Some(Fault::NeverApproves), _) => says("CHANGES Start again."),
            (Some(Fault::KeepsOneFinding), _) => {
                let lines: Vec<_> = report.message.lines().take(2).collect();
                report.message = lines.join("\n");
                report
            }
            (Some(Fault::CallsFailureChanges), EndReason::Crashed) => says("CHANGES It failed."),
            (Some(Fault::CallsStoppedApproved), EndReason::Killed { .. }) => says("APPROVED"),
            _ => report,
        })
    }
}
