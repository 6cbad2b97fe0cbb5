//! Agents that judge the work of other agents: the real command lines, against
//! a scripted model.

use serde_json::json;
use swarm_core::model::Role;
use swarm_core::testing::model_server::{Answer, ModelServer, Request, Script};

use crate::agents::connect;
use crate::application::{Finished, swarm};
use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

#[test]
fn codex_reviews_claude_code() {
    review_round_trip("claude", "codex");
}

#[test]
fn claude_code_reviews_codex() {
    review_round_trip("codex", "claude");
}

/// Changes requested, repaired, approved, landed.
///
/// The finding names the script by which the model goes on: if it did not reach
/// the fixer and the second review, neither would know its part.
fn review_round_trip(worker: &str, reviewer: &str) {
    let write = "echo 'made by' >${file}.txt && git add . && git commit -q -m 'Add ${file}'";
    let mend = "echo somebody >>${file}.txt && git commit -q -a -m 'Mend ${file}'";
    let finding = "It is not good yet.\n\nswarm:${nonce} CHANGES\n\
         - ${file}.txt:1 names nobody [script:mended file=${file}]\n\
         - and so does nothing else";
    let look = "grep -q somebody ${file}.txt";
    let first = Script::new("work", [Answer::new().shell(write), done()])
        .part(Role::Review, [Answer::new().text(finding)]);
    let second = Script::new("mended", [])
        .part(Role::Fix, [Answer::new().shell(mend), done()])
        .part(Role::Review, [Answer::new().shell(look), approved()]);
    let (sandbox, finished, server) = run(worker, &[reviewer], [first, second]);

    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let report = finished.report();
    assert_eq!(report["reviewed"], true);
    let task = &report["tasks"][0];
    assert_eq!(task["outcome"], "landed", "{task}");
    let findings = [
        "a.txt:1 names nobody [script:mended file=a]",
        "and so does nothing else",
    ];
    let reviews = task["reviews"].as_array().expect("reviews");
    let verdicts: Vec<_> = reviews.iter().map(|review| &review["verdict"]).collect();
    assert_eq!(
        verdicts,
        [&json!({"changes": findings}), &json!("approved")]
    );
    for (review, round) in reviews.iter().zip(1..) {
        assert_eq!(review["round"], round, "{review}");
        assert_eq!(review["reviewer"], reviewer, "{review}");
        assert_eq!(review["paths"], json!(["a.txt"]), "{review}");
        assert_eq!(review["usage"]["input"], 100 * round, "{review}");
    }
    let text = sandbox.git(&["show", "main:a.txt"]);
    assert_eq!(text, "made by\nsomebody\n");
    sandbox.check_integrity();

    let reviews = asked(&server.requests(), "review");
    let [first, second, _] = &reviews[..] else {
        panic!("one request, then two: {reviews:#?}");
    };
    assert!(first.contains("+made by") && !first.contains("names nobody"));
    assert!(second.contains("+somebody") && second.contains("names nobody"));
    for text in &reviews {
        // Each stands alone: no conversation is gone on with.
        assert_eq!(text.matches("[swarm run=").count(), 1, "{text}");
    }
    let fixes = asked(&server.requests(), "fix");
    assert!(fixes[0].contains("names nobody") && fixes[0].contains("nothing else"));
}

#[test]
fn when_all_reviewers_are_down_finished_work_is_held() {
    // No part for a review: the model answers with an error.
    let write = "echo hello >${file}.txt && git add . && git commit -q -m 'Add ${file}'";
    let script = Script::new("work", [Answer::new().shell(write), done()]);
    let (sandbox, finished, server) = run("claude", &["codex", "claude"], [script]);

    assert_eq!(finished.code, Some(1), "{finished:#?}");
    let task = &finished.report()["tasks"][0];
    assert_eq!(task["outcome"], "held", "{task}");
    let reason = task["reason"].as_str().expect("a reason");
    let begin = "no reviewer could judge it: codex: ";
    assert!(reason.starts_with(begin), "{reason}");
    assert!(reason.contains("; claude: "), "{reason}");
    let reviews = task["reviews"].as_array().expect("reviews");
    let who: Vec<_> = reviews.iter().map(|review| &review["reviewer"]).collect();
    assert_eq!(who, ["codex", "claude"]);
    for review in reviews {
        assert!(review["verdict"]["unavailable"].is_string(), "{review}");
        assert_eq!(review["round"], 1, "{review}");
    }
    // Nobody was told to repair anything, and the work is there.
    assert!(asked(&server.requests(), "fix").is_empty());
    assert_eq!(task["attempts"], 1);
    let branch = task["branch"].as_str().expect("a branch");
    let kept = sandbox.git(&["show", &format!("{branch}:a.txt")]);
    assert_eq!(kept, "hello\n");
    let why = swarm(&sandbox, &["why", "a"]);
    assert!(
        why.stdout.contains("no reviewer could judge it"),
        "{why:#?}"
    );
}

