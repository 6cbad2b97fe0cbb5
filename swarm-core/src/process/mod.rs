//! Programs that are started, heard, bounded and ended with all that they
//! started. Every child of this library goes through here.

pub mod env;
mod excerpt;
mod feed;
mod find;
mod lines;
mod log;
mod pump;
mod run;
mod running;
mod spec;
mod start;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "unix.rs"]
mod platform;
#[cfg(not(unix))]
#[path = "unsupported.rs"]
mod platform;

pub use feed::feed;
pub use find::find;
pub use run::{capture, converse, run};
pub use spec::{
    Ended, Exit, Line, LineSink, Output, ProcessError, ProcessErrorKind, ProcessSpec, Stream,
};
