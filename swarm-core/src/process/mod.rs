//! Programs that are started, heard, bounded and ended with all that they
//! started. Every child of this library goes through here.

mod spec;

pub use spec::{
    Ended, Exit, Line, LineSink, Output, ProcessError, ProcessErrorKind, ProcessSpec, Stream,
};
