//! Asks the ports whether they could work.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::model::{Check, HarnessName};
use crate::ports::{GitClient, Harness, PreflightRequest, Reviewer};

/// Asks all of them at once; the answers come in this order, without
/// repetitions.
pub(super) async fn ask(
    git: Option<&Arc<dyn GitClient>>,
    harnesses: &[(HarnessName, Arc<dyn Harness>)],
    reviewers: &[Arc<dyn Reviewer>],
    what: &PreflightRequest,
) -> Vec<Check> {
    type Asked = Pin<Box<dyn Future<Output = Vec<Check>> + Send>>;
    let mut asked: Vec<Asked> = Vec::new();
    if let Some(git) = git.cloned() {
        let what = what.clone();
        asked.push(Box::pin(async move { git.preflight(what).await }));
    }
    for (_, harness) in harnesses {
        let (harness, what) = (Arc::clone(harness), what.clone());
        asked.push(Box::pin(async move { harness.preflight(what).await }));
    }
    for reviewer in reviewers {
        let (reviewer, what) = (Arc::clone(reviewer), what.clone());
        asked.push(Box::pin(async move { reviewer.preflight(what).await }));
    }
    let mut answers = vec![Vec::new(); asked.len()];
    let mut running = JoinSet::new();
    for (place, call) in asked.into_iter().enumerate() {
        running.spawn(async move { (place, call.await) });
    }
    while let Some(done) = running.join_next().await {
        match done {
            Ok((place, checks)) => answers[place] = checks,
            Err(error) => tracing::error!(%error, "a port's preflight panicked"),
        }
    }
    let mut checks: Vec<Check> = Vec::new();
    for check in answers.into_iter().flatten() {
        if !checks.contains(&check) {
            checks.push(check);
        }
    }
    checks
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::ask;
    use crate::model::{Check, HarnessName};
    use crate::ports::{
        GitClient, Harness, MockGitClient, MockHarness, MockReviewer, PreflightRequest, Reviewer,
    };
    use crate::review::HarnessReviewer;

    #[tokio::test]
    async fn every_port_is_asked_and_says_a_thing_once() {
        let broken = || Check::broken("toy", "it is not there", "install it");
        let mut git = MockGitClient::new();
        git.expect_preflight()
            .return_once(|_| vec![Check::fine("git", "2.40")]);
        let mut harness = MockHarness::new();
        harness
            .expect_preflight()
            .return_once(move |_| vec![broken()]);
        let mut reviewer = MockReviewer::new();
        reviewer
            .expect_preflight()
            .return_once(move |_| vec![broken(), Check::doubtful("toy", "it is old", "renew it")]);
        let git: Arc<dyn GitClient> = Arc::new(git);
        let harness: Arc<dyn Harness> = Arc::new(harness);
        let reviewer: Arc<dyn Reviewer> = Arc::new(reviewer);
        let checks = ask(
            Some(&git),
            &[(HarnessName::new("toy"), harness)],
            &[reviewer],
            &PreflightRequest::default(),
        )
        .await;
        let found: Vec<&str> = checks.iter().map(|check| check.found.as_str()).collect();
        assert_eq!(found, ["2.40", "it is not there", "it is old"]);
    }

    #[tokio::test]
    async fn an_agent_that_only_reviews_need_not_be_able_to_write() {
        let mut harness = MockHarness::new();
        harness
            .expect_preflight()
            .withf(|what| what.read_only)
            .return_once(|_| vec![Check::fine("toy", "it is there")]);
        let reviewer = HarnessReviewer::new("strict", Arc::new(harness));
        let reviewers: [Arc<dyn Reviewer>; 1] = [Arc::new(reviewer)];
        let checks = ask(None, &[], &reviewers, &PreflightRequest::default()).await;
        assert_eq!(checks, [Check::fine("toy", "it is there")]);
    }
}
