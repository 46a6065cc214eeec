//! HTTP/1.1 on a byte stream: reads requests, writes answers. It knows no hosts or services.

use std::io::{self, Read, Write};

use flate2::{Compression, write::GzEncoder};

use super::wire::Response;

const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 40 * 1024 * 1024;

/// A request as it came over the wire, its body put together.
pub struct Message {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// HTTP/1.1, and the client did not ask for `Connection: close`.
    pub keep_alive: bool,
}

impl Message {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// The other end of a connection, with the bytes that were read beyond the current request.
pub struct Peer<S> {
    pub stream: S,
    ahead: Vec<u8>,
}

impl<S: Read + Write> Peer<S> {
    pub fn new(stream: S) -> Peer<S> {
        Peer { stream, ahead: Vec::new() }
    }

    /// The next request; `None` when the peer closed between two. `InvalidData` is a peer that does not
    /// send HTTP, any other error one that disconnected.
    pub fn next(&mut self) -> io::Result<Option<Message>> {
        let Some(mut message) = self.head()? else { return Ok(None) };
        if message.header("Expect").is_some_and(|v| v.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            self.stream.flush()?;
        }
        message.body = self.body(&message)?;
        Ok(Some(message))
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    fn head(&mut self) -> io::Result<Option<Message>> {
        loop {
            if let Some((message, length)) = parse_head(&self.ahead)? {
                self.ahead.drain(..length);
                return Ok(Some(message));
            }
            if self.ahead.len() > MAX_HEAD {
                return Err(invalid("the head of the request is too long"));
            }
            if self.more()? == 0 {
                return if self.ahead.is_empty() { Ok(None) } else { Err(gone()) };
            }
        }
    }

    fn body(&mut self, message: &Message) -> io::Result<Vec<u8>> {
        if message.header("Transfer-Encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) {
            return self.chunks();
        }
        match message.header("Content-Length") {
            None => Ok(Vec::new()),
            Some(length) => {
                self.take(length.trim().parse().map_err(|_| invalid("Content-Length is not a number"))?)
            }
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size =
                usize::from_str_radix(size, 16).map_err(|_| invalid("a chunk size is not a number"))?;
            if body.len() + size > MAX_BODY {
                return Err(invalid("the body of the request is too long"));
            }
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(size)?);
            if !self.line()?.is_empty() {
                return Err(invalid("a chunk is longer than it says"));
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.ahead.windows(2).position(|w| w == b"\r\n") {
                let line = String::from_utf8_lossy(&self.ahead[..end]).into_owned();
                self.ahead.drain(..end + 2);
                return Ok(line);
            }
            if self.more()? == 0 {
                return Err(gone());
            }
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length > MAX_BODY {
            return Err(invalid("the body of the request is too long"));
        }
        while self.ahead.len() < length {
            if self.more()? == 0 {
                return Err(gone());
            }
        }
        let rest = self.ahead.split_off(length);
        Ok(std::mem::replace(&mut self.ahead, rest))
    }

    fn more(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        let length = self.stream.read(&mut buffer)?;
        self.ahead.extend_from_slice(&buffer[..length]);
        Ok(length)
    }
}

fn parse_head(bytes: &[u8]) -> io::Result<Option<(Message, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(invalid(&error.to_string())),
    };
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|h| (h.name.to_owned(), String::from_utf8_lossy(h.value).into_owned()))
        .collect();
    let closes = |(name, value): &(String, String)| {
        name.eq_ignore_ascii_case("Connection") && value.to_ascii_lowercase().contains("close")
    };
    let message = Message {
        method: head.method.unwrap_or_default().to_owned(),
        target: head.path.unwrap_or_default().to_owned(),
        keep_alive: head.version == Some(1) && !headers.iter().any(closes),
        headers,
        body: Vec::new(),
    };
    Ok(Some((message, length)))
}

/// An answer as bytes. The head announces the whole body, even if only a part of it is sent.
pub struct Encoded {
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

impl Encoded {
    pub fn whole(self) -> Vec<u8> {
        [self.head, self.body].concat()
    }
}

/// `bare` is an answer to HEAD: the length of a body, but none.
pub fn encode(answer: &Response, keep_alive: bool, gzip: bool, bare: bool) -> Encoded {
    let gzip = gzip && !answer.body.is_empty() && answer.header("Content-Encoding").is_none();
    let mut body = if gzip { compress(&answer.body) } else { answer.body.clone() };
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if gzip {
        head.push_str("Content-Encoding: gzip\r\n");
    }
    if answer.status != 204 && answer.status != 304 {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    if !keep_alive {
        head.push_str("Connection: close\r\n");
    }
    head.push_str("\r\n");
    if bare {
        body.clear();
    }
    Encoded { head: head.into_bytes(), body }
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a vector takes every byte")
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the client went away in the middle of a request")
}
