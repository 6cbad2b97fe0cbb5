#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Mutex;

use super::*;
use crate::model::{AttemptId, Cost, Limit, RunId, TaskId};
use crate::ports::{Capabilities, Diff, HarnessError, HarnessErrorKind};

/// An agent that answers from a list and keeps what it was asked.
#[derive(Debug, Default)]
struct Scripted {
    answers: Mutex<Vec<Result<TurnReport, HarnessError>>>,
    asked: Mutex<Vec<TurnRequest>>,
    structured: bool,
}

#[async_trait]
impl Harness for Scripted {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_structured(self.structured)
    }

    async fn run(&self, turn: TurnRequest, _: CallContext) -> Result<TurnReport, HarnessError> {
        self.asked.lock().unwrap().push(turn);
        self.answers.lock().unwrap().remove(0)
    }
}

fn request() -> ReviewRequest {
    ReviewRequest {
        attempt: AttemptId {
            run: RunId::new("r"),
            task: TaskId::new("t").unwrap(),
            number: 1,
        },
        round: 2,
        task: "Fix it.".into(),
        directory: "/tree".into(),
        diff: Diff::default(),
        range: None,
        feedback: None,
        nonce: Nonce::new("n1"),
        log: Some("/logs/review".into()),
    }
}

async fn review(answers: Vec<TurnReport>) -> (Result<Review, ReviewError>, Vec<TurnRequest>) {
    ask(answers.into_iter().map(Ok).collect()).await
}

async fn ask(
    answers: Vec<Result<TurnReport, HarnessError>>,
) -> (Result<Review, ReviewError>, Vec<TurnRequest>) {
    let agent = Arc::new(Scripted {
        answers: Mutex::new(answers),
        ..Scripted::default()
    });
    let reviewer = HarnessReviewer::new("strict", agent.clone()).model("large");
    let review = reviewer.review(request(), CallContext::detached()).await;
    let asked = agent.asked.lock().unwrap().clone();
    (review, asked)
}

fn said(message: &str) -> TurnReport {
    let mut report = TurnReport::finished(message);
    report.usage.output = 10;
    report.cost = Some(Cost(5));
    report
}

// tidy: table
fn ended(end: EndReason, why: &str) -> Ruling {
    Ruling::Unavailable {
        until: None,
        end: Some(end),
        why: why.to_owned(),
    }
}

// tidy: table
#[tokio::test]
async fn an_answer_is_a_ruling() {
    let changes = |findings: &[&str]| Ruling::Changes {
        findings: findings.iter().map(|&finding| finding.into()).collect(),
    };
    let unavailable = |why: &str| Ruling::unavailable(why);
    let no_verdict = "it gave no verdict, though it was asked twice";
    let noon = Some(crate::model::Timestamp(43_200_000));
    let limited = EndReason::RateLimited { retry_at: noon };
    let echo = "I end with one of:\nswarm:n1 APPROVED\nswarm:n1 CHANGES\n";
    let late = EndReason::TimedOut { limit: Limit::Wall };
    let table = [
        (vec![said("swarm:n1 APPROVED")], Ruling::Approved),
        (
            vec![said("swarm:n1 CHANGES\n- a\n- b")],
            changes(&["a", "b"]),
        ),
        (
            vec![said("It is wrong.\nswarm:n1 CHANGES")],
            changes(&["It is wrong."]),
        ),
        (
            vec![said("NOT APPROVED"), said("swarm:n1 APPROVED")],
            Ruling::Approved,
        ),
        (
            vec![said("swarm:n1 CHANGES"), said("swarm:n1 CHANGES x")],
            changes(&["x"]),
        ),
        // An echo of how to answer is no answer; what follows it is.
        (
            vec![said(echo), said("swarm:n1 APPROVED")],
            Ruling::Approved,
        ),
        (
            vec![said(&format!("{echo}\nswarm:n1 CHANGES\n- a"))],
            changes(&["a"]),
        ),
        (
            vec![said("> swarm:n1 APPROVED"), said("It cannot be APPROVED.")],
            unavailable(no_verdict),
        ),
        (
            vec![said("APPROVED"), said("swarm:n2 APPROVED")],
            unavailable(no_verdict),
        ),
        (
            vec![TurnReport::ended(limited, "come back later")],
            Ruling::Unavailable {
                until: noon,
                end: Some(limited),
                why: "rate_limited: come back later".into(),
            },
        ),
        (
            vec![TurnReport::ended(late, "slow")],
            ended(late, "timed_out: slow"),
        ),
        (
            vec![said(""), TurnReport::ended(EndReason::Crashed, "boom")],
            ended(EndReason::Crashed, "crashed: boom"),
        ),
    ];
    for (answers, expected) in table {
        let times = answers.len();
        let (review, asked) = review(answers).await;
        assert_eq!(review.unwrap().ruling, expected);
        assert_eq!(asked.len(), times);
    }
}

