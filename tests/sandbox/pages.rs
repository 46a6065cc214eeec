//! The few HTML pages of the world: plain forms that work without JavaScript and post to their own address.

use super::wire::Response;

/// What a person can answer on a page, and the form member that carries it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    Allow,
    Deny,
}

impl Decision {
    pub const MEMBER: &'static str = "decision";

    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
        }
    }

    /// Reads the answer out of a posted form.
    pub fn of(form: &[u8]) -> Option<Decision> {
        let value = url::form_urlencoded::parse(form).find(|(name, _)| name == Decision::MEMBER)?.1;
        [Decision::Allow, Decision::Deny].into_iter().find(|d| d.as_str() == value)
    }
}

/// A page that says something.
pub fn notice(status: u16, title: &str, text: &str) -> Response {
    page(status, title, &format!("<p>{}</p>", escape(text)))
}

/// A page that asks: two buttons that post the decision to the address of the page.
pub fn question(title: &str, text: &str, allow: &str, deny: &str) -> Response {
    let button = |decision: Decision, label: &str| {
        format!(
            "<button name=\"{}\" value=\"{}\">{}</button>\n",
            Decision::MEMBER,
            decision.as_str(),
            escape(label)
        )
    };
    let form = format!(
        "<p>{}</p>\n<form method=\"post\">\n{}{}</form>",
        escape(text),
        button(Decision::Allow, allow),
        button(Decision::Deny, deny)
    );
    page(200, title, &form)
}

/// Whether a page asks for a decision.
pub fn asks(answer: &Response) -> bool {
    answer.status == 200
        && String::from_utf8_lossy(&answer.body).contains(&format!("<button name=\"{}\"", Decision::MEMBER))
}

pub fn redirect(address: &str) -> Response {
    Response::empty(302).with_header("Location", address)
}

fn page(status: u16, title: &str, content: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <style>body{{font:1.1em sans-serif;max-width:32em;margin:4em auto}}button{{font:inherit;margin:.5em}}</style>\n\
         </head><body><h1>{title}</h1>\n{content}\n</body></html>\n"
    );
    Response::text(status, "text/html; charset=utf-8", html)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
