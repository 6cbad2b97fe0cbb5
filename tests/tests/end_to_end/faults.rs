//! Every way in which a turn of the agents' real command lines can go wrong,
//! brought about by our own model server, and what the adapters make of it.
//!
//! `SWARM_CASE=TEXT` runs those cases only whose names contain the text.

use std::time::Duration;

use swarm_core::model::{Cost, EndReason, Limit, Timestamp, Usage};
use swarm_core::ports::{Stop, TurnRequest};
use swarm_core::testing::model_server::{Answer, Fault, Script};

use crate::faults_case::{Case, asks_nobody_else, run, wait};
use crate::faults_turn::{Bench, Cli, Moment, Options};
use crate::processes::assert_gone;

/// Nobody's conversation.
const UNKNOWN: &str = "11111111-2222-4333-8444-555555555555";

/// The service says no, once and for all or for a time: fault, and how a turn
/// of Claude Code and of Codex ends.
fn refusals() -> Vec<(Fault, &'static str, &'static str)> {
    let status = |status, message: &str| Fault::Status {
        status,
        message: message.to_owned(),
    };
    let soon = Fault::RateLimited { retry_after: None };
    vec![
        (Fault::Unauthorized, "auth", "auth"),
        (Fault::Forbidden, "auth", "auth"),
        (Fault::UnknownModel, "config", "config"),
        (soon, "rate_limited", "rate_limited"),
        (Fault::NoCredit, "billing", "billing"),
        (Fault::Overloaded, "overloaded", "overloaded"),
        (Fault::ServerError, "overloaded", "overloaded"),
        (Fault::Unavailable, "overloaded", "overloaded"),
        (status(418, "No coffee."), "config", "config"),
        (Fault::PromptTooLong, "context_full", "context_full"),
        (Fault::MaxOutputTokens, "model_limit", "model_limit"),
        (Fault::Refusal, "refused", "refused"),
    ]
}

/// The connection or what comes over it is broken. Claude Code asks again
/// without a stream, and gets its answer, unless it may not.
fn breaks() -> Vec<(Fault, &'static str, &'static str)> {
    vec![
        (Fault::DropBeforeHeaders, "network", "network"),
        (Fault::DropInStream, "finished", "network"),
        (Fault::OverloadedInStream, "finished", "overloaded"),
        (Fault::EmptyStream, "finished", "network"),
        (Fault::TruncatedEvent, "finished", "network"),
        (Fault::NoLastEvent, "finished", "network"),
        (Fault::MalformedEvent, "finished", "finished"),
        (Fault::UnknownEvent, "finished", "finished"),
        (Fault::Page, "network", "network"),
        (late(), "finished", "finished"),
        (slow(), "finished", "finished"),
    ]
}

fn late() -> Fault {
    let by = Duration::from_millis(300);
    Fault::Late { by }
}

fn slow() -> Fault {
    let pause = Duration::from_millis(30);
    Fault::Slow { pause }
}

#[test]
fn claude_code_tells_every_fault() {
    let table = refusals().into_iter().chain(breaks());
    let mut cases: Vec<_> = table
        .map(|(fault, end, _)| Case::fault(Cli::Claude, fault, end))
        .collect();
    cases.extend(claude_cases(Cli::Claude));
    cases.extend(broken_streams_without_another_way());
    cases.extend(cases_of_both(Cli::Claude));
    run(cases);
}

#[test]
fn codex_tells_every_fault() {
    let table = refusals().into_iter().chain(breaks());
    let mut cases: Vec<_> = table
        .map(|(fault, _, end)| Case::fault(Cli::Codex, fault, end))
        .collect();
    cases.extend(codex_cases());
    cases.extend(cases_of_both(Cli::Codex));
    run(cases);
}

#[test]
fn the_older_claude_code_tells_the_same() {
    let known = ["unauthorized", "rate_limited", "overloaded", "server_error"];
    let table = refusals().into_iter();
    let mut cases: Vec<_> = table
        .filter(|(fault, ..)| known.contains(&fault.as_str()))
        .map(|(fault, end, _)| Case::fault(Cli::OldClaude, fault, end))
        .collect();
    cases.extend(claude_cases(Cli::OldClaude));
    cases.extend(cases_of_both(Cli::OldClaude));
    run(cases);
}

#[test]
fn claude_code_goes_on_with_a_conversation() {
    goes_on(Cli::Claude);
}

#[test]
fn the_older_claude_code_goes_on_with_a_conversation() {
    goes_on(Cli::OldClaude);
}

