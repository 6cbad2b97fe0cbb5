//! One client's connection, from its first request to its last.

use std::io::{self, BufReader, BufWriter};
use std::net::TcpStream;

use super::http;
use super::reply::reply;
use super::server::Shared;

/// Answers requests until the client is done, or cannot be understood.
pub(super) fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = BufWriter::new(stream);
    while let Some(mut request) = http::read(&mut reader)? {
        let (reply, played) = reply(&request, shared.number(), &shared.scripts);
        request.played = played;
        let open = http::stays_open(&request);
        // Noted first: whoever has an answer finds its request in the log.
        shared.note(request.clone());
        http::write(&mut writer, &request, &reply)?;
        if !open {
            break;
        }
    }
    Ok(())
}
