//! Many reads in one request: `POST /batch/gmail/v1`, multipart/mixed both ways.
//!
//! The order of the answers is free, so parts are matched by Content-ID; a part that failed for a passing reason
//! is asked for again in a smaller batch, and where the endpoint itself fails, one by one. The parser is pure.

use serde_json::Value;

use super::{Gmail, HOST, Refusal, classify};
use crate::{
    http::{Body, Call, Reply},
    problem::{Code, Problem, Result},
};

/// Larger batches draw rate errors for single parts.
pub(crate) const SIZE: usize = 25;
const PATHS: [&str; 2] = ["/batch/gmail/v1", "/batch"];

/// One part of an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Part {
    /// The number of the request it answers.
    pub(crate) index: usize,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Gmail<'_> {
    /// GETs every path (with query, as the API spells it: `/gmail/v1/...`), at most [`SIZE`] of them, and returns
    /// the outcomes in the same order. Only what concerns all of them is an error.
    pub(crate) fn get_each(&self, paths: &[String]) -> Result<Vec<Result<Value>>> {
        let mut outcomes: Vec<Option<Result<Value>>> = paths.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..paths.len()).collect();
        let mut backoff = self.http.backoff();
        while !open.is_empty() {
            let wanted: Vec<&str> = open.iter().map(|i| paths[*i].as_str()).collect();
            let Some(parts) = self.batch(&wanted)? else {
                for i in open {
                    outcomes[i] = Some(self.alone(&paths[i])?);
                }
                break;
            };
            let mut failed = Vec::new();
            let mut wait = None;
            for (position, part) in parts.into_iter().enumerate() {
                let index = open[position];
                match settle(part)? {
                    Ok(value) => outcomes[index] = Some(Ok(value)),
                    Err(refusal) => {
                        if refusal.passing {
                            failed.push(index);
                            wait = wait.max(refusal.problem.wait());
                        }
                        outcomes[index] = Some(Err(refusal.problem));
                    }
                }
            }
            // Fewer at once under pressure: half of what failed, the rest right after it.
            if failed.is_empty() || !backoff.again(wait) {
                break;
            }
            open = failed;
        }
        Ok(outcomes.into_iter().map(|o| o.unwrap_or_else(|| Err(unanswered()))).collect())
    }

    /// One batch request; None where the endpoint cannot be used and single requests are the way.
    fn batch(&self, paths: &[&str]) -> Result<Option<Vec<Option<Part>>>> {
        let boundary = "batch_mcs_gmail";
        let body = request(paths, boundary);
        for path in PATHS {
            let url = format!("https://{HOST}{path}");
            let content_type = format!("multipart/mixed; boundary={boundary}");
            let outcome = self.repeat(|| {
                Call::new("POST", &*url)
                    .bearer(self.token)
                    .body(content_type.clone(), Body::Bytes(body.as_bytes()))
            });
            match outcome {
                Ok(reply) => return Ok(answer(&reply, paths.len())),
                Err(p) if p.code() == Code::NotFound => {}
                Err(p) if matches!(p.code(), Code::Temporary | Code::Usage | Code::Failed) => {
                    return Ok(None);
                }
                Err(p) => return Err(p),
            }
        }
        Ok(None)
    }

    /// The same read without the batch endpoint.
    fn alone(&self, path: &str) -> Result<Result<Value>> {
        let outcome = self.json("GET", &format!("https://{HOST}{path}"), None);
        match outcome {
            Err(p) if concerns_all(p.code()) => Err(p),
            other => Ok(other),
        }
    }
}

fn concerns_all(code: Code) -> bool {
    matches!(code, Code::TokenRefused | Code::NetworkRefused | Code::PermissionDenied | Code::Configuration)
}

/// A part's value, or why it is not there; what concerns the whole run is an error.
fn settle(part: Option<Part>) -> Result<Result<Value, Refusal>> {
    let Some(part) = part else {
        return Ok(Err(Refusal { problem: unanswered(), passing: true }));
    };
    if part.status / 100 == 2 {
        return Ok(Ok(part.body));
    }
    let refusal = classify(part.status, &part.body);
    match concerns_all(refusal.problem.code()) {
        true => Err(refusal.problem),
        false => Ok(Err(refusal)),
    }
}

