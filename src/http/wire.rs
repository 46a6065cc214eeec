//! What `--debug=http` shows of a request and its response: headers and bodies, without secrets.
//!
//! Nothing is shown because it looks harmless. Only the headers and members that are known to be harmless are shown;
//! everything else is redacted. Bodies with mail contain no credentials and are shown in full, but cut.

use serde_json::{Map, Value};

use super::{
    call::{Body, Call},
    reply::Reply,
};
use crate::{quote::quoted, secret::redact};

/// Characters of a body that are shown.
const MAX_BODY: usize = 2000;
/// Bytes of the longest secret that is looked for.
const MAX_SECRET: usize = 8192;
/// How deep JSON within a string within JSON is shown: the proxy of a broker nests it once in each direction.
const MAX_NESTING: usize = 4;

/// Headers whose values are shown.
const HEADERS: &[&str] = &[
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expires",
    "range",
    "retry-after",
    "server",
    "transfer-encoding",
    "vary",
    "via",
    "www-authenticate",
    "x-auth0-error-kind",
    "x-deny-reason",
    "x-proxy-error",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// Members whose strings are shown in bodies that may contain credentials.
const MEMBERS: &[&str] = &[
    "access_type",
    "algorithm",
    "audience",
    "connection",
    "created_at",
    "detail",
    "display_name",
    "error",
    "error_code",
    "error_description",
    "errorCode",
    "expires_at",
    "field",
    "grant_type",
    "issued_token_type",
    "message",
    "method",
    "msg",
    "oauth_provider",
    "oauth_scopes",
    "pointer",
    "reason",
    "redirect_uri",
    "requested_token_type",
    "scope",
    "scopes",
    "source",
    "status",
    "subject_token_type",
    "template",
    "title",
    "token_type",
    "type",
];

/// The headers and the body of a request, one line each.
pub(super) fn request_lines(call: &Call<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if call.bearer.is_some() {
        lines.push("> authorization: [redacted]".to_owned());
    }
    lines.extend(call.headers.iter().map(|(name, _)| format!("> {name}: [redacted]")));
    lines.extend(call.content_type.iter().map(|kind| format!("> content-type: {kind}")));
    match &call.body {
        Body::None => {}
        Body::Bytes(bytes) => lines.extend(body_lines('>', bytes, call.carries_mail)),
        Body::Stream(_, length) => lines.push(format!("> [{length} bytes, streamed]")),
    }
    lines
}

/// The headers and the body of a response, one line each.
pub(super) fn response_lines(reply: &Reply, carries_mail: bool) -> Vec<String> {
    let shown = |(name, value): (&str, &str)| {
        let value = if is_known_header(name) { quoted(value) } else { hidden(value).to_owned() };
        format!("< {name}: {value}")
    };
    let mut lines: Vec<String> = reply.headers().map(shown).collect();
    lines.extend(body_lines('<', &reply.body, carries_mail));
    lines
}

fn body_lines(mark: char, bytes: &[u8], carries_mail: bool) -> Option<String> {
    if bytes.is_empty() {
        return None;
    }
    if carries_mail {
        return Some(format!("{mark} {}", start_of_mail(bytes)));
    }
    let text = match serde_json::from_slice(bytes) {
        Ok(value) => credentials(value).to_string(),
        Err(_) => format!("[{} bytes]", bytes.len()),
    };
    Some(format!("{mark} {text}"))
}

/// What is shown of a body with mail. What answers in Gmail's place may repeat the token, and a token that was cut
/// would not be found: so it is looked for beyond the cut.
fn start_of_mail(bytes: &[u8]) -> String {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * MAX_BODY + MAX_SECRET)]);
    let shown = redact(&start);
    match shown.char_indices().nth(MAX_BODY) {
        Some((end, _)) => format!("{}… [{} bytes]", &shown[..end], bytes.len()),
        None if start.len() < bytes.len() => format!("{shown}… [{} bytes]", bytes.len()),
        None => shown.into_owned(),
    }
}