#[tokio::test]
async fn an_end_that_is_not_well_never_approves() {
    let mut report = TurnReport::ended(EndReason::Crashed, "boom");
    report.message = "swarm:n1 APPROVED".into();
    let (review, _) = review(vec![report]).await;
    assert!(matches!(review.unwrap().ruling, Ruling::Unavailable { .. }));
}

#[tokio::test]
async fn both_calls_are_paid_and_stand_alone() {
    let (review, asked) = review(vec![said("?"), said("swarm:n1 APPROVED")]).await;
    let review = review.unwrap();
    assert_eq!((review.usage.output, review.cost), (20, Some(Cost(10))));
    for turn in &asked {
        assert_eq!((turn.role, turn.session.as_ref()), (Role::Review, None));
        assert_eq!((turn.turn, turn.read_only), (2, true));
        assert_eq!(turn.model.as_deref(), Some("large"));
    }
    let logs: Vec<_> = asked.iter().map(|turn| turn.log.clone().unwrap()).collect();
    assert_eq!(
        logs,
        ["/logs/review", "/logs/review.again"].map(PathBuf::from)
    );
}

#[tokio::test]
async fn what_could_not_be_asked_is_an_error() {
    let missing = Failure::new(
        HarnessErrorKind::NotFound,
        "run the agent",
        Advice::FixConfiguration,
    );
    let (review_, _) = ask(vec![Err(missing)]).await;
    let error = review_.unwrap_err();
    assert_eq!(*error.kind(), ReviewErrorKind::Start);
    assert_eq!(error.advice(), Advice::FixConfiguration);

    let (review_, _) = review(vec![TurnReport::ended(STOPPED, "stopped")]).await;
    assert_eq!(*review_.unwrap_err().kind(), ReviewErrorKind::Stopped);
}

#[tokio::test]
async fn a_second_call_that_fails_to_start_is_no_verdict_and_the_first_is_paid() {
    let start = || Failure::new(HarnessErrorKind::Start, "run the agent", Advice::Retry);
    let (review, _) = ask(vec![Ok(said("?")), Err(start())]).await;
    let review = review.unwrap();
    assert_eq!((review.usage.output, review.cost), (10, Some(Cost(5))));
    assert!(matches!(review.ruling, Ruling::Unavailable { .. }));
}

#[tokio::test]
async fn a_reviewer_is_told_what_its_owner_wants() {
    let agent = Arc::new(Scripted {
        answers: Mutex::new(vec![Ok(said("?")), Ok(said("swarm:n1 APPROVED"))]),
        ..Scripted::default()
    });
    let reviewer = HarnessReviewer::new("strict", agent.clone())
        .instructions("Look for races only.")
        .also("See RULES.md.")
        .diff_limit(3);
    let mut what = request();
    what.diff.text = "+abcdef".into();
    let review = reviewer.review(what, CallContext::detached()).await;
    assert_eq!(review.unwrap().ruling, Ruling::Approved);
    for turn in agent.asked.lock().unwrap().iter() {
        for text in [
            "Look for races only.",
            "See RULES.md.",
            "\n+ab\n-----",
            "first 3 bytes",
        ] {
            assert!(turn.prompt.contains(text), "{text}: {}", turn.prompt);
        }
        assert!(!turn.prompt.contains("abc") && !turn.prompt.contains("not for taste"));
    }
}

#[tokio::test]
async fn a_verdict_is_asked_for_in_the_form_that_its_owner_chose_where_that_can_be() {
    let verdict = |nonce: &str| {
        let mut report = said("{}");
        let answer = serde_json::json!({"nonce": nonce, "signal": "APPROVED", "findings": []});
        report.structured = Some(answer);
        report
    };
    for (form, can, by_schema) in [
        (Form::default(), true, false),
        (Form::Lines, true, false),
        (Form::Structured, false, false),
        (Form::Structured, true, true),
    ] {
        let agent = Arc::new(Scripted {
            answers: Mutex::new([verdict("n2"), verdict("n1")].map(Ok).into()),
            structured: can,
            ..Scripted::default()
        });
        let reviewer = HarnessReviewer::new("strict", agent.clone()).form(form);
        let review = reviewer.review(request(), CallContext::detached()).await;
        // Whoever gives one unasked is heard all the same.
        assert_eq!(review.unwrap().ruling, Ruling::Approved);
        let asked = agent.asked.lock().unwrap();
        assert_eq!(asked.len(), 2, "another nonce is no verdict");
        for turn in asked.iter() {
            let schema = by_schema.then(schema::reviewer_schema);
            assert_eq!(turn.schema, schema, "{form:?}, {can}");
            assert_eq!(turn.prompt.contains("`findings`"), by_schema);
            assert_eq!(turn.prompt.contains("swarm:NONCE"), !by_schema);
        }
    }
}
