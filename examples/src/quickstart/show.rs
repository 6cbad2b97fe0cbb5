//! Makes the repository, runs the tasks, shows what came of it.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use swarm_core::process::Supervisor;

use super::field::Field;
use crate::app::{Cli, Host, run};

/// The whole program.
pub fn main() -> ExitCode {
    let supervisor = Supervisor::here();
    match play(supervisor) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Nobody is left to be told if this fails, too.
            let _ = writeln!(io::stderr(), "quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

fn play(supervisor: Supervisor) -> io::Result<u8> {
    let field = Field::make()?;
    let home = field.home.display();
    say(&format!(
        "A repository with six tasks is in {home}/shop. \
         Its agents are scripted: see {home}/agent.sh.\n\
         - menu depends on bread and soup\n\
         - hours and sundays want to write the same line: a conflict\n\
         - soup is misspelt at first: the gate sends the agent back\n\n\
         $ cd {home}/shop && swarm run\n"
    ));
    let host = Host {
        env: field.env.clone(),
        directory: field.repo.clone(),
        terminal: io::stderr().is_terminal(),
        supervisor: Some(supervisor),
    };
    let code = run(Cli::parse_from(["swarm", "run"]), &host);
    let log = field.git(&["log", "--graph", "--oneline", "main"])?;
    say(&format!("\n$ git log --graph --oneline main\n{log}"));
    say(&format!(
        "Everything is still there. To look further:\n  \
         cd {home}/shop\n  \
         git log -p                  what each agent did, and the trailers of its landing\n  \
         cat tasks/*.md swarm.toml   what was asked for\n  \
         swarm status                (cargo install --path examples)\n  \
         ls .git/swarm/runs/*/*      what agents and gates printed\n\n\
         To remove it: rm -r {home}"
    ));
    Ok(code)
}

fn say(text: &str) {
    // A reader that went away ends nothing.
    let mut out = io::stdout();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
