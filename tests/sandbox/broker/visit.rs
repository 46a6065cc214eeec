//! What the person's browser sees: the connect page, the redirect to the provider, and the way back.

use serde_json::{Value, json};

use super::{Broker, Issuer, Passthrough, Provider, Redemption, Session, Status, Step, envelope, problem};
use crate::sandbox::{
    AUTH0_DOMAIN,
    google::ACCOUNTS_HOST,
    mint::token,
    pages::{self, Decision},
    pkce,
    wire::{Request, Response},
};

const GOOGLE_CLIENT_ID: &str = "1234567890-sandbox.apps.googleusercontent.com";

impl Broker {
    /// The page itself. The real one is a script around the endpoints below; this one also works without.
    pub(super) fn page(&mut self, request: &Request, code: &str) -> Response {
        if request.query_value("status").as_deref() == Some("success") {
            return pages::notice(
                200,
                "All done",
                "You can close this window and go back to the application.",
            );
        }
        let Some(session) = self.session_of_code(code) else { return page_not_found() };
        if session.status != Status::Pending {
            return page_not_found();
        }
        if request.method == "GET" {
            let text = format!(
                "{} asks for access. Go on only if it shows you the code {}.",
                session.display_name, session.code
            );
            return pages::question("LinkAuth", &text, "The code is the same: connect", "Cancel");
        }
        if Decision::of(&request.body) != Some(Decision::Allow) {
            return pages::notice(200, "Cancelled", "Nothing was connected. You can close this window.");
        }
        let token = self.mint.secret("ct_");
        self.mark_confirmed(code, &token);
        pages::redirect(&format!("{}/v1/oauth/authorize/{code}?connect_token={token}", self.public_base_url))
    }

    pub(super) fn page_info(&mut self, code: &str) -> Response {
        let Some(session) = self.session_of_code(code) else { return not_found() };
        if session.page_limit_reached() {
            return too_many_requests();
        }
        match session.status {
            Status::Confirmed => not_found(),
            Status::Ready | Status::Consumed => problem(410, "Session Gone", "Session already completed."),
            Status::Pending => Response::json(
                200,
                &json!({
                    "status": "pending",
                    "display_name": session.display_name,
                    "template_type": if session.provider.is_some() { "oauth" } else { "form" },
                    "code": session.code,
                    "fields": [],
                    "public_key": envelope::spki(&session.key),
                    "security": {"secure": true, "mode": "https", "message": "Connection is encrypted."},
                    "oauth_url": null,
                }),
            ),
        }
    }

    pub(super) fn confirm(&mut self, code: &str) -> Response {
        let token = self.mint.secret("ct_");
        let Some(session) = self.session_of_code(code) else { return not_found() };
        if session.page_limit_reached() {
            return too_many_requests();
        }
        if session.status != Status::Pending {
            return problem(409, "Already Confirmed", "This session has already been confirmed.");
        }
        self.mark_confirmed(code, &token);
        Response::json(200, &json!({ "connect_token": token }))
    }

    /// The connect token is used up by the first call, except in passthrough mode.
    pub(super) fn authorize(&mut self, request: &Request, code: &str) -> Response {
        let redirect_uri = self.redirect_uri();
        let client_id = self.auth0_client_id.clone();
        let Some(session) = self.session_of_code(code) else { return not_found() };
        if session.status != Status::Confirmed {
            return problem(409, "Code Not Confirmed", "The code must be confirmed first.");
        }
        if session.connect_token.is_none() || session.connect_token != request.query_value("connect_token") {
            return problem(403, "Invalid Connect Token", "The connect token is not valid.");
        }
        if let Some(passthrough) = &session.passthrough {
            session.login = Some(String::new());
            return pages::redirect(&passthrough.authorize_url);
        }
        session.connect_token = None;
        let Some(provider) = session.provider else {
            return problem(400, "Not An OAuth Session", "This session has a form.");
        };
        let verifier = token::<32>();
        let address = session.authorize_url(provider, &client_id, &redirect_uri, &pkce::challenge(&verifier));
        session.login = Some(verifier);
        pages::redirect(&address)
    }

