//! The sandbox's Gmail, tested without sockets, so that the stories can trust what it answers and refuses.

use base64::{Engine, prelude::BASE64_URL_SAFE};
use serde_json::{Value, json};

use crate::sandbox::{
    gmail::Gmail,
    wire::{Request, Response},
};

mod batch;
mod changes;
mod mailbox;
mod messages;
mod requests;

const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const READONLY: &str = "https://www.googleapis.com/auth/gmail.readonly";
const METADATA: &str = "https://www.googleapis.com/auth/gmail.metadata";
const FULL: &str = "https://mail.google.com/";

/// The tokens of these tests: each has the scope of its name.
fn scopes_of(token: &str) -> Option<Vec<String>> {
    let scope = match token {
        "modify" => MODIFY,
        "readonly" => READONLY,
        "metadata" => METADATA,
        "full" => FULL,
        _ => return None,
    };
    Some(vec![scope.to_string()])
}

fn request(method: &str, target: &str, token: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.into(),
        host: "gmail.googleapis.com".into(),
        path: path.into(),
        query: query.into(),
        headers: vec![("Authorization".into(), format!("Bearer {token}"))],
        body: Vec::new(),
        connection: 1,
    }
}

fn with_body(mut request: Request, kind: &str, body: impl Into<Vec<u8>>) -> Request {
    request.headers.push(("Content-Type".into(), kind.into()));
    request.body = body.into();
    request
}

/// A client of one mailbox; its paths are relative to `/gmail/v1/users/me`.
struct Client {
    gmail: Gmail,
    token: &'static str,
}

impl Client {
    fn new() -> Client {
        Client { gmail: Gmail::usual(), token: "modify" }
    }

    fn empty() -> Client {
        Client { gmail: Gmail::empty(7), token: "modify" }
    }

    fn ask(&mut self, request: &Request) -> Response {
        self.gmail.handle(request, &scopes_of)
    }

    fn answer(&mut self, request: &Request) -> (u16, Value) {
        let response = self.ask(request);
        (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
    }

    fn call(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let mut request = request(method, &format!("/gmail/v1/users/me{path}"), self.token);
        if !body.is_null() {
            request = with_body(request, "application/json", body.to_string());
        }
        self.answer(&request)
    }

    fn get(&mut self, path: &str) -> Value {
        let (status, answer) = self.call("GET", path, Value::Null);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn post(&mut self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call("POST", path, body);
        assert!(status < 300, "{path}: {answer}");
        answer
    }

    fn refusal(&mut self, method: &str, path: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.call(method, path, body);
        (status, answer["error"]["message"].as_str().unwrap_or_default().to_string())
    }

    fn found(&mut self, q: &str) -> usize {
        let query: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        let answer = self.get(&format!("/messages?maxResults=500&q={query}"));
        answer["messages"].as_array().map_or(0, Vec::len)
    }

    fn send(&mut self, raw: &str) -> Value {
        self.post("/messages/send", json!({"raw": base64url(raw)}))
    }

    fn end(self) {
        assert_eq!(self.gmail.requests_not_in_schema, Vec::<String>::new());
    }
}

fn base64url(text: &str) -> String {
    BASE64_URL_SAFE.encode(text)
}

fn decoded(data: &Value) -> Vec<u8> {
    BASE64_URL_SAFE.decode(data.as_str().expect("data is a string")).expect("data is base64url")
}

fn letter(from: &str, subject: &str, body: &str) -> Vec<u8> {
    format!("From: {from}\r\nTo: ada@example.com\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\n{body}\r\n")
        .into_bytes()
}
