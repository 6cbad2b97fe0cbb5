//! Printing. A reader that went away (`swarm run | head`) ends nothing.

use std::fmt;
use std::io::{self, Write};

/// A line for people, beside the result.
pub(super) fn note(line: impl fmt::Display) {
    // Nobody is left to be told.
    let _ = writeln!(io::stderr(), "{line}");
}

/// A line of the result.
pub(super) fn result(line: impl fmt::Display) {
    let mut out = io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Something that went wrong: every line of it is marked.
pub(super) fn complain(message: impl fmt::Display) {
    for line in message.to_string().lines() {
        note(format_args!("swarm: {line}"));
    }
}
