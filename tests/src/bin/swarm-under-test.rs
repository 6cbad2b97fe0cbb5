//! The application, built with the tests: cargo tells tests where the programs
//! of their own package are, and builds them, whichever way they are run.

use std::process::ExitCode;

fn main() -> ExitCode {
    swarm_examples::app::main()
}
