//! A request understood: its method, parameters, body and uploaded message, all of them allowed by the description.

use serde_json::{Value, json};

use super::fields::Mask;
use super::mime;
use super::schema::{Method, Way, schema};
use crate::sandbox::wire::Request;

const MAX_PAGE: u32 = 500;
const METADATA: &str = "https://www.googleapis.com/auth/gmail.metadata";

pub(super) struct Call {
    pub(super) method: &'static Method,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    /// An empty object where nothing was sent.
    pub(super) body: Value,
    /// The RFC 5322 message of an upload.
    pub(super) media: Option<Vec<u8>>,
    pub(super) scopes: Vec<String>,
}

impl Call {
    /// Reads and checks a request. The error is the sentence for `requests_not_in_schema`.
    pub(super) fn read(request: &Request, scopes: Vec<String>) -> Result<Call, String> {
        let found = schema().find(&request.method, &request.path).ok_or("no such method and path")?;
        let mut query = request.query_pairs();
        // Other programs write it in capitals.
        query
            .iter_mut()
            .filter(|(name, _)| name == "format")
            .for_each(|(_, value)| value.make_ascii_lowercase());
        schema().judge_query(found.method, &query)?;
        judge_page_size(&query)?;
        let (body, media) = match found.way {
            Way::Plain => (read_json(request, found.method)?, None),
            Way::Upload => read_upload(request, found.method)?,
            Way::Resumable => return Err("the sandbox takes no resumable uploads".into()),
        };
        if found.method.takes_body() {
            schema().judge_body(found.method, &body)?;
        }
        Ok(Call { method: found.method, path: found.path, query, body, media, scopes })
    }

    /// The method's id without what all of them begin with: `messages.get`.
    pub(super) fn name(&self) -> &'static str {
        self.method.id.trim_start_matches("gmail.users.")
    }

    /// A parameter of the path, percent-decoded.
    pub(super) fn path(&self, name: &str) -> &str {
        self.path.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.query(name) == Some("true")
    }

    /// The token is good for metadata and nothing more of the content.
    pub(super) fn only_metadata(&self) -> bool {
        let content = |scope: &String| scope != METADATA && self.method.allows(std::slice::from_ref(scope));
        !self.scopes.iter().any(content)
    }

    /// The `fields` mask; `Err` with its text if it is none, or names what the answer does not have.
    pub(super) fn mask(&self) -> Result<Mask, String> {
        let Some(text) = self.query("fields") else { return Ok(Mask::default()) };
        let mask = Mask::parse(text).ok_or(text)?;
        match mask.paths().iter().find(|path| !schema().has_field(self.method, path)) {
            Some(path) => Err(path.join("/")),
            None => Ok(mask),
        }
    }
}

/// The description gives 500 in prose only.
fn judge_page_size(query: &[(String, String)]) -> Result<(), String> {
    let size =
        query.iter().find(|(name, _)| name == "maxResults").and_then(|(_, value)| value.parse::<u32>().ok());
    match size {
        Some(n) if n == 0 || n > MAX_PAGE => {
            Err(format!("query parameter `maxResults`: {n} is not 1 to {MAX_PAGE}"))
        }
        _ => Ok(()),
    }
}

fn read_json(request: &Request, method: &Method) -> Result<Value, String> {
    if request.body.is_empty() {
        return Ok(json!({}));
    }
    if !method.takes_body() {
        return Err("this method takes no body".into());
    }
    let kind = request.header("Content-Type").unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        return Err(format!("the body is declared as `{kind}`, not as application/json"));
    }
    request.json().ok_or_else(|| "the body is not JSON".into())
}

fn read_upload(request: &Request, method: &Method) -> Result<(Value, Option<Vec<u8>>), String> {
    if request.body.len() > method.max_upload() {
        return Err(format!("the upload has {} bytes, too many", request.body.len()));
    }
    let kind = request.header("Content-Type").unwrap_or_default();
    match request.query_value("uploadType").as_deref() {
        Some("media") => {
            judge_media_type(kind)?;
            Ok((json!({}), Some(request.body.clone())))
        }
        Some("multipart") => read_related(&request.body, kind),
        Some(other) => Err(format!("the sandbox takes no upload of type {other}")),
        None => Err("an upload names its uploadType".into()),
    }
}

/// `multipart/related`: the JSON first, then the message.
fn read_related(body: &[u8], kind: &str) -> Result<(Value, Option<Vec<u8>>), String> {
    if !kind.to_ascii_lowercase().starts_with("multipart/related") {
        return Err("a multipart upload is multipart/related".into());
    }
    let boundary = mime::parameter(kind, "boundary").ok_or("the upload has no boundary")?;
    let [meta, message] = mime::split_parts(body, &boundary)[..] else {
        return Err("a multipart upload has two parts".into());
    };
    let (head, json) = mime::split_head(meta);
    let declared = part_type(head);
    if !declared.to_ascii_lowercase().starts_with("application/json") {
        return Err(format!("the first part is `{declared}`, not application/json"));
    }
    let json = serde_json::from_slice(json).map_err(|_| "the first part is not JSON")?;
    let (head, media) = mime::split_head(message);
    judge_media_type(&part_type(head))?;
    Ok((json, Some(media.to_vec())))
}

fn part_type(head: &[u8]) -> String {
    let headers = mime::raw_headers(head);
    let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"Content-Type"));
    found.map(|(_, value)| String::from_utf8_lossy(value).trim().to_string()).unwrap_or_default()
}

fn judge_media_type(kind: &str) -> Result<(), String> {
    if kind.to_ascii_lowercase().starts_with("message/") {
        Ok(())
    } else {
        Err(format!("an uploaded message is message/rfc822, not `{kind}`"))
    }
}