    pub(super) fn callback(&mut self, request: &Request) -> Step {
        let (state, code) = (request.query_value("state"), request.query_value("code"));
        let known = |s: &&mut Session| s.alive() && state.as_ref().is_some_and(|state| s.is_known_as(state));
        let redirect_uri = self.redirect_uri();
        let session = self.sessions.iter_mut().find(known);
        if request.query_value("error").is_some() {
            if let Some(session) = session {
                session.login = None;
            }
            let detail = "Authorization was not completed.";
            return Step::Answer(problem(400, "OAuth Authorization Failed", detail));
        }
        if state.is_none() {
            return Step::Answer(invalid_callback());
        }
        let Some(session) = session else {
            let detail = "OAuth state parameter not recognized. Session may have expired.";
            return Step::Answer(problem(400, "Invalid State", detail));
        };
        let verifier = session.login.take().unwrap_or_default();
        let (id, provider) = (session.id.clone(), session.provider);
        if let Some(passthrough) = &session.passthrough {
            let captured = passthrough.capture(request);
            return Step::Answer(self.store(&id, &captured));
        }
        let Some(code) = code else { return Step::Answer(invalid_callback()) };
        let from = self.issuer(provider);
        Step::Redeem(Redemption { session: id, from, code, verifier, redirect_uri })
    }

    fn issuer(&self, provider: Option<Provider>) -> Issuer {
        match provider {
            Some(Provider::Google) => Issuer::Google,
            _ => Issuer::Auth0 {
                client_id: self.auth0_client_id.clone(),
                client_secret: self.auth0_client_secret.clone(),
            },
        }
    }

    /// The provider's token answer for a code, or nothing when it refused. A refused sign-in
    /// leaves the session `confirmed` until it ends.
    pub fn redeemed(&mut self, session: &str, tokens: Option<Value>) -> Response {
        let Some(mut tokens) = tokens else {
            return problem(502, "Token Exchange Failed", "The provider did not accept the code.");
        };
        let life = tokens["expires_in"].as_i64().unwrap_or(0);
        tokens["expires_at"] = (self.clock.now().as_second() + life).into();
        self.store(session, &tokens)
    }

    fn store(&mut self, id: &str, credential: &Value) -> Response {
        let flaws = envelope::Flaws {
            wrong_key: self.wrong_key_envelope,
            garbage: self.garbage_envelope,
            unknown_algorithm: self.unknown_algorithm,
        };
        let Some(session) = self.sessions.iter_mut().find(|s| s.id == id && s.alive()) else {
            return problem(400, "Invalid State", "Session may have expired.");
        };
        (session.envelope, session.algorithm) = envelope::seal(&session.key, credential, flaws);
        session.status = Status::Ready;
        let code = session.code.clone();
        pages::redirect(&format!("{}?status=success", self.url_of(&code)))
    }

    fn mark_confirmed(&mut self, code: &str, token: &str) {
        let session = self.session_of_code(code).expect("looked up just now");
        session.status = Status::Confirmed;
        session.connect_token = Some(token.to_owned());
    }

    /// Codes are accepted in lower case and without the hyphen.
    fn session_of_code(&mut self, code: &str) -> Option<&mut Session> {
        let plain = |code: &str| code.replace('-', "").to_uppercase();
        let wanted = plain(code);
        self.sessions.iter_mut().find(|s| s.alive() && plain(&s.code) == wanted)
    }
}

impl Session {
    /// The callback knows a session by its id or its own state, once the person has left for the provider.
    fn is_known_as(&self, state: &str) -> bool {
        let custom = self.passthrough.as_ref().map(|p| p.state.as_str()).filter(|s| !s.is_empty());
        self.login.is_some() && (self.id == state || custom == Some(state))
    }

    fn authorize_url(
        &self,
        provider: Provider,
        auth0_client: &str,
        redirect_uri: &str,
        challenge: &str,
    ) -> String {
        let (page, client_id) = match provider {
            Provider::Auth0 => (format!("https://{AUTH0_DOMAIN}/authorize"), auth0_client),
            Provider::Google => (format!("https://{ACCOUNTS_HOST}/o/oauth2/v2/auth"), GOOGLE_CLIENT_ID),
        };
        let mut url = url::Url::parse(&page).expect("the host is fixed");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &self.scopes.join(" "))
            .append_pair("state", &self.id)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(&self.extra);
        url.into()
    }
}

impl Passthrough {
    /// The query parameters that the session asked for, a missing one empty; the code if none of them came.
    fn capture(&self, request: &Request) -> Value {
        let mut captured = json!({});
        for name in &self.callback_params {
            captured[name.as_str()] = request.query_value(name).unwrap_or_default().into();
        }
        if captured.as_object().is_some_and(|c| c.values().all(|v| v == "")) {
            captured["code"] = request.query_value("code").unwrap_or_default().into();
        }
        captured
    }
}

fn page_not_found() -> Response {
    pages::notice(
        200,
        "Not found",
        "This link is unknown, was used already, or has expired. Ask for a new one.",
    )
}

fn not_found() -> Response {
    problem(404, "Session Not Found", "Session not found or expired.")
}

fn invalid_callback() -> Response {
    problem(400, "Invalid Callback", "Missing state or code parameter.")
}

fn too_many_requests() -> Response {
    problem(429, "Too Many Requests", "Rate limit exceeded. Try again later.")
}
