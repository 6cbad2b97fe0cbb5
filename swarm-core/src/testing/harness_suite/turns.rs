//! What goes in and what comes out.

use std::path::Path;

use super::calls::{begun, find, run, stopped, turn};
use super::{Behaviour, HarnessFixture};
use crate::model::EndReason;
use crate::ports::{Stop, TurnRequest};

const MEGABYTE: usize = 1 << 20;

pub(super) async fn a_finished_turn_tells_its_message(at: &dyn HarnessFixture) {
    let message = "It is done.\n\n  All \"four\" parts: ä, \\n, {}.";
    let harness = at.harness(&Behaviour::Says(message.to_owned()));
    let report = run(&harness, turn(at, "t")).await;
    assert_eq!(report.end, EndReason::Finished, "{report:?}");
    assert_eq!(report.message, message);
    assert_eq!(report.error, None);
}

pub(super) async fn the_prompt_arrives_whole(at: &dyn HarnessFixture) {
    let line = "--help '$(touch x)' \"`touch y`\" \\ %s ä 日本 {\"a\":1} \t\r\n\n";
    let mut prompt = "-".to_owned() + &line.repeat(MEGABYTE / line.len());
    prompt.push_str("the end, without a line end");
    let harness = at.harness(&Behaviour::Says("done".to_owned()));
    let turn = TurnRequest {
        prompt: prompt.clone(),
        ..turn(at, "t")
    };
    run(&harness, turn).await;
    let heard = at.turns().pop().expect("the agent has begun");
    assert!(
        heard.prompt.contains(&prompt),
        "{} bytes were told, {} heard; they end with {:?}",
        prompt.len(),
        heard.prompt.len(),
        heard.prompt.lines().last(),
    );
}

pub(super) async fn a_turn_runs_in_its_directory(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Says("done".to_owned()));
    for name in ["one", "two"] {
        run(&harness, turn(at, name)).await;
        let heard = find(at, name).expect("the agent has begun");
        assert_eq!(real(&heard.directory), real(&at.directory(name)));
    }
}

/// Without symlinks, if it is a folder at all.
fn real(path: &Path) -> std::path::PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

pub(super) async fn invalid_text_survives(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Garbles);
    let report = run(&harness, turn(at, "t")).await;
    assert_eq!(report.end, EndReason::Finished, "{report:?}");
    let message = &report.message;
    assert!(message.starts_with("before"), "{message:?}");
    assert!(message.ends_with("after"), "{message:?}");
}

pub(super) async fn the_last_line_needs_no_end(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::SaysWithoutEnd("done".to_owned()));
    let report = run(&harness, turn(at, "t")).await;
    assert_eq!(report.end, EndReason::Finished, "{report:?}");
    assert_eq!(report.message, "done");
}

pub(super) async fn large_output_does_not_block(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Floods);
    let report = run(&harness, turn(at, "t")).await;
    let (end, error) = (report.end, &report.error);
    assert_eq!(end, EndReason::Finished, "{error:?}");
    assert_eq!(report.message.lines().last(), Some("done"));
}

pub(super) async fn output_shows_that_the_call_is_alive(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Hangs);
    let call = begun(at, &harness, "t").await;
    stopped(call.heard().await, Stop::Gently).await;
}

pub(super) async fn what_is_looked_at_is_told_once(at: &dyn HarnessFixture) {
    let thing = "src/main.rs";
    let harness = at.harness(&Behaviour::Looks(thing.to_owned()));
    let report = run(&harness, turn(at, "t")).await;
    assert_eq!(report.end, EndReason::Finished, "{report:?}");
    let [told] = &report.looked_at[..] else {
        panic!("{:?} is not one thing", report.looked_at);
    };
    assert!(told.contains(thing), "{told:?}");
}

pub(super) async fn a_session_is_told(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Says("done".to_owned()));
    assert!(harness.capabilities().resume, "it says that it can resume");
    let report = run(&harness, turn(at, "t")).await;
    assert!(report.session.is_some(), "{report:?}");
}

pub(super) async fn a_session_goes_on(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Says("done".to_owned()));
    let session = run(&harness, turn(at, "one")).await.session;
    assert_eq!(find(at, "one").expect("the agent has begun").session, None);
    let next = TurnRequest {
        session: session.clone(),
        ..turn(at, "two")
    };
    run(&harness, next).await;
    let heard = find(at, "two").expect("the agent has begun");
    assert_eq!(heard.session, session);
}
