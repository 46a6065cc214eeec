//! The `multipart/mixed` format of batches: writes requests and, leniently, reads responses.

use serde_json::Value;

use crate::json;

/// One part of a batch response.
#[derive(Debug, PartialEq)]
pub(crate) struct BatchPart {
    /// The index of the request that it answers.
    pub(crate) index: usize,
    pub(crate) status: u16,
    /// `Retry-After` in seconds.
    pub(crate) retry_after: Option<u32>,
    pub(crate) body: Value,
    /// The body is nested more deeply than it is read.
    pub(crate) too_deep: bool,
}

/// One call of a batch.
#[derive(Clone, Debug)]
pub(crate) struct InnerCall {
    method: &'static str,
    /// With its query: `/gmail/v1/...`.
    pub(super) path: String,
    /// JSON.
    pub(super) body: Option<Value>,
}

impl InnerCall {
    pub(crate) fn get(path: String) -> InnerCall {
        InnerCall { method: "GET", path, body: None }
    }

    pub(crate) fn post(path: String, body: Option<Value>) -> InnerCall {
        InnerCall { method: "POST", path, body }
    }

    pub(super) fn method(&self) -> &'static str {
        self.method
    }
}

/// The body of a batch request.
pub(crate) fn request<'c>(calls: impl Iterator<Item = &'c InnerCall>, boundary: &str) -> String {
    let mut text = String::new();
    for (index, InnerCall { method, path, body }) in calls.enumerate() {
        text.push_str(&format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <m{index}>\r\n\r\n{method} {path} HTTP/1.1\r\n"
        ));
        match body.as_ref().map(Value::to_string) {
            Some(json) => text.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}\r\n",
                json.len()
            )),
            None => text.push_str("\r\n"),
        }
    }
    text.push_str(&format!("--{boundary}--\r\n"));
    text
}

/// The boundary in a multipart content type, with or without quotes.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    let value = parameters
        .filter_map(|p| p.trim().split_once('='))
        .find(|(n, _)| n.eq_ignore_ascii_case("boundary"))?
        .1;
    Some(value.trim().trim_matches('"').to_owned()).filter(|b| !b.is_empty())
}

/// The parts of a response, each at the index of its request. None if it is not a batch response.
pub(crate) fn parse(body: &str, boundary: &str, count: usize) -> Option<Vec<Option<BatchPart>>> {
    let delimiter = format!("--{boundary}");
    let mut parts: Vec<Option<BatchPart>> = (0..count).map(|_| None).collect();
    let mut pieces = body.split(delimiter.as_str());
    pieces.next()?;
    let mut any = false;
    for piece in pieces.take_while(|p| !p.starts_with("--")) {
        let Some(part) = parse_part(piece) else { continue };
        any = true;
        if let Some(place) = parts.get_mut(part.index) {
            *place = Some(part);
        }
    }
    (any || count == 0).then_some(parts)
}

fn parse_part(piece: &str) -> Option<BatchPart> {
    let (outer, rest) = blank_line(piece.trim_start_matches(['\r', '\n']))?;
    let id = field(outer, "content-id")?.trim_matches(['<', '>']);
    let index = id.strip_prefix("response-").unwrap_or(id).strip_prefix('m')?.parse().ok()?;
    let rest = rest.trim_start_matches(['\r', '\n']);
    let (head, body) = blank_line(rest).unwrap_or((rest, ""));
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let retry_after = field(head, "retry-after").and_then(|seconds| seconds.parse().ok());
    let parsed = json::parse(body.trim().as_bytes());
    let too_deep = parsed.is_none() && json::is_too_deep(body.as_bytes());
    Some(BatchPart { index, status, retry_after, body: parsed.unwrap_or_default(), too_deep })
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(n, _)| n.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Splits at the first empty line, with either kind of line end.
fn blank_line(text: &str) -> Option<(&str, &str)> {
    let crlf = text.find("\r\n\r\n");
    let lf = text[..crlf.unwrap_or(text.len())].find("\n\n");
    let (at, length) = lf.map(|at| (at, 2)).or(crlf.map(|at| (at, 4)))?;
    Some((&text[..at], &text[at + length..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_are_matched_by_content_id_in_any_order_and_with_any_line_ends() {
        let body = "preamble\r\n--b\r\nContent-Type: application/http\r\ncontent-id: response-m1\r\n\r\nHTTP/1.1 404 Not Found\r\nRetry-After: 7\r\n\r\n{\"error\":{\"code\":404}}\r\n--b\nContent-ID: <response-m0>\n\nHTTP/1.1 200 OK\n\n{\"id\":\"a\"}--b--";
        let parts = parse(body, "b", 3).expect("a batch response");
        assert_eq!(
            parts[0],
            Some(BatchPart {
                index: 0,
                status: 200,
                retry_after: None,
                body: json!({"id": "a"}),
                too_deep: false
            })
        );
        assert_eq!(parts[1].as_ref().map(|p| (p.status, p.retry_after)), Some((404, Some(7))));
        assert_eq!(parts[2], None);
    }

    #[test]
    fn other_responses_are_not_batch_responses() {
        assert_eq!(parse("<html>no</html>", "b", 2), None);
        assert_eq!(parse("--b\r\nnonsense", "b", 2), None);
        assert_eq!(boundary("multipart/mixed; charset=x; boundary=\"a b\""), Some("a b".into()));
        assert_eq!(boundary("text/html"), None);
    }
}
