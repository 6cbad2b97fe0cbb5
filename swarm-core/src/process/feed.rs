//! Recorded output, cut into lines as if a program printed it now.

use std::io::{self, Read};

use super::lines::Lines;
use super::pump::Ear;
use super::{LineSink, Stream};

/// Reads what a program once printed and hands it on as [`run`](super::run)
/// does with what is printed: line by line, longer ones cut at `max_line`
/// bytes, invalid UTF-8 replaced. Memory stays at one line.
///
/// # Errors
/// The source cannot be read; what came before has been handed on.
pub fn feed(
    mut from: impl Read,
    stream: Stream,
    max_line: usize,
    sink: &mut dyn LineSink,
) -> io::Result<()> {
    let mut lines = Lines::new(sink, max_line);
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => lines.chunk(stream, &chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    lines.finish();
    Ok(())
}
