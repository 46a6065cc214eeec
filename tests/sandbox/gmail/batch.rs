//! `POST /batch/gmail/v1`: many calls in one `multipart/mixed`, each answered as if it had come alone.
//! Rules: developers.google.com/workspace/gmail/api/guides/batch.

use super::fault::Fault;
use super::mime;
use super::{Gmail, Scopes};
use crate::sandbox::wire::{Request, Response};

const MAX_CALLS: usize = 100;

/// What the batch address does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchMode {
    /// Both `/batch/gmail/v1` and `/batch` answer.
    On,
    /// `/batch/gmail/v1` is 404; the plain `/batch` answers.
    OnlyPlainPath,
    /// Both are 404.
    Missing,
    /// Both are 500.
    Broken,
}

pub(super) fn is_batch(path: &str) -> bool {
    matches!(path, "/batch" | "/batch/" | "/batch/gmail/v1")
}

/// One call out of a batch, with the Content-ID it is to be answered under.
struct Inner {
    content_id: Option<String>,
    request: Request,
}

impl Gmail {
    pub(super) fn batch(&mut self, request: &Request, scopes_of: Scopes) -> Response {
        match self.batch_mode {
            BatchMode::Broken => return Fault::ordered(500, "backendError").response(true),
            BatchMode::Missing => return Fault::ordered(404, "notFound").response(true),
            BatchMode::OnlyPlainPath if request.path != "/batch" => {
                return Fault::ordered(404, "notFound").response(true);
            }
            _ => {}
        }
        if super::bearer(request).is_some_and(|token| scopes_of(token).is_none()) {
            return Fault::unauthenticated().response(true);
        }
        let inner = match read_batch(request) {
            Ok(inner) => inner,
            Err(why) => return self.not_in_schema(request, &why).response(true),
        };
        self.batches.push(inner.len());
        let taken = self.taken(inner.len());
        let mut parts: Vec<String> = Vec::new();
        for (call, taken) in inner.iter().zip(taken) {
            let response = match taken {
                true => self.inner_answer(call, scopes_of),
                false => self.with_retry_after(Fault::ordered(429, "rateLimitExceeded").response(false)),
            };
            parts.push(write_part(call.content_id.as_deref(), &response));
        }
        if self.shuffle_batch_parts {
            self.store.dice().shuffle(&mut parts);
        }
        let boundary = format!("batch_{:016x}", self.store.dice().next());
        let body: String = parts.iter().map(|part| format!("--{boundary}\r\n{part}\r\n")).collect();
        Response::text(200, &format!("multipart/mixed; boundary={boundary}"), format!("{body}--{boundary}--"))
    }

    /// Which of the parts are taken.
    fn taken(&mut self, parts: usize) -> Vec<bool> {
        let limit = self.part_limits.next();
        let mut taken: Vec<bool> = (0..parts).map(|part| part < limit).collect();
        if limit < parts {
            self.store.dice().shuffle(&mut taken);
        }
        taken
    }

    fn inner_answer(&mut self, call: &Inner, scopes_of: Scopes) -> Response {
        if call.request.path.starts_with("/gmail/v1/") {
            self.single(&call.request, scopes_of)
        } else {
            self.not_in_schema(&call.request, "a batch takes paths under /gmail/v1/ only").response(true)
        }
    }
}

fn read_batch(request: &Request) -> Result<Vec<Inner>, String> {
    if request.method != "POST" {
        return Err("a batch is a POST".into());
    }
    let kind = request.header("Content-Type").unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("multipart/mixed") {
        return Err("a batch is multipart/mixed".into());
    }
    let boundary = mime::parameter(kind, "boundary").ok_or("the batch has no boundary")?;
    let parts = mime::split_parts(&request.body, &boundary);
    match parts.len() {
        0 => Err("the batch has no parts".into()),
        n if n > MAX_CALLS => Err(format!("the batch has {n} calls, more than {MAX_CALLS}")),
        _ => parts.into_iter().map(|part| read_inner(request, part)).collect(),
    }
}

fn read_inner(outer: &Request, part: &[u8]) -> Result<Inner, String> {
    let (head, http) = mime::split_head(part);
    let part_headers = text_headers(head);
    let part_header = |name: &str| {
        part_headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    if part_header("Content-Type")
        .is_none_or(|kind| !kind.to_ascii_lowercase().starts_with("application/http"))
    {
        return Err("a part of a batch is application/http".into());
    }
    let line_end = http.iter().position(|b| *b == b'\n').ok_or("an inner request line has no end")?;
    let line = String::from_utf8_lossy(&http[..line_end]).trim_end().to_string();
    let (method, target) = match line.split(' ').collect::<Vec<_>>()[..] {
        [method, target, "HTTP/1.1"] | [method, target] => (method, target),
        _ => return Err(format!("no inner request line: {line}")),
    };
    if !target.starts_with('/') {
        return Err(format!("an inner request line carries a path only: {target}"));
    }
    let rest = &http[line_end + 1..];
    let (head, body) = mime::split_head(rest);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: method.into(),
        host: outer.host.clone(),
        path: path.into(),
        query: query.into(),
        headers: inherit(&outer.headers, text_headers(head)),
        body: body.to_vec(),
        connection: outer.connection,
    };
    Ok(Inner { content_id: part_header("Content-ID"), request })
}

/// Outer headers hold for the inner call, except `Content-*` and those it has itself.
fn inherit(outer: &[(String, String)], mut inner: Vec<(String, String)>) -> Vec<(String, String)> {
    let inherited: Vec<_> = outer
        .iter()
        .filter(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"))
        .filter(|(name, _)| !inner.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)))
        .cloned()
        .collect();
    inner.extend(inherited);
    inner
}

fn text_headers(head: &[u8]) -> Vec<(String, String)> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_string();
    mime::raw_headers(head).into_iter().map(|(name, value)| (text(name), text(value))).collect()
}

fn write_part(content_id: Option<&str>, response: &Response) -> String {
    let mut part = String::from("Content-Type: application/http\r\n");
    if let Some(id) = content_id {
        let bare = id.trim_start_matches('<').trim_end_matches('>');
        part += &format!("Content-ID: <response-{bare}>\r\n");
    }
    part += &format!("\r\nHTTP/1.1 {} {}\r\n", response.status, phrase(response.status));
    for (name, value) in &response.headers {
        part += &format!("{name}: {value}\r\n");
    }
    let body = String::from_utf8_lossy(&response.body);
    if !body.is_empty() {
        part += &format!("Content-Length: {}\r\n", body.len());
    }
    part + "\r\n" + &body
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}
