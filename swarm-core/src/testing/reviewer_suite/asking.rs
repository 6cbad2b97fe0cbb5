//! What is told to whoever is asked.

use super::{Answer, Asked, ReviewerFixture, ask, request};
use crate::ports::{Diff, ReviewRequest};

/// The first question of this request.
async fn question(at: &dyn ReviewerFixture, request: ReviewRequest) -> Asked {
    let before = at.asked().len();
    let review = ask(&at.reviewer(&Answer::Approves), request).await;
    review.expect("an answer");
    let asked = at.asked().into_iter().nth(before);
    asked.expect("somebody was asked")
}

fn assert_tells(asked: &Asked, what: &str) {
    let text = &asked.text;
    assert!(text.contains(what), "{what:?} is not told: {text}");
}

pub(super) async fn the_question_is_whole(at: &dyn ReviewerFixture) {
    let request = request(at);
    let asked = question(at, request.clone()).await;
    assert_tells(&asked, &request.task);
    for line in request.diff.text.lines() {
        assert_tells(&asked, line);
    }
    assert_tells(&asked, "docs/greeting.md");
}

pub(super) async fn a_cut_diff_is_told(at: &dyn ReviewerFixture) {
    let whole = request(at);
    let cut = ReviewRequest {
        diff: Diff {
            cut: true,
            ..whole.diff.clone()
        },
        ..request(at)
    };
    let whole = question(at, whole).await;
    let asked = question(at, cut).await;
    assert_ne!(asked.text, whole.text, "nothing says that it was cut");
    assert_tells(&asked, "docs/greeting.md");
}

pub(super) async fn feedback_is_handed_on(at: &dyn ReviewerFixture) {
    let feedback = "- src/main.rs:1: the name may be empty";
    let later = ReviewRequest {
        round: 2,
        feedback: Some(feedback.to_owned()),
        ..request(at)
    };
    assert_tells(&question(at, later).await, feedback);
}

pub(super) async fn calls_stand_alone(at: &dyn ReviewerFixture) {
    let reviewer = at.reviewer(&Answer::Approves);
    let secret = "of which the next one knows nothing";
    let first = ReviewRequest {
        task: format!("Something else, {secret}."),
        ..request(at)
    };
    for request in [first, request(at)] {
        ask(&reviewer, request).await.expect("an answer");
    }
    let asked = at.asked();
    let last = asked.last().expect("somebody was asked");
    assert!(!last.text.contains(secret), "{}", last.text);
    let mut sessions = asked.iter().filter_map(|asked| asked.session.as_ref());
    assert_eq!(sessions.next(), None, "each conversation is a new one");
}

pub(super) async fn the_work_is_only_read(at: &dyn ReviewerFixture) {
    let before = at.contents();
    let asked = question(at, request(at)).await;
    assert!(asked.read_only, "nobody was told not to write");
    assert_eq!(at.contents(), before);
}
