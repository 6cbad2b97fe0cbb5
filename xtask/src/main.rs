//! House rules and chores: `cargo xtask test | tidy | bench | setup`.

mod artifacts;
mod bench;
mod failure;
mod metadata;
mod repo;
mod setup;
mod test;
mod tidy;

use std::process::ExitCode;

use failure::{Failure, Result};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [STEP]...  all that must hold before a commit lands, or single steps of it
  tidy            checks the house rules; one line a fault: `path:line: rule: what`
  bench [WHICH]   measures: what swarm costs beside the work itself
  setup           installs the agents' command lines for tests, into target/cli
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let (command, rest) = args.split_first().ok_or_else(|| Failure::new(USAGE))?;
    match (command.as_str(), rest) {
        ("bench", options) => bench::bench(options),
        ("test", steps) => test::test(steps),
        ("setup", []) => setup::setup(),
        ("tidy", []) => tidy::tidy(),
        ("help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::new(format!(
            "`{}` is not understood\n{USAGE}",
            args.join(" ")
        ))),
    }
}
