//! Reviews on fakes, in virtual time: who is asked, who is told what, and what
//! becomes of the work.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use swarm_core::dispatch::{LargeDiff, Policy};
use swarm_core::event::{Event, EventRecord};
use swarm_core::model::{AccountId, EndReason, Outcome, Role, Task, Timestamp, Verdict};
use swarm_core::ports::{
    CallContext, Review, ReviewError, ReviewRequest, Reviewer, ReviewerInfo, Ruling, TaskStore,
};
use swarm_core::report::TaskReport;
use swarm_core::store::MemoryStore;
use swarm_core::testing::{
    Act, EventLog, FakeGit, ScriptedGate, ScriptedHarness, ScriptedReviewer,
};
use swarm_core::{Swarm, SwarmBuilder};

/// One task, one agent, and what came of it.
struct World {
    git: Arc<FakeGit>,
    agent: Arc<ScriptedHarness>,
    log: Arc<EventLog>,
}

impl World {
    fn new(script: impl FnOnce(ScriptedHarness) -> ScriptedHarness) -> Self {
        let git = Arc::new(FakeGit::new());
        Self {
            agent: Arc::new(script(ScriptedHarness::new(git.clone()))),
            git,
            log: Arc::new(EventLog::new()),
        }
    }

    /// Runs the task `a` under these reviewers.
    async fn run(
        &self,
        reviewers: Vec<Arc<dyn Reviewer>>,
        build: impl FnOnce(SwarmBuilder) -> SwarmBuilder,
    ) -> TaskReport {
        let store = MemoryStore::new();
        let task = Task::new("a", "Do it.").unwrap();
        store.add(vec![task.into()]).await.unwrap();
        let swarm = Swarm::builder()
            .store(Arc::new(store))
            .git(self.git.clone())
            .harness("scripted", self.agent.clone())
            .observer(self.log.clone())
            .reviewers(reviewers);
        let report = build(swarm).build().unwrap().run().await.unwrap();
        assert!(report.reviewed);
        report.tasks.into_iter().next().unwrap()
    }
}

fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

fn changes(findings: &[&str]) -> Ruling {
    Ruling::Changes {
        findings: findings.iter().map(|&text| text.to_owned()).collect(),
    }
}

fn scripted(name: &str, rulings: impl IntoIterator<Item = Ruling>) -> Arc<ScriptedReviewer> {
    Arc::new(ScriptedReviewer::new(name, rulings))
}

fn of(reviewers: &[&Arc<ScriptedReviewer>]) -> Vec<Arc<dyn Reviewer>> {
    let reviewers = reviewers.iter();
    reviewers
        .map(|&reviewer| -> Arc<dyn Reviewer> { reviewer.clone() })
        .collect()
}

/// Round, reviewer, verdict.
fn records(report: &TaskReport) -> Vec<(u32, &str, Verdict)> {
    let reviews = report.reviews.iter();
    reviews
        .map(|one| (one.round, one.reviewer.as_str(), one.verdict.clone()))
        .collect()
}

fn asked_for(findings: &[&str]) -> Verdict {
    Verdict::Changes(findings.iter().map(|&text| text.to_owned()).collect())
}

#[tokio::test(start_paused = true)]
async fn the_reviewer_is_told_the_latest_findings_and_the_fixer_all() {
    let world = World::new(|agent| agent.otherwise(Act::commits("a.rs")));
    let reviewer = scripted("r", [changes(&["one", "uno"]), changes(&["two"])]);
    let report = world.run(of(&[&reviewer]), |swarm| swarm).await;
    assert_eq!(report.outcome, Outcome::Landed);

    let feedback: Vec<_> = reviewer
        .calls()
        .into_iter()
        .map(|one| one.feedback)
        .collect();
    let told = |text: &str| Some(text.to_owned());
    assert_eq!(feedback, [None, told("- one\n- uno\n"), told("- two\n")]);
    let rounds: Vec<_> = reviewer.calls().iter().map(|one| one.round).collect();
    assert_eq!(rounds, [1, 2, 3]);

    let calls = world.agent.calls();
    let roles = world.agent.roles("a");
    assert_eq!(roles, [Role::Implement, Role::Fix, Role::Fix]);
    let first = "Round 1, by r:\n\n- one\n- uno\n";
    assert!(calls[1].prompt.contains(first) && !calls[1].prompt.contains("Round 2"));
    let both = format!("{first}\nRound 2, by r:\n\n- two\n");
    assert!(calls[2].prompt.contains(&both), "{}", calls[2].prompt);
}