#[test]
fn all_verdicts_are_given_by_a_schema_where_people_chose_that() {
    let says =
        |answer: &str| Answer::new().structured(format!(r#"{{"nonce": "${{nonce}}", {answer}}}"#));
    let write = "echo hello >${file}.txt && git add . && git commit -q -m 'Add ${file}'";
    let done = says(r#""signal": "DONE", "why": null, "claim": []"#);
    let approved = says(r#""signal": "APPROVED", "findings": []"#);
    let script =
        Script::new("work", [Answer::new().shell(write), done]).part(Role::Review, [approved]);
    let schema = ["--answers", "schema", "--completion", "strict"];
    let (_sandbox, finished, server) = run_with(&schema, "claude", &["codex"], [script]);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert_eq!(
        finished.report()["tasks"][0]["reviews"][0]["verdict"],
        "approved"
    );
    assert_eq!(asked(&server.requests(), "review").len(), 1);
}

#[test]
fn claude_code_cannot_write_where_it_reviews() {
    cannot_write("claude");
}

#[test]
fn codex_cannot_write_where_it_reviews() {
    cannot_write("codex");
}

/// Whatever it tries, the work lands as it was.
fn cannot_write(reviewer: &str) {
    let write = "echo good >${file}.txt && git add . && git commit -q -m 'Add ${file}'";
    let spoil = "echo evil >${file}.txt; echo evil >evil.txt; git add -A; git commit -q -m Evil";
    let tries = [
        Answer::new().shell(spoil),
        Answer::new().write("evil.txt", "evil\n"),
        approved(),
    ];
    let script =
        Script::new("work", [Answer::new().shell(write), done()]).part(Role::Review, tries);
    let (sandbox, finished, server) = run("claude", &[reviewer], [script]);

    assert_eq!(asked(&server.requests(), "review").len(), 3);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert_eq!(sandbox.git(&["show", "main:a.txt"]), "good\n");
    let files = sandbox.git(&["ls-tree", "--name-only", "main"]);
    assert_eq!(files, "README.md\na.txt\n");
    let log = sandbox.git(&["log", "--format=%s", "main"]);
    assert!(!log.contains("Evil"), "{log}");
}

/// One task, `a`, done by the worker under these reviewers.
fn run(
    worker: &str,
    reviewers: &[&str],
    scripts: impl IntoIterator<Item = Script>,
) -> (Sandbox, Finished, ModelServer) {
    run_with(&[], worker, reviewers, scripts)
}

/// The same, with more options.
fn run_with(
    options: &[&str],
    worker: &str,
    reviewers: &[&str],
    scripts: impl IntoIterator<Item = Script>,
) -> (Sandbox, Finished, ModelServer) {
    let mut sandbox = Sandbox::new();
    let server = ModelServer::start(scripts).expect("a server");
    connect(&mut sandbox, &server);
    sandbox.write("repo/tasks/a.md", "Add a file.\n\n[script:work file=a]\n");
    let mut args = vec!["run", "--harness", worker, "--json"];
    args.extend(reviewers.iter().flat_map(|who| ["--reviewer", who]));
    args.extend(options);
    let finished = swarm(&sandbox, &args);
    assert_gone("something of the test", || sandbox.processes());
    (sandbox, finished, server)
}

fn done() -> Answer {
    Answer::new().text("Done.\n\nswarm:${nonce} DONE")
}

fn approved() -> Answer {
    Answer::new().text("It is good.\n\nswarm:${nonce} APPROVED")
}

/// What the model was asked in this role.
fn asked(requests: &[Request], role: &str) -> Vec<String> {
    let own = requests.iter().filter(|request| {
        let played = request.played.as_ref();
        played.is_some_and(|played| played.role == role)
    });
    own.map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect()
}
