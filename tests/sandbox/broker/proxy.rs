//! `/v1/proxy`: the broker makes a request for the client. What it refuses, and how answers come back.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Broker, Step, problem, unprocessable};
use crate::sandbox::{
    AUTH0_DOMAIN,
    wire::{Request, Response},
};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const MAX_TIMEOUT_S: u64 = 60;
const MAX_ANSWER: usize = 1024 * 1024;

/// A request the broker has agreed to make.
pub struct Call {
    pub request: Request,
    pub timeout: Duration,
}

/// How a call ended, seen from the broker.
pub enum Relayed {
    Answer(Response),
    TimedOut,
    Broken(String),
}

impl Broker {
    pub(super) fn proxy(&mut self, request: &Request) -> Step {
        if let Some(refusal) = self.refuse_key(request) {
            return Step::Answer(refusal);
        }
        let members = match validated(&request.body) {
            Ok(members) => members,
            Err(errors) => return Step::Answer(unprocessable(errors)),
        };
        match self.admit(&members, request.connection) {
            Ok(call) => Step::Forward(call),
            Err(refusal) => Step::Answer(refusal),
        }
    }

    fn admit(&self, members: &Map<String, Value>, connection: u64) -> Result<Call, Response> {
        if !self.proxy_enabled {
            let detail = "The HTTP proxy endpoint is disabled on this broker.";
            return Err(problem(403, "Proxy Disabled", detail));
        }
        let Ok(url) = url::Url::parse(members["url"].as_str().unwrap_or_default()) else {
            let text = "Internal Server Error";
            return Err(
                Response::text(500, "text/plain; charset=utf-8", text).misfit("a malformed proxy URL")
            );
        };
        let host = url.host_str().unwrap_or_default();
        if !self.proxy_allow.iter().any(|pattern| matches(pattern, host)) {
            let detail = "The target domain is not on the proxy allowlist.";
            return Err(problem(403, "Domain Not Allowed", detail));
        }
        // The real library reports every refusal of its own like this, also that of an unresolvable host.
        if url.scheme() != "https" || host != AUTH0_DOMAIN || url.port().is_some() {
            return Err(ssrf_blocked());
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let timeout = members.get("timeout").and_then(Value::as_u64).unwrap_or(30).min(MAX_TIMEOUT_S);
        let request = Request {
            method: text("method"),
            host: host.to_owned(),
            path: url.path().to_owned(),
            query: url.query().unwrap_or_default().to_owned(),
            headers: headers(members.get("headers")),
            body: text("body").into_bytes(),
            connection,
        };
        Ok(Call { request, timeout: Duration::from_secs(timeout) })
    }
}

/// What the client sees of a call: 200 with the other side's answer inside.
pub fn relayed(outcome: Relayed, timeout: Duration) -> Response {
    match outcome {
        Relayed::TimedOut => {
            let detail = format!("The upstream server did not respond within {}s.", timeout.as_secs());
            problem(504, "Gateway Timeout", &detail)
        }
        Relayed::Broken(why) => problem(502, "Bad Gateway", &format!("Failed to reach upstream: {why}")),
        Relayed::Answer(answer) if answer.body.len() > MAX_ANSWER => ssrf_blocked(),
        Relayed::Answer(answer) => {
            let mut headers = Map::new();
            for (name, value) in &answer.headers {
                headers.insert(name.to_lowercase(), value.clone().into());
            }
            headers.insert("content-length".into(), answer.body.len().to_string().into());
            let body = String::from_utf8_lossy(&answer.body);
            Response::json(200, &json!({"status_code": answer.status, "headers": headers, "body": body}))
        }
    }
}

fn ssrf_blocked() -> Response {
    problem(403, "SSRF Blocked", "Request blocked: target resolves to a private/reserved IP.")
}

fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => pattern == host,
    }
}

fn headers(value: Option<&Value>) -> Vec<(String, String)> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn validated(body: &[u8]) -> Result<Map<String, Value>, Vec<Value>> {
    let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(body) else {
        return Err(vec![
            json!({"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error", "input": {}}),
        ]);
    };
    let member = |name: &str| members.get(name).unwrap_or(&Value::Null);
    let mut errors = Vec::new();
    for name in ["method", "url"] {
        if !members.contains_key(name) {
            errors.push(
                json!({"type": "missing", "loc": ["body", name], "msg": "Field required", "input": members}),
            );
        }
    }
    let mut check = |fine: bool, name: &str, kind: &str, text: &str| {
        if !fine {
            errors.push(json!({"type": kind, "loc": ["body", name], "msg": text, "input": member(name)}));
        }
    };
    let method = member("method");
    let known = method.as_str().is_some_and(|m| METHODS.contains(&m));
    let pattern = "String should match pattern '^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$'";
    check(known || method.is_null(), "method", "string_pattern_mismatch", pattern);
    let string = |value: &Value| value.is_null() || value.is_string();
    check(string(member("url")), "url", "string_type", "Input should be a valid string");
    check(string(member("body")), "body", "string_type", "Input should be a valid string");
    let headers = member("headers");
    let fine = headers.is_null() || headers.as_object().is_some_and(|h| h.values().all(Value::is_string));
    check(fine, "headers", "dict_type", "Input should be a valid dictionary");
    let timeout = members.get("timeout").map_or(Some(30), Value::as_i64);
    check(timeout.is_some(), "timeout", "int_type", "Input should be a valid integer");
    let text = "Input should be less than or equal to 120";
    check(timeout.is_none_or(|t| t <= 120), "timeout", "less_than_equal", text);
    let text = "Input should be greater than or equal to 1";
    check(timeout.is_none_or(|t| t >= 1), "timeout", "greater_than_equal", text);
    if errors.is_empty() { Ok(members) } else { Err(errors) }
}