#[test]
fn codex_goes_on_with_a_conversation() {
    goes_on(Cli::Codex);
}

/// What holds for each agent.
// tidy: table
fn cases_of_both(cli: Cli) -> Vec<Case> {
    let no_key: &[_] = match cli {
        Cli::Codex => &["OPENAI_API_KEY"],
        Cli::Claude | Cli::OldClaude => &["ANTHROPIC_API_KEY"],
    };
    let there = || Answer::new().text("Here I am.");
    let add = "echo one >one.txt && git add one.txt && git commit -q -m 'Add one'";
    vec![
        Case::new(
            cli,
            "commit",
            [Answer::new().shell(add), there()],
            "finished",
        )
        .says("Here I am.")
        .asks(2)
        .that("the commit is there", |_, bench| {
            bench.sandbox.git(&["log", "-1", "--format=%s"]) == "Add one\n"
        }),
        Case::new(cli, "no_key", [there()], "auth")
            .with(|options| options.without = no_key)
            .asks(0),
        Case::new(cli, "unknown_session", [there()], "session_not_found")
            .session(UNKNOWN)
            .asks(0)
            .that("no session is reported", |turned, _| {
                turned.report.session.is_none()
            }),
        Case::new(
            cli,
            "recovers",
            [there().fails_first(1, Fault::Overloaded)],
            "finished",
        )
        .says("Here I am.")
        .asks(2),
        Case::new(
            cli,
            "recovers_midway",
            [
                Answer::new().shell("true"),
                there().fails_first(1, Fault::DropBeforeHeaders),
            ],
            "finished",
        )
        .says("Here I am.")
        .asks(3),
        too_long_midway(cli),
        // A wall limit: nothing explains the silence.
        Case::fault(cli, Fault::HangBeforeHeaders, "timed_out")
            .stopped(Moment::Asked, Stop::Limit(Limit::Wall)),
        Case::fault(cli, Fault::HangInStream, "timed_out")
            .stopped(Moment::Asked, Stop::Limit(Limit::Idle)),
        Case::fault(cli, retry_after(1), "rate_limited")
            .named("rate_limited_1")
            .asks(2),
        cancelled_in_mid_tool(cli, "cancel", Stop::Gently),
        cancelled_in_mid_tool(cli, "cancel_now", Stop::Now),
        usage(cli),
    ]
}

/// Claude Code has the model sum up the conversation and would go on; this model
/// says nothing to that.
fn too_long_midway(cli: Cli) -> Case {
    let before = [0; 5].map(|_| Answer::new().shell("true"));
    let too_long = Answer::new().fails(Fault::PromptTooLong);
    let answers = before.into_iter().chain([too_long]);
    Case::new(cli, "too_long_midway", answers, "context_full")
}

/// The tool and what it started are gone when the turn has ended.
fn cancelled_in_mid_tool(cli: Cli, name: &str, how: Stop) -> Case {
    let long = "setsid sleep 600 >/dev/null 2>&1 & nohup sleep 601 >/dev/null 2>&1 & \
        touch started; sleep 602";
    let answers = [Answer::new().shell(long), Answer::new().text("Slept.")];
    Case::new(cli, name, answers, "killed")
        .stopped(Moment::ToolRuns, how)
        .asks(1)
        .that("it is no success", |turned, _| {
            turned.report.message.is_empty()
        })
}

/// Odd figures come through.
fn usage(cli: Cli) -> Case {
    let used = Usage {
        input: 1234,
        output: 56,
        cache_read: 789,
        cache_write: 12,
        reasoning: if cli == Cli::Codex { 7 } else { 0 },
    };
    let answer = Answer::new().text("Counted.").usage(used);
    Case::new(cli, "usage", [answer], "finished")
        .that(format!("usage is {used:?}"), move |turned, _| {
            turned.report.usage == used
        })
        .that(
            "Claude Code tells costs, Codex does not",
            move |turned, _| {
                let cost = turned.report.cost;
                cost.is_some_and(|cost| cost > Cost(0)) == (cli != Cli::Codex)
            },
        )
}

