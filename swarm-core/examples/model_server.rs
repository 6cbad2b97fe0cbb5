//! A model service to try the agents' real command lines with, without an
//! account and without a network:
//!
//! ```sh
//! cargo run -p swarm-core --features test-util --example model_server [SCRIPTS.json]
//! ```
//!
//! It prints where it is and how the agents are pointed at it, then a line for
//! each request, until its standard input ends. Without a file it knows the
//! script `commit`, and one for each fault, named like it (`rate_limited` …). A
//! file says:
//!
//! ```json
//! {"greet": [{"shell": "echo hello >a.txt && git add . && git commit -qm Greet"},
//!            {"text": "Greeted.", "fault": "overloaded", "times": 2}]}
//! ```
//!
//! `"structured": {…}` is an answer by the schema that the agent asks for,
//! `"input": 190000` says how many tokens the model has read for an answer.

use std::error::Error;
use std::io::{self, Read};
use std::time::Duration;

use serde_json::{Map, Value};
use swarm_core::model::Usage;
use swarm_core::testing::model_server::{Answer, Fault, ModelServer, Script};

fn main() -> Result<(), Box<dyn Error>> {
    let scripts = match std::env::args().nth(1) {
        Some(file) => read(&std::fs::read_to_string(file)?)?,
        None => known(),
    };
    let server = ModelServer::start(scripts)?;
    println!("{}\n\nClaude Code:", server.url());
    show(&server.claude_env());
    println!("\nCodex, with this in HOME/.codex/config.toml:");
    show(&server.codex_env());
    println!("\n{}", server.codex_config());
    println!("A prompt chooses a script: [script:commit file=a.txt]\n");
    std::thread::scope(|threads| {
        threads.spawn(|| log(&server));
        // Until whoever started it lets go of it.
        let ended = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(i32::from(ended.is_err()));
    })
}

fn show(environment: &swarm_core::process::env::Vars) {
    for (name, value) in environment {
        println!("  export {}={}", name.display(), value.display());
    }
}

fn log(server: &ModelServer) {
    let mut shown = 0;
    loop {
        server.wait_for(Duration::MAX, |requests| requests.len() > shown);
        for request in server.requests().into_iter().skip(shown) {
            let played = request.played.map_or_else(String::new, |played| {
                let fault = played.fault.map_or("as scripted", |fault| fault.as_str());
                format!(": {} {}, {fault}", played.script, played.answer)
            });
            println!(
                "{:.3?} {} {}{played}",
                request.at, request.method, request.path
            );
            shown += 1;
        }
    }
}

/// A script that commits a file, and one for each fault.
fn known() -> Vec<Script> {
    let commit = "echo '${file}' >'${file}' && git add '${file}' && git commit -qm 'Add ${file}'";
    let answers = [
        Answer::new().text("I add ${file}.").shell(commit),
        Answer::new().text("Added.\n\nswarm:${nonce} DONE"),
    ];
    let faults = Fault::samples().into_iter().map(|fault| {
        let answer = Answer::new().text("All is well, and there is more to say.");
        Script::new(fault.as_str(), [answer.fails(fault)])
    });
    faults.chain([Script::new("commit", answers)]).collect()
}

fn read(text: &str) -> Result<Vec<Script>, Box<dyn Error>> {
    let scripts: Map<String, Value> = serde_json::from_str(text)?;
    scripts
        .into_iter()
        .map(|(name, answers)| {
            let answers = answers.as_array().ok_or("a script is a list of answers")?;
            let answers: Result<Vec<_>, _> = answers.iter().map(answer).collect();
            Ok(Script::new(name, answers?))
        })
        .collect()
}

fn answer(said: &Value) -> Result<Answer, Box<dyn Error>> {
    let mut answer = Answer::new();
    if let Some(text) = said["text"].as_str() {
        answer = answer.text(text);
    }
    if !said["structured"].is_null() {
        answer = answer.structured(said["structured"].to_string());
    }
    if let Some(command) = said["shell"].as_str() {
        answer = answer.shell(command);
    }
    if let Some(input) = said["input"].as_u64() {
        answer = answer.usage(Usage {
            input,
            ..Usage::default()
        });
    }
    if let Some(name) = said["fault"].as_str() {
        let mut faults = Fault::samples().into_iter();
        let fault = faults.find(|fault| fault.as_str() == name);
        let fault = fault.ok_or_else(|| format!("there is no fault {name:?}"))?;
        answer = match said["times"].as_u64() {
            Some(times) => answer.fails_first(times.try_into()?, fault),
            None => answer.fails(fault),
        };
    }
    Ok(answer)
}
