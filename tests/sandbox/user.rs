//! The person with the browser, who follows the pages and redirects of a real visit and checks each of them.

use serde_json::Value;

use super::{
    BROKER_HOST, lock,
    pages::{self, Decision},
    shared::Shared,
    wire::{Request, Response},
};

/// Opens a link, confirms the code, decides at the provider, and checks where that ends.
pub fn visit(shared: &Shared, url: &str, decision: Decision) -> Result<(), String> {
    let connect_token = confirm(shared, url)?;
    let (base, code) = split_link(url)?;
    let start = format!("{base}/v1/oauth/authorize/{code}?connect_token={connect_token}");
    let (address, question) = follow(shared, get(shared, &start)?)?;
    if !pages::asks(&question) {
        return Err(format!("no question at {address}: {}", describe(&question)));
    }
    let form = format!("{}={}", Decision::MEMBER, decision.as_str());
    let (address, end) = follow(shared, post(shared, &address, form.as_bytes())?)?;
    match decision {
        Decision::Allow if end.status == 200 && address.ends_with("?status=success") => Ok(()),
        Decision::Deny if end.status == 400 => Ok(()),
        _ => Err(format!("the visit ended at {address}: {}", describe(&end))),
    }
}

/// Opens a link and confirms the code. Returns the connect token.
pub fn confirm(shared: &Shared, url: &str) -> Result<String, String> {
    let (base, code) = split_link(url)?;
    let page = get(shared, url)?;
    if !pages::asks(&page) {
        return Err(format!("no question at {url}: {}", describe(&page)));
    }
    let info = json(get(shared, &format!("{base}/v1/connect/{code}"))?)?;
    if info["status"] != "pending" || info["code"] != code || info["template_type"] != "oauth" {
        return Err(format!("the page cannot work with {info}"));
    }
    let confirmed = json(post(shared, &format!("{base}/v1/connect/{code}/confirm"), b"")?)?;
    confirmed["connect_token"].as_str().map(str::to_owned).ok_or_else(|| "no connect token".to_owned())
}

/// The base and the code of `BASE/connect/CODE`.
fn split_link(url: &str) -> Result<(&str, &str), String> {
    url.split_once("/connect/").ok_or_else(|| format!("{url} is not a link of the broker"))
}

/// Follows redirects to the first other answer, and gives its address too.
fn follow(shared: &Shared, mut answer: Response) -> Result<(String, Response), String> {
    let mut address = String::new();
    for _ in 0..10 {
        if answer.status != 302 {
            return Ok((address, answer));
        }
        address = answer.header("Location").ok_or("a redirect to nowhere")?.to_owned();
        answer = get(shared, &address)?;
    }
    Err(format!("too many redirects, the last one to {address}"))
}

fn json(answer: Response) -> Result<Value, String> {
    match answer.status {
        200 => serde_json::from_slice(&answer.body).map_err(|e| e.to_string()),
        _ => Err(describe(&answer)),
    }
}

fn get(shared: &Shared, url: &str) -> Result<Response, String> {
    request(shared, "GET", url, b"")
}

fn post(shared: &Shared, url: &str, body: &[u8]) -> Result<Response, String> {
    request(shared, "POST", url, body)
}

/// Browsers reach every host directly, without proxy, faults and log.
fn request(shared: &Shared, method: &str, url: &str, body: &[u8]) -> Result<Response, String> {
    let base = lock(&shared.services.broker).public_base_url.clone();
    let real = match url.strip_prefix(&base) {
        Some(rest) => format!("https://{BROKER_HOST}{rest}"),
        None => url.to_owned(),
    };
    let parsed = url::Url::parse(&real).map_err(|e| format!("{url}: {e}"))?;
    let host = parsed.host_str().unwrap_or_default().to_owned();
    if !super::services::Services::serves(&host) {
        return Err(format!("the browser cannot reach {url}"));
    }
    Ok(shared.answer(&Request {
        method: method.to_owned(),
        host,
        path: parsed.path().to_owned(),
        query: parsed.query().unwrap_or_default().to_owned(),
        headers: Vec::new(),
        body: body.to_vec(),
        connection: 0,
    }))
}

fn describe(answer: &Response) -> String {
    format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))
}