/// What Claude Code alone has.
fn claude_cases(cli: Cli) -> Vec<Case> {
    let echo = || Answer::new().shell("echo again");
    let mut dear = Usage::default();
    (dear.input, dear.output) = (1_000_000, 100_000);
    vec![
        // It gives up at once, and keeps the time to itself.
        Case::fault(cli, retry_after(600), "rate_limited")
            .named("rate_limited_600")
            .asks(1),
        limited_until(cli, Duration::from_secs(1), Duration::ZERO)
            .with(|options| options.login = true),
        Case::new(cli, "max_turns", (0..4).map(|_| echo()), "limit_reached")
            .with(|options| options.claude = options.claude.clone().max_turns(2)),
        Case::new(
            cli,
            "budget",
            (0..4).map(|_| echo().usage(dear)),
            "limit_reached",
        )
        .budget(Cost(1000)),
    ]
}

fn broken_streams_without_another_way() -> Vec<Case> {
    let faults = [
        Fault::DropInStream,
        Fault::EmptyStream,
        Fault::TruncatedEvent,
        Fault::MalformedEvent,
    ];
    let alone = |fault: Fault| {
        let name = format!("{}_alone", fault.as_str());
        Case::fault(Cli::Claude, fault, "network")
            .named(&name)
            .with(|options| {
                let only = ("CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK", "1");
                options.env.push(only);
            })
    };
    faults.into_iter().map(alone).collect()
}

/// What Codex alone has.
fn codex_cases() -> Vec<Case> {
    vec![
        // It sleeps in silence, after a word about why.
        Case::fault(Cli::Codex, retry_after(600), "rate_limited")
            .named("rate_limited_600")
            .stopped(Moment::Warned, Stop::Limit(Limit::Idle))
            .asks(1),
        limited_until(Cli::Codex, Duration::ZERO, Duration::from_secs(60)),
    ]
}

fn retry_after(seconds: u64) -> Fault {
    Fault::RateLimited {
        retry_after: Some(Duration::from_secs(seconds)),
    }
}

/// The time to retry comes through, no more than this much too early or late.
fn limited_until(cli: Cli, early: Duration, late: Duration) -> Case {
    let resets_at = Timestamp::wall().plus(Duration::from_secs(2 * 60 * 60));
    Case::fault(cli, Fault::UsageLimit { resets_at }, "rate_limited").that(
        format!("the limit holds until {resets_at:?}"),
        move |turned, _| match turned.report.end {
            EndReason::RateLimited {
                retry_at: Some(told),
            } => resets_at.since(told) <= early && told.since(resets_at) <= late,
            _ => false,
        },
    )
}

/// Two turns of one conversation.
fn goes_on(cli: Cli) {
    let bench = Bench::new(
        "resume",
        cli,
        [
            Script::new("first", [Answer::new().text("One.")]),
            Script::new("second", [Answer::new().text("Two.")]),
        ],
    );
    let options = Options::default();
    let first = bench.request("[script:first]");
    let first = wait(bench.run(first, options.clone())).expect("a first turn");
    let session = first.report.session.clone();
    assert!(session.is_some(), "{first}");
    let second = TurnRequest {
        session: session.clone(),
        ..bench.request("[script:second]")
    };
    let second = wait(bench.run(second, options)).expect("a second turn");
    asks_nobody_else(&second).expect("loopback only");
    let said = [&first, &second].map(|turned| turned.report.message.as_str());
    assert_eq!(said, ["One.", "Two."], "{second}");
    assert_eq!(second.report.session, session, "{second}");
    assert_eq!(second.asked(), 2, "{second}");
    let usage = [&first, &second].map(|turned| turned.report.usage);
    assert_eq!(usage[0], usage[1], "each turn's own");
    // The model was shown the first turn again.
    let request = second.requests.last().expect("a request");
    let body = String::from_utf8_lossy(&request.body);
    assert!(body.contains("[script:first]"), "{body}");
    assert_gone("something", || bench.sandbox.processes());
}

/// So that a look at what the server was asked shows who else would have been.
#[test]
fn what_an_agent_asks_of_others_comes_to_our_server() {
    let bench = Bench::new(
        "others",
        Cli::Codex,
        [Script::new("go", [Answer::new().text("Done.")])],
    );
    let mut options = Options::default();
    // Left alone, they are asked for elsewhere.
    options.codex = options.codex.plugins(true);
    let turn = bench.request("[script:go]");
    let turned = wait(bench.run(turn, options)).expect("a turn");
    assert_eq!(turned.report.end, EndReason::Finished, "{turned}");
    let odd = turned.asked_for_else();
    assert!(
        odd.iter().all(|asked| asked.starts_with("CONNECT ")),
        "{turned}"
    );
    assert!(!odd.is_empty(), "{turned}");
}
