//! Programs that are started, heard, bounded and ended with all that they
//! started. Every child of this library goes through here.

mod body;
pub mod env;
mod excerpt;
mod feed;
mod find;
mod lines;
mod log;
mod pump;
mod remains;
mod run;
mod running;
mod spec;
mod start;
mod supervisor;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "unix.rs"]
mod platform;
#[cfg(not(unix))]
#[path = "unsupported.rs"]
mod platform;
// So that it is tested where most of the work is done.
#[cfg(all(test, target_os = "linux"))]
#[path = "unix.rs"]
#[allow(dead_code, reason = "its tests call a part of it")]
mod unix;

pub use feed::feed;
pub use find::find;
pub(crate) use remains::end_remains;
pub use remains::{is_dead, this_process};
pub(crate) use run::converse_with;
pub use run::{capture, converse, run};
pub(crate) use running::AloneAsked;
pub use spec::{
    Ended, Exit, Line, LineSink, Output, ProcessError, ProcessErrorKind, ProcessSpec, Stream,
};
pub use supervisor::Supervisor;
