//! One client's connection, from its first request to its last.

use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::http;
use super::reply::{Reply, reply};
use super::request::Request;
use super::server::Shared;
use super::stream::{End, Stream};

const HOUR: Duration = Duration::from_secs(3600);

/// Answers requests until the client is done, or cannot be understood.
pub(super) fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = BufWriter::new(stream);
    while let Some(mut request) = http::read(&mut reader)? {
        let count = |turn| shared.count(turn);
        let (reply, played) = reply(&request, shared.number(), &shared.scripts, count);
        request.played = played;
        // Noted first: whoever has an answer finds its request in the log.
        shared.note(request.clone());
        let end = deliver(stream, &mut writer, &request, &reply)?;
        match end {
            End::Good if http::stays_open(&request) => {}
            End::Good | End::Drop => break,
            End::Hang => {
                while !left_within(stream, HOUR)? {}
                break;
            }
        }
    }
    stream.shutdown(Shutdown::Both)
}

fn deliver(
    stream: &TcpStream,
    writer: &mut impl Write,
    request: &Request,
    reply: &Reply,
) -> io::Result<End> {
    match reply {
        Reply::Json {
            status,
            headers,
            body,
        } => http::write_json(writer, request, *status, headers, body)?,
        Reply::Page(page) => http::write_page(writer, page)?,
        Reply::Nothing(end) => return Ok(*end),
        Reply::Late(by, reply) => {
            if left_within(stream, *by)? {
                return Ok(End::Drop);
            }
            return deliver(stream, writer, request, reply);
        }
        Reply::Stream(events) => return deliver_events(stream, writer, events),
    }
    Ok(End::Good)
}

/// Each piece is sent as soon as it is written.
fn deliver_events(stream: &TcpStream, writer: &mut impl Write, events: &Stream) -> io::Result<End> {
    http::begin_events(writer)?;
    for piece in &events.pieces {
        if !events.pause.is_zero() && left_within(stream, events.pause)? {
            return Ok(End::Drop);
        }
        http::write_piece(writer, piece)?;
    }
    if events.end == End::Good {
        http::end_events(writer)?;
    }
    Ok(events.end)
}

/// Waits so long, or until the client is gone or the server stops; says
/// whether that is so. What a client says before it has its answer is lost.
fn left_within(mut stream: &TcpStream, wait: Duration) -> io::Result<bool> {
    let until = Instant::now() + wait;
    let mut more = [0; 1024];
    loop {
        let rest = until.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            stream.set_read_timeout(None)?;
            return Ok(false);
        }
        stream.set_read_timeout(Some(rest))?;
        match stream.read(&mut more) {
            Ok(0) => return Ok(true),
            Ok(_) => {}
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => return Ok(true),
            },
        }
    }
}