#[tokio::test(start_paused = true)]
async fn every_call_is_on_record_in_the_report_and_as_an_event() {
    let world = World::new(|agent| agent.otherwise(Act::commits("a.rs")));
    let down = scripted("down", (0..2).map(|_| Ruling::unavailable("no login")));
    let judge = scripted("judge", [changes(&["one"])]);
    let report = world.run(of(&[&down, &judge]), |swarm| swarm).await;
    let unavailable = || Verdict::Unavailable("no login".to_owned());
    assert_eq!(
        records(&report),
        [
            (1, "down", unavailable()),
            (1, "judge", asked_for(&["one"])),
            (2, "down", unavailable()),
            (2, "judge", Verdict::Approved),
        ]
    );
    assert!(report.reviews.iter().all(|one| one.paths[0] == "a.rs"));
    let told = world
        .log
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::ReviewEnded { review, .. } => Some(review),
            _ => None,
        });
    assert_eq!(told.collect::<Vec<_>>(), report.reviews);
}

#[tokio::test(start_paused = true)]
async fn gate_output_is_no_finding() {
    let world = World::new(|agent| agent);
    let reviewer = scripted("r", [changes(&["one"])]);
    // It passes, then fails once after the repair.
    let gate = Arc::new(GateOnce::default());
    let report = world.run(of(&[&reviewer]), |swarm| swarm.gate(gate)).await;
    assert_eq!(report.outcome, Outcome::Landed);
    let roles = world.agent.roles("a");
    assert_eq!(roles, [Role::Implement, Role::Fix, Role::Fix]);
    assert_eq!(reviewer.calls()[1].feedback.as_deref(), Some("- one\n"));
}

/// Passes, fails, then passes.
#[derive(Debug, Default)]
struct GateOnce(std::sync::atomic::AtomicU32);

#[async_trait]
impl swarm_core::ports::Gate for GateOnce {
    fn steps(&self) -> Vec<String> {
        vec!["test".to_owned()]
    }

    async fn run(
        &self,
        what: swarm_core::ports::GateRequest,
        context: CallContext,
    ) -> Result<swarm_core::ports::GateReport, swarm_core::ports::GateError> {
        let call = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let failures = if call == 1 { vec!["broken"] } else { vec![] };
        ScriptedGate::new("test", failures).run(what, context).await
    }
}

#[tokio::test(start_paused = true)]
async fn three_rounds_are_three_reviews_and_two_repairs() {
    let world = World::new(|agent| agent);
    let reviewer = scripted("r", (0..9).map(|_| changes(&["never"])));
    let report = world.run(of(&[&reviewer]), |swarm| swarm).await;
    assert_eq!(report.outcome, Outcome::Rejected);
    assert_eq!(reviewer.calls().len(), 3);
    let roles = world.agent.roles("a");
    assert_eq!(roles, [Role::Implement, Role::Fix, Role::Fix]);
    assert_eq!(report.reviews.len(), 3);
    assert!(report.worktree.is_some(), "rejected work is kept");
}

#[tokio::test(start_paused = true)]
async fn all_down_is_held_with_the_word_of_each() {
    let world = World::new(|agent| agent);
    let refused = Ruling::Unavailable {
        until: None,
        end: Some(EndReason::Auth),
        why: "auth: no login".to_owned(),
    };
    let (one, two) = (
        scripted("one", [refused]),
        scripted("two", [Ruling::unavailable("no verdict")]),
    );
    let report = world.run(of(&[&one, &two]), |swarm| swarm).await;
    assert_eq!(report.outcome, Outcome::Held);
    let why = "no reviewer could judge it: one: auth: no login; two: no verdict";
    assert_eq!(report.reason.as_deref(), Some(why));
    assert_eq!(world.agent.roles("a"), [Role::Implement]);
    assert_eq!(report.reviews.len(), 2);
    assert!(report.worktree.is_some(), "the work is kept");
}

