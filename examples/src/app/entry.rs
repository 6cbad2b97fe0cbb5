//! From a command line to an exit code.

use std::process::ExitCode;

use clap::Parser;
use swarm_core::process::Supervisor;

use super::args::{Cli, Command};
use super::console::complain;
use super::host::Host;
use super::live::Order;
use super::refusal::Refusal;
use super::steer::steer;
use super::{cancel, doctor, explain, gc, retry, run as runs, show, status};

/// Bad usage, configuration or input.
const REFUSED: u8 = 2;

/// The whole program. To be called first thing in a process: it may have been
/// started as its own supervisor.
pub fn main() -> ExitCode {
    // First of all: this may be no application but a supervisor.
    let supervisor = Supervisor::here();
    let cli = Cli::parse();
    match Host::current() {
        Ok(host) => ExitCode::from(run(cli, &host.supervised(supervisor))),
        Err(error) => {
            complain(format_args!(
                "the current directory cannot be told: {error}"
            ));
            ExitCode::from(REFUSED)
        }
    }
}

/// Does what a command line says and gives the exit code: 0, 1, 2 or 130.
///
/// Brings its own threads, so it must not be called from async code. While a
/// run lasts, Ctrl-C and SIGTERM of this process stop the run.
pub fn run(cli: Cli, host: &Host) -> u8 {
    // One thread drives the run; the other one is for what blocks it.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("cannot start threads: {error}"));
            return REFUSED;
        }
    };
    match runtime.block_on(carry_out(cli.command, host)) {
        Ok(code) => code,
        Err(refusal) => {
            complain(refusal);
            REFUSED
        }
    }
}

async fn carry_out(command: Command, host: &Host) -> Result<u8, Refusal> {
    match command {
        Command::Run(args) => runs::run(*args, host).await,
        Command::Status(args) => status::status(&args, host).await,
        Command::Show(args) => show::show(&args, host).await,
        Command::Why(args) => show::why(&args, host).await,
        Command::Cancel(args) => cancel::cancel(&args, host).await,
        Command::Pause(args) => steer(&args, Order::Pause, host).await,
        Command::Resume(args) => steer(&args, Order::Resume, host).await,
        Command::Drain(args) => steer(&args, Order::Drain, host).await,
        Command::Jobs(args) => {
            let order = Order::Jobs { jobs: args.jobs };
            steer(&args.steer, order, host).await
        }
        Command::Stop(args) => {
            let order = Order::Stop { now: args.now };
            steer(&args.steer, order, host).await
        }
        Command::Retry(args) => retry::retry(&args, host).await,
        Command::Doctor(args) => doctor::doctor(&args, host).await,
        Command::Explain(args) => explain::explain(&args, host),
        Command::Gc(args) => gc::gc(&args, host).await,
    }
}
