//! `swarm`: runs coding agents on a folder of tasks.

use std::process::ExitCode;

fn main() -> ExitCode {
    swarm_examples::app::main()
}
