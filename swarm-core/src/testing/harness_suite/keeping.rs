//! What stays between two turns of an attempt.

use std::sync::Arc;

use super::calls::turn;
use super::{Behaviour, HarnessFixture};
use crate::model::EndReason;
use crate::ports::{CallContext, Harness, Keep};

/// A turn that may leave something for the next one.
async fn run(at: &dyn HarnessFixture, harness: &Arc<dyn Harness>, name: &str, keep: &Keep) {
    let context = CallContext::detached().with_keep(keep.clone());
    let report = harness.run(turn(at, name), context).await;
    let report = report.expect("a turn that begins is a report");
    assert_eq!(report.end, EndReason::Finished, "{report:?}");
}

async fn let_go(keep: &Keep) {
    if let Some(kept) = keep.take() {
        assert_eq!(kept.end().await, [0; 0], "these could not be ended");
    }
}

pub(super) async fn what_is_kept_ends_when_it_is_let_go(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Says("done".to_owned()));
    let keep = Keep::default();
    run(at, &harness, "one", &keep).await;
    let_go(&keep).await;
    assert_eq!(at.living(), [""; 0], "these live on");
}

pub(super) async fn what_is_kept_ends_with_its_place(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Says("done".to_owned()));
    let keep = Keep::default();
    run(at, &harness, "one", &keep).await;
    drop(keep);
    assert_eq!(at.living(), [""; 0], "these live on");
}

pub(super) async fn another_conversation_ends_what_was_kept(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Says("done".to_owned()));
    let keep = Keep::default();
    run(at, &harness, "one", &keep).await;
    run(at, &harness, "two", &keep).await;
    let_go(&keep).await;
    assert_eq!(at.living(), [""; 0], "these live on");
}