fn limited_for(span: Duration) -> Ruling {
    Ruling::Unavailable {
        until: Some(Timestamp::wall().plus(span)),
        end: None,
        why: "too many".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_nobody_may_judge_now_waits_for_the_first_who_may() {
    let world = World::new(|agent| agent);
    let minute = Duration::from_secs(60);
    let (one, two) = (
        scripted("one", [limited_for(60 * minute)]),
        scripted("two", [limited_for(10 * minute)]),
    );
    let report = world.run(of(&[&one, &two]), |swarm| swarm).await;
    assert_eq!(report.outcome, Outcome::Landed);
    let verdicts: Vec<_> = (report.reviews.iter())
        .map(|one| (one.round, one.reviewer.as_str()))
        .collect();
    assert_eq!(verdicts, [(1, "one"), (1, "two"), (1, "two")]);
    let starts = world.log.records().into_iter();
    let starts: Vec<_> = starts
        .filter(|record| matches!(record.event, Event::ReviewStarted { .. }))
        .map(|record| record.at)
        .collect();
    let waited = starts[2].since(starts[1]).as_secs();
    assert!((600..610).contains(&waited), "{waited}");
}

#[tokio::test(start_paused = true)]
async fn a_reviewer_and_a_harness_of_one_account_are_parked_together() {
    let world = World::new(|agent| agent);
    let account = AccountId::new("scripted");
    let limited = Ruling::Unavailable {
        until: None,
        end: Some(EndReason::Overloaded),
        why: "overloaded".to_owned(),
    };
    let first = ScriptedReviewer::new("one", [limited, changes(&["more"])]).account(account);
    let one = Arc::new(first);
    let report = world.run(of(&[&one]), |swarm| swarm).await;
    assert_eq!(report.outcome, Outcome::Landed);
    assert_eq!(one.calls().len(), 3);
    let events = world.log.events();
    let parked = |event: &&Event| match event {
        Event::AccountParked { account, .. } => account.as_str() == "scripted",
        _ => false,
    };
    assert_eq!(events.iter().filter(parked).count(), 1);
    assert_eq!(world.agent.roles("a"), [Role::Implement, Role::Fix]);
}

#[tokio::test(start_paused = true)]
async fn work_waits_no_longer_for_a_reviewer_than_for_an_account() {
    let world = World::new(|agent| agent);
    let never = limited_for(Duration::from_secs(60 * 60));
    let one = scripted("one", (0..9).map(|_| never.clone()));
    let short = policy(|policy| policy.max_wait = Duration::from_secs(60));
    let report = world.run(of(&[&one]), |swarm| swarm.policy(short)).await;
    assert_eq!(report.outcome, Outcome::Held);
    assert_eq!(one.calls().len(), 1);
}

/// A reviewer that does something, and approves if it comes to that.
#[derive(Debug)]
enum Odd {
    Hangs,
    Panics,
    Commits(Arc<FakeGit>),
    Edits(Arc<FakeGit>),
}

#[async_trait]
impl Reviewer for Odd {
    fn info(&self) -> ReviewerInfo {
        ReviewerInfo {
            name: "odd".to_owned(),
            account: None,
        }
    }

    async fn review(
        &self,
        what: ReviewRequest,
        context: CallContext,
    ) -> Result<Review, ReviewError> {
        match self {
            Self::Hangs => {
                context.stopped().await;
                std::future::pending::<()>().await;
            }
            Self::Panics => panic!("as scripted"),
            Self::Commits(git) => git.commit(&what.directory, ["evil.rs"]),
            Self::Edits(git) => git.edit(&what.directory, "evil.rs"),
        }
        Ok(Ruling::Approved.into())
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_a_trace_has_judged_nothing_and_nothing_of_it_lands() {
    for commits in [true, false] {
        let world = World::new(|agent| agent);
        let git = world.git.clone();
        let odd = if commits {
            Odd::Commits(git)
        } else {
            Odd::Edits(git)
        };
        let next = scripted("next", []);
        let reviewers: Vec<Arc<dyn Reviewer>> = vec![Arc::new(odd), next.clone()];
        let report = world.run(reviewers, |swarm| swarm).await;
        assert_eq!(report.outcome, Outcome::Held);
        let reason = report.reason.as_deref().unwrap();
        let what = if commits {
            "the reviewer odd moved the branch from "
        } else {
            "the reviewer odd changed evil.rs in the worktree: its verdict counts for nothing"
        };
        assert!(reason.contains(what), "{reason}");
        assert!(world.git.landings().is_empty() && next.calls().is_empty());
        assert_eq!(world.agent.roles("a"), [Role::Implement]);
        let [record] = &report.reviews[..] else {
            panic!("one call: {report:?}");
        };
        assert!(matches!(&record.verdict, Verdict::Unavailable(_)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reviewer_that_hangs_or_dies_is_passed_over() {
    for (odd, why) in [
        (Odd::Hangs, "odd: it was silent for too long"),
        (Odd::Panics, "odd: a port panicked: as scripted"),
    ] {
        let world = World::new(|agent| agent);
        let last = scripted("last", [Ruling::unavailable("down")]);
        let reviewers: Vec<Arc<dyn Reviewer>> = vec![Arc::new(odd), last.clone()];
        let report = world.run(reviewers, |swarm| swarm).await;
        let reason = report.reason.as_deref().unwrap();
        assert!(
            reason.contains(why) && reason.contains("last: down"),
            "{reason}"
        );
        assert_eq!((report.outcome, last.calls().len()), (Outcome::Held, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_a_review_took_is_on_record() {
    let world = World::new(|agent| agent);
    let next = scripted("next", []);
    let reviewers: Vec<Arc<dyn Reviewer>> = vec![Arc::new(Odd::Hangs), next];
    let quick = policy(|policy| policy.idle_limit = Duration::from_secs(7));
    let report = world.run(reviewers, |swarm| swarm.policy(quick)).await;
    assert_eq!(report.outcome, Outcome::Landed);
    let times: Vec<u64> = report.reviews.iter().map(|one| one.duration_ms).collect();
    // It hears its limit, and is given up a grace later.
    assert_eq!(times, [37_000, 0]);
}

#[tokio::test(start_paused = true)]
async fn work_on_tasks_alone_may_land_without_a_review_but_not_without_gates() {
    let exempt = || policy(|policy| policy.unreviewed = vec!["tasks".into(), "NOTES.md".into()]);
    for (paths, reviewed) in [
        (&["tasks/b.md"][..], false),
        (&["tasks/b.md", "NOTES.md"], false),
        (&["tasks/b.md", "src/lib.rs"], true),
        (&["tasks.rs"], true),
        (&["src/tasks/b.md"], true),
    ] {
        let world = World::new(|agent| {
            let acts = paths.iter().map(|&path| Act::commits(path));
            agent.on("a", acts)
        });
        let reviewer = scripted("r", []);
        // Each commit is a turn of its own: the gate sends the agent back.
        let failures: Vec<_> = paths[1..].iter().map(|_| "go on").collect();
        let gate = Arc::new(ScriptedGate::new("test", failures));
        let report = world
            .run(of(&[&reviewer]), |swarm| swarm.policy(exempt()).gate(gate))
            .await;
        assert_eq!(report.outcome, Outcome::Landed, "{paths:?}");
        assert_eq!(reviewer.calls().len(), usize::from(reviewed), "{paths:?}");
        assert_eq!(report.reviews.len(), usize::from(reviewed), "{paths:?}");
        let events = world.log.events();
        let skipped = Event::ReviewSkipped {
            task: report.id.clone(),
            paths: paths.len(),
        };
        assert_eq!(events.contains(&skipped), !reviewed, "{paths:?}");
        let gated = |event: &&Event| matches!(event, Event::GateEnded { failed: None, .. });
        assert_eq!(events.iter().filter(gated).count(), 1, "{paths:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_read_in_the_worktree_or_held_for_a_person() {
    for (large_diff, outcome) in [
        (LargeDiff::Read, Outcome::Landed),
        (LargeDiff::Hold, Outcome::Held),
    ] {
        let world = World::new(|agent| agent.otherwise(Act::commits("a-file.rs")));
        let reviewer = scripted("r", []);
        let small = policy(|policy| {
            policy.review_diff = 8;
            policy.large_diff = large_diff;
        });
        let report = world
            .run(of(&[&reviewer]), |swarm| swarm.policy(small))
            .await;
        assert_eq!(report.outcome, outcome);
        if let LargeDiff::Hold = large_diff {
            let reason = report.reason.as_deref().unwrap();
            assert!(
                reason.contains("too large for a reviewer (1 changed paths"),
                "{reason}"
            );
            assert!(reviewer.calls().is_empty());
        } else {
            let [request] = &reviewer.calls()[..] else {
                panic!("one review");
            };
            assert!(request.diff.cut && request.diff.text.len() == 8);
            assert_eq!(request.diff.paths, [PathBuf::from("a-file.rs")]);
        }
    }
}

#[test]
fn the_event_of_a_review_is_one_flat_object_and_older_ones_can_be_read() {
    let text = r#"{"schema":1,"seq":3,"at":5,"run":"r1","event":"review_ended","task":"a","round":2,"reviewer":"strict","verdict":{"changes":["x"]},"duration_ms":7,"paths":["a.rs"],"more_paths":0,"usage":{"input":1,"output":2,"cache_read":0,"cache_write":0,"reasoning":0},"cost":null}"#;
    let record: EventRecord = serde_json::from_str(text).unwrap();
    let Event::ReviewEnded { review, .. } = &record.event else {
        panic!("{record:?}");
    };
    assert_eq!(review.findings(), ["x"]);
    assert_eq!(record.to_json(), text);
    let older = r#"{"schema":1,"seq":3,"at":5,"run":"r1","event":"review_ended","task":"a","round":1,"verdict":"approved"}"#;
    let older: EventRecord = serde_json::from_str(older).unwrap();
    let Event::ReviewEnded { review, .. } = older.event else {
        panic!("another event");
    };
    assert_eq!((review.round, review.verdict), (1, Verdict::Approved));
}
