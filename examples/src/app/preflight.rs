//! Whether the agents could work: asked before anything is written.

use swarm_core::SwarmBuilder;
use swarm_core::model::Check;
use swarm_core::ports::PreflightRequest;

use super::prepare::Prepared;
use super::refusal::Refusal;

/// Refuses a run that would fail. Doubts are the doctor's business.
pub(super) async fn refuse_broken(
    swarm: &SwarmBuilder,
    prepared: &Prepared,
) -> Result<(), Refusal> {
    let what = PreflightRequest {
        repository: prepared.repo.root().map(Into::into),
        ..PreflightRequest::default()
    };
    let checks = swarm.preflight(what).await;
    let mut broken: Vec<String> = checks
        .iter()
        .filter(|check| check.is_broken())
        .map(Check::to_string)
        .collect();
    if !broken.is_empty() {
        broken.push("nothing was changed; to run all the same, add --skip-preflight".to_owned());
    }
    Refusal::unless_empty(broken)
}
