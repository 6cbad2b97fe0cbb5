//! Shows a whole run in a repository of its own. Needs nothing but git.

use std::process::ExitCode;

fn main() -> ExitCode {
    swarm_examples::quickstart::main()
}
