//! As much HTTP/1.1 as the agents speak.

use std::io::{self, BufRead, Read, Write};

use serde_json::Value;

use super::request::Request;

/// Longest head of a request, in bytes.
const MAX_HEAD: u64 = 1 << 20;
/// Longest body of a request, in bytes.
const MAX_BODY: u64 = 256 << 20;

/// The next request; `None` when the client is done.
pub(super) fn read(from: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut head = from.take(MAX_HEAD);
    let Some(first) = line(&mut head)? else {
        return Ok(None);
    };
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(bad("a request that is none"));
    };
    let path = target.split('?').next().unwrap_or(target);
    let mut request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        ..Request::default()
    };
    loop {
        let line = line(&mut head)?.ok_or_else(|| bad("a head without an end"))?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| bad("a bad header"))?;
        let header = (name.to_ascii_lowercase(), value.trim().to_owned());
        request.headers.push(header);
    }
    request.body = body(&request, from)?;
    Ok(Some(request))
}

/// Whether another request may follow on the connection.
pub(super) fn stays_open(request: &Request) -> bool {
    let asked = request.header("connection").unwrap_or("keep-alive");
    !asked.eq_ignore_ascii_case("close")
}

/// Answers a request as a whole.
pub(super) fn write_json(
    to: &mut impl Write,
    request: &Request,
    status: u16,
    headers: &[(&str, String)],
    body: &Value,
) -> io::Result<()> {
    let body = body.to_string();
    head(to, status, "application/json")?;
    for (name, value) in headers {
        write!(to, "{name}: {value}\r\n")?;
    }
    write!(to, "content-length: {}\r\n\r\n", body.len())?;
    if request.method != "HEAD" {
        to.write_all(body.as_bytes())?;
    }
    to.flush()
}

/// Answers with a page for people.
pub(super) fn write_page(to: &mut impl Write, page: &str) -> io::Result<()> {
    head(to, 200, "text/html")?;
    write!(to, "content-length: {}\r\n\r\n{page}", page.len())?;
    to.flush()
}

/// Begins an answer in pieces.
pub(super) fn begin_events(to: &mut impl Write) -> io::Result<()> {
    head(to, 200, "text/event-stream")?;
    to.write_all(b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n")?;
    to.flush()
}

/// A piece; it is sent at once.
pub(super) fn write_piece(to: &mut impl Write, piece: &str) -> io::Result<()> {
    write!(to, "{:x}\r\n{piece}\r\n", piece.len())?;
    to.flush()
}

/// Ends an answer in pieces.
pub(super) fn end_events(to: &mut impl Write) -> io::Result<()> {
    to.write_all(b"0\r\n\r\n")?;
    to.flush()
}

fn head(to: &mut impl Write, status: u16, kind: &str) -> io::Result<()> {
    let reason = if status == 200 { "OK" } else { "Error" };
    write!(to, "HTTP/1.1 {status} {reason}\r\ncontent-type: {kind}\r\n")
}

/// A line without its end; `None` where nothing more comes.
fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let line = String::from_utf8_lossy(&line);
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn body(request: &Request, from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let coding = request.header("transfer-encoding").unwrap_or_default();
    if coding.eq_ignore_ascii_case("chunked") {
        return chunks(from);
    }
    let length = match request.header("content-length") {
        Some(length) => length.parse().map_err(|_| bad("a bad length"))?,
        None => 0,
    };
    exactly(from, length)
}

fn chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(from)?.ok_or_else(|| bad("a body without an end"))?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| bad("a bad chunk"))?;
        if size == 0 {
            break;
        }
        body.extend(exactly(from, size)?);
        line(from)?;
        if body.len() as u64 > MAX_BODY {
            return Err(bad("too long a body"));
        }
    }
    // Trailers are of no interest.
    while line(from)?.is_some_and(|line| !line.is_empty()) {}
    Ok(body)
}

fn exactly(from: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    if length > MAX_BODY {
        return Err(bad("too long a body"));
    }
    let mut bytes = Vec::new();
    let read = from.take(length).read_to_end(&mut bytes)?;
    if read as u64 == length {
        Ok(bytes)
    } else {
        Err(bad("a body cut short"))
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
