//! Google's error bodies: the old form (`errors[].reason`) and the new one (`status`, `details`) together,
//! as the API answers them. Shapes: developers.google.com/workspace/gmail/api/guides/handle-errors.

use serde_json::{Value, json};

use crate::sandbox::wire::Response;

/// A refusal on its way to the client.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    code: u16,
    message: String,
    reason: String,
    domain: &'static str,
    /// The upper-case name of the new form; the 401 body of the guide has none.
    status: Option<&'static str>,
    /// `(locationType, location)` of the old form.
    location: Option<(&'static str, &'static str)>,
}

impl Fault {
    pub(super) fn new(code: u16, reason: &str, message: impl Into<String>) -> Fault {
        let domain = match reason {
            "rateLimitExceeded" | "userRateLimitExceeded" | "dailyLimitExceeded" | "accessNotConfigured" => {
                "usageLimits"
            }
            _ => "global",
        };
        Fault {
            code,
            message: message.into(),
            reason: reason.into(),
            domain,
            status: status_name(code, reason),
            location: None,
        }
    }

    /// A fault as a story orders it: only status and reason are given, the message is the one seen with them.
    pub(super) fn ordered(code: u16, reason: &str) -> Fault {
        match code {
            401 => Fault::unauthenticated(),
            _ => Fault::new(code, reason, usual_message(code, reason)),
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Fault {
        Fault::new(400, "invalidArgument", message)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Fault {
        Fault::new(400, "badRequest", message)
    }

    pub(super) fn invalid_id() -> Fault {
        Fault::invalid("Invalid id value")
    }

    pub(super) fn invalid_mask(mask: &str) -> Fault {
        let mut fault =
            Fault::new(400, "invalidParameter", format!("Request contains an invalid field mask: {mask}"));
        fault.location = Some(("parameter", "fields"));
        fault
    }

    pub(super) fn not_found() -> Fault {
        Fault::new(404, "notFound", usual_message(404, "notFound"))
    }

    pub(super) fn unauthenticated() -> Fault {
        let mut fault = Fault::new(401, "authError", "Invalid Credentials");
        fault.status = None;
        fault.location = Some(("header", "Authorization"));
        fault
    }

    pub(super) fn scope_missing() -> Fault {
        Fault::new(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
    }

    fn body(&self) -> Value {
        let old_message = match self.reason.as_str() {
            "insufficientPermissions" => "Insufficient Permission",
            _ => &self.message,
        };
        let mut old = json!({"message": old_message, "domain": self.domain, "reason": self.reason});
        if let Some((kind, place)) = self.location {
            old["locationType"] = kind.into();
            old["location"] = place.into();
        }
        let mut error = json!({"code": self.code, "message": self.message, "errors": [old]});
        if let Some(status) = self.status {
            error["status"] = status.into();
        }
        if self.reason == "insufficientPermissions" {
            error["details"] = json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {"service": "gmail.googleapis.com"},
            }]);
        }
        json!({"error": error})
    }

    pub(super) fn response(&self, pretty: bool) -> Response {
        let response = render(self.code, &self.body(), pretty);
        match (self.code, self.reason.as_str()) {
            (401, _) => response.with_header(
                "WWW-Authenticate",
                "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"",
            ),
            (403, "insufficientPermissions") => response.with_header(
                "WWW-Authenticate",
                "Bearer realm=\"https://accounts.google.com/\", error=\"insufficient_scope\"",
            ),
            _ => response,
        }
    }
}

/// JSON as Google writes it: indented unless `prettyPrint=false` was asked for.
pub(super) fn render(status: u16, value: &Value, pretty: bool) -> Response {
    if pretty {
        Response::text(status, "application/json; charset=UTF-8", format!("{value:#}\n"))
    } else {
        Response::json(status, value)
    }
}

fn status_name(code: u16, reason: &str) -> Option<&'static str> {
    Some(match (code, reason) {
        (400, "failedPrecondition") => "FAILED_PRECONDITION",
        (400, _) => "INVALID_ARGUMENT",
        (401, _) => "UNAUTHENTICATED",
        (403, "rateLimitExceeded" | "userRateLimitExceeded") => "RESOURCE_EXHAUSTED",
        (403, _) => "PERMISSION_DENIED",
        (404, _) => "NOT_FOUND",
        (409, _) => "ABORTED",
        (429, _) => "RESOURCE_EXHAUSTED",
        (500, _) => "INTERNAL",
        (503, _) => "UNAVAILABLE",
        (504, _) => "DEADLINE_EXCEEDED",
        _ => return None,
    })
}

fn usual_message(code: u16, reason: &str) -> &'static str {
    match (code, reason) {
        (_, "failedPrecondition") => "Precondition check failed.",
        (_, "domainPolicy") => "The domain administrators have disabled Gmail apps.",
        (_, "accessNotConfigured") => {
            "Gmail API has not been used in project 1234567 before or it is disabled. Enable it by visiting \
             https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=1234567 then retry."
        }
        (_, "insufficientPermissions") => "Insufficient Permission",
        (_, "dailyLimitExceeded") => "Daily Limit Exceeded",
        (_, "userRateLimitExceeded") => "User Rate Limit Exceeded",
        (429, _) => "Too many concurrent requests for user",
        (403, "rateLimitExceeded") => {
            "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service \
             'gmail.googleapis.com' for consumer 'project_number:1234567'."
        }
        (403, _) => "Forbidden",
        (404, _) => "Requested entity was not found.",
        (500.., _) => "Backend Error",
        _ => "Bad Request",
    }
}