/// A body that may contain credentials: unknown strings are redacted.
fn credentials(value: Value) -> Value {
    member("", value, 0)
}

fn member(name: &str, value: Value, depth: usize) -> Value {
    match value {
        Value::Object(members) => {
            let shown = |(name, value): (String, Value)| {
                let value = member(&name, value, depth);
                (name, value)
            };
            Value::Object(members.into_iter().map(shown).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(|item| member(name, item, depth)).collect(),
        Value::String(text) => string(name, &text, depth),
        other => other,
    }
}

fn string(name: &str, text: &str, depth: usize) -> Value {
    match serde_json::from_str(text) {
        Ok(inner @ (Value::Object(_) | Value::Array(_))) if depth < MAX_NESTING => {
            member(name, inner, depth + 1)
        }
        _ if MEMBERS.contains(&name) || is_known_header(name) => quoted(text).into(),
        _ => hidden(text).into(),
    }
}

fn hidden(text: &str) -> &'static str {
    if text.is_empty() { "" } else { "[redacted]" }
}

fn is_known_header(name: &str) -> bool {
    HEADERS.contains(&name.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secret::Secret;

    #[test]
    fn of_credentials_only_known_members_are_shown() {
        let exchange = json!({
            "grant_type": "refresh_token", "client_secret": "very-secret", "refresh_token": "v1.M",
            "audience": "https://t/me/", "new_member": ["x", {"y": "z"}], "expires_in": 60,
        });
        let proxied = json!({
            "method": "POST", "url": "https://t/oauth/token?ticket=1", "headers": {"Authorization": "Bearer abc"},
            "body": exchange.to_string(),
        });
        let line = body_lines('>', proxied.to_string().as_bytes(), false).unwrap();
        assert_eq!(
            line,
            "> {\"method\":\"POST\",\"url\":\"[redacted]\",\"headers\":{\"Authorization\":\"[redacted]\"},\
             \"body\":{\"grant_type\":\"refresh_token\",\"client_secret\":\"[redacted]\",\
             \"refresh_token\":\"[redacted]\",\"audience\":\"https://t/me/\",\
             \"new_member\":[\"[redacted]\",{\"y\":\"[redacted]\"}],\"expires_in\":60}}"
        );
        assert_eq!(body_lines('<', b"token=abc", false).unwrap(), "< [9 bytes]");
        assert_eq!(body_lines('<', b"\"token\"", false).unwrap(), "< \"[redacted]\"");
    }

    #[test]
    fn a_secret_in_a_harmless_place_is_redacted() {
        Secret::new("v1.Msecret-of-this-test");
        let error = json!({"error": "invalid_grant", "error_description": "bad v1.Msecret-of-this-test"});
        let line = body_lines('<', error.to_string().as_bytes(), false).unwrap();
        assert!(line.ends_with("\"error_description\":\"bad [redacted]\"}"), "{line}");
    }

    #[test]
    fn only_known_headers_are_shown() {
        let headers = [("content-type", "application/json"), ("Set-Cookie", "sid=1"), ("retry-after", "7")];
        let reply = Reply::made_of(200, &headers, b"");
        assert_eq!(
            response_lines(&reply, false),
            ["< content-type: application/json", "< Set-Cookie: [redacted]", "< retry-after: 7"]
        );
    }

    #[test]
    fn mail_is_cut() {
        let line = body_lines('<', "ä".repeat(3000).as_bytes(), true).unwrap();
        assert_eq!(line.chars().filter(|c| *c == 'ä').count(), MAX_BODY);
        assert!(line.ends_with("… [6000 bytes]"));
        Secret::new("ya29.secret-in-a-mail");
        let cut = format!("{}ya29.secret-in-a-mail", "x".repeat(MAX_BODY - 5));
        for body in ["echo ya29.secret-in-a-mail", &cut] {
            let line = body_lines('<', body.as_bytes(), true).unwrap();
            assert!(!line.contains("ya29"), "{line}");
        }
    }
}
