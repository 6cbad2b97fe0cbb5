//! The application `swarm`: command line, settings file, printing. Everything
//! that it can do is done by the library; what is here only chooses and tells.

mod agents;
mod args;
mod arrivals;
mod cancel;
mod console;
mod doctor;
mod dry_run;
mod entry;
mod explain;
mod gc;
mod host;
mod judges;
mod known;
mod live;
mod planner;
mod preflight;
mod prepare;
mod program;
mod refusal;
mod repository;
mod retry;
mod reviewers;
mod run;
mod settings;
mod settings_file;
mod show;
mod signals;
mod state;
mod status;
mod steer;
mod summary;
mod table;
mod text;
mod watch;

pub use args::Cli;
pub use entry::{main, run};
pub use host::Host;
