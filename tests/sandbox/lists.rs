//! The web server of a mailing list, which unsubscribes whoever posts to the address of a message (RFC 8058).

use super::wire::{Request, Response};

pub const LIST_HOST: &str = "lists.sandbox.example";

/// What the server does with the requests.
#[derive(Default)]
pub struct ListServer {
    /// The paths with their queries that were unsubscribed.
    pub left: Vec<String>,
    /// Redirects each request to this address.
    pub redirects_to: Option<String>,
    /// Refuses each request with this status.
    pub refuses_with: Option<u16>,
}

impl ListServer {
    pub fn handle(&mut self, request: &Request) -> Response {
        if let Some(reason) = misfit(request) {
            return Response::empty(400).misfit(reason);
        }
        if let Some(target) = &self.redirects_to {
            return Response::empty(302).with_header("Location", target);
        }
        if let Some(status) = self.refuses_with {
            return Response::text(status, "text/plain", "no");
        }
        self.left.push(format!("{}?{}", request.path, request.query));
        Response::text(200, "text/html", "<p>You will get no more mail.</p>")
            .with_header("Set-Cookie", "seen=1; Path=/")
    }
}

/// What RFC 8058 3.2 does not allow, and what nobody may learn.
fn misfit(request: &Request) -> Option<&'static str> {
    let is_form = request.header("Content-Type") == Some("application/x-www-form-urlencoded");
    match () {
        () if request.method != "POST" => Some("it is not a POST"),
        () if !is_form || request.body != b"List-Unsubscribe=One-Click" => Some("its body is another one"),
        () if request.header("Cookie").is_some() => Some("it has a cookie"),
        () if request.header("Authorization").is_some() => Some("it has a credential"),
        () if request.header("Referer").is_some() => Some("it tells where it comes from"),
        () => None,
    }
}