fn unanswered() -> Problem {
    Problem::temporary("Gmail did not answer this part of the batch")
}

/// The body of a batch of GETs.
pub(crate) fn request(paths: &[&str], boundary: &str) -> String {
    let mut body = String::with_capacity(paths.len() * 320);
    for (index, path) in paths.iter().enumerate() {
        body.push_str(&format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <m{index}>\r\n\r\nGET {path} HTTP/1.1\r\n\r\n"
        ));
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    body
}

fn answer(reply: &Reply, count: usize) -> Option<Vec<Option<Part>>> {
    let boundary = boundary(reply.header("content-type")?)?;
    parse(&String::from_utf8_lossy(&reply.body), &boundary, count)
}

/// The boundary of a multipart content type, quoted or not.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    let value = parameters
        .filter_map(|p| p.trim().split_once('='))
        .find(|(n, _)| n.eq_ignore_ascii_case("boundary"))?
        .1;
    Some(value.trim().trim_matches('"').to_owned()).filter(|b| !b.is_empty())
}

/// The parts of an answer, each at the place of its request. None when this is no batch answer at all.
pub(crate) fn parse(body: &str, boundary: &str, count: usize) -> Option<Vec<Option<Part>>> {
    let delimiter = format!("--{boundary}");
    let mut parts: Vec<Option<Part>> = (0..count).map(|_| None).collect();
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

fn parse_part(piece: &str) -> Option<Part> {
    let (outer, rest) = blank_line(piece.trim_start_matches(['\r', '\n']))?;
    let id = outer
        .lines()
        .filter_map(|l| l.split_once(':'))
        .find(|(n, _)| n.trim().eq_ignore_ascii_case("content-id"))?
        .1;
    let id = id.trim().trim_matches(['<', '>']);
    let index = id.strip_prefix("response-").unwrap_or(id).strip_prefix('m')?.parse().ok()?;
    let rest = rest.trim_start_matches(['\r', '\n']);
    let (head, body) = blank_line(rest).unwrap_or((rest, ""));
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some(Part { index, status, body: serde_json::from_str(body.trim()).unwrap_or_default() })
}

/// Splits at the first empty line, whatever the line ends are.
fn blank_line(text: &str) -> Option<(&str, &str)> {
    let crlf = text.find("\r\n\r\n").map(|at| (at, 4));
    let lf = text.find("\n\n").map(|at| (at, 2));
    let (at, length) = match (crlf, lf) {
        (Some(a), Some(b)) => a.min(b),
        (a, b) => a.or(b)?,
    };
    Some((&text[..at], &text[at + length..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_are_matched_by_content_id_whatever_their_order_and_line_ends() {
        let body = "preamble\r\n--b\r\nContent-Type: application/http\r\ncontent-id: response-m1\r\n\r\nHTTP/1.1 404 Not Found\r\nX: y\r\n\r\n{\"error\":{\"code\":404}}\r\n--b\nContent-ID: <response-m0>\n\nHTTP/1.1 200 OK\n\n{\"id\":\"a\"}--b--";
        let parts = parse(body, "b", 3).expect("a batch answer");
        assert_eq!(parts[0], Some(Part { index: 0, status: 200, body: json!({"id": "a"}) }));
        assert_eq!(parts[1].as_ref().map(|p| p.status), Some(404));
        assert_eq!(parts[2], None);
    }

    #[test]
    fn what_is_no_batch_answer_is_told_apart() {
        assert_eq!(parse("<html>no</html>", "b", 2), None);
        assert_eq!(parse("--b\r\nnonsense", "b", 2), None);
        assert_eq!(boundary("multipart/mixed; charset=x; boundary=\"a b\""), Some("a b".into()));
        assert_eq!(boundary("text/html"), None);
    }
}
