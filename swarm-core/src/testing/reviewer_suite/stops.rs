//! How calls are stopped.

use super::rulings::assert_no_judgement;
use super::{Answer, ReviewerFixture, begun, request};
use crate::ports::Stop;
use crate::testing::under_way::stopped_before;

pub(super) async fn calls_run_at_once(at: &dyn ReviewerFixture) {
    let reviewer = at.reviewer(&Answer::Hangs);
    let one = begun(at, &reviewer, 1).await;
    let two = begun(at, &reviewer, 2).await;
    let _ = one.until(|| true).await.stopped(Stop::Now).await;
    let _ = two.until(|| true).await.stopped(Stop::Now).await;
}

pub(super) async fn a_stop_is_prompt(at: &dyn ReviewerFixture) {
    let reviewer = at.reviewer(&Answer::Hangs);
    for (count, how) in [(1, Stop::Gently), (2, Stop::Now)] {
        let _ = begun(at, &reviewer, count).await.stopped(how).await;
    }
}

pub(super) async fn a_stop_is_no_judgement(at: &dyn ReviewerFixture) {
    let reviewer = at.reviewer(&Answer::Hangs);
    let answered = begun(at, &reviewer, 1).await.stopped(Stop::Gently).await;
    assert_no_judgement(&answered);
}

pub(super) async fn a_stop_before_the_start_asks_nobody(at: &dyn ReviewerFixture) {
    let reviewer = at.reviewer(&Answer::Approves);
    for how in [Stop::Gently, Stop::Now] {
        let answered = reviewer.review(request(at), stopped_before(how)).await;
        assert_no_judgement(&answered);
        assert_eq!(at.asked(), [], "nobody was asked");
    }
}

pub(super) async fn nothing_survives_a_stop(at: &dyn ReviewerFixture) {
    let reviewer = at.reviewer(&Answer::Breeds);
    for (count, how) in [(1, Stop::Gently), (2, Stop::Now)] {
        let _ = begun(at, &reviewer, count).await.stopped(how).await;
        assert_eq!(at.living(), [""; 0], "these live on");
    }
}
