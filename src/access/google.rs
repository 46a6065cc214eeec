//! The broker's own Google client: one visit, after which tokens are renewed at Google without a visit.

use serde_json::{Map, Value, json};

use super::{
    Access, Broker, Step, TokenSource,
    auth0::{self, Granted},
    opening::NewSession,
    visit::{Credential, Visit},
};
use crate::{
    clock,
    http::{Call, Fault},
    problem::{Problem, Result},
    secret::Secret,
    store::{Account, Held, SIGN_IN},
};

/// Google's token endpoint (<https://developers.google.com/identity/protocols/oauth2/web-server#offline>).
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
pub(crate) const TOKEN_HOST: &str = "oauth2.googleapis.com";

/// The credentials of the Google client that the broker uses.
pub(crate) struct GoogleClient {
    pub(crate) id: String,
    pub(crate) secret: Secret,
}

impl<'a> TokenSource<'a> {
    /// `credentials = "linkauth"`.
    pub(super) fn linkauth_only(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        google: Option<&GoogleClient>,
    ) -> Result<Access> {
        let mut reason = held.records.reason();
        if let (Some(client), Some(refresh_token)) = (google, held.records.google_refresh_token()) {
            if let Some(granted) = self.renew_at_google(client, &refresh_token)? {
                return self.store_token(held, granted).map(Access::Token);
            }
            held.records.forget_refresh_token([""; 2]);
            held.save()?;
            reason = Some("Google refused the previous sign-in.".to_owned());
        }
        let request = self.google_session();
        let credential = match self.visit(held, broker, SIGN_IN, Step::SignInOnce, request, reason)? {
            Visit::Waiting(challenge) => return Ok(Access::Challenge(challenge)),
            Visit::Done(credential) => credential,
        };
        held.records.drop_session(SIGN_IN);
        let Some(granted) = granted(&credential) else {
            held.save()?;
            return Err(Problem::configuration("the broker returned no Google access token").hint(
                "Check the broker's Google client (OAUTH_GOOGLE_CLIENT_ID, OAUTH_GOOGLE_CLIENT_SECRET).",
            ));
        };
        if let Some(token) = &granted.refresh_token {
            held.records.set_google_refresh_token(token);
        }
        // It may be another Google account than before.
        let account = Account { address: None, sender: None, ..held.records.account() };
        held.records.set_account(&account);
        self.store_token(held, granted).map(Access::Token)
    }

    fn google_session(&self) -> NewSession {
        let mut extra = Map::new();
        extra.insert("access_type".into(), "offline".into());
        extra.insert("prompt".into(), "consent".into());
        if let Some(address) = self.settings.address() {
            extra.insert("login_hint".into(), address.into());
        }
        NewSession {
            display_name: "mcs-gmail",
            provider: "google",
            template: "google_mail",
            scopes: self.settings.scopes.clone(),
            extra,
            passthrough: None,
        }
    }

    /// `None` if Google refuses the refresh token.
    fn renew_at_google(&self, client: &GoogleClient, refresh_token: &Secret) -> Result<Option<Granted>> {
        let body = json!({
            "grant_type": "refresh_token", "client_id": client.id, "client_secret": client.secret.expose(),
            "refresh_token": refresh_token.expose(),
        });
        let bytes = body.to_string().into_bytes();
        let reply = self.http.exchange(Call::new("POST", TOKEN_URL).json(&bytes)).map_err(Fault::problem)?;
        if let Some(problem) = reply.intercepted(TOKEN_HOST) {
            return Err(problem);
        }
        let value = reply.json().unwrap_or_default();
        match (reply.status, value.get("error").and_then(Value::as_str)) {
            (200, _) => match auth0::granted(&value) {
                Some(granted) => Ok(Some(granted)),
                None => Err(Problem::temporary("Google's token endpoint returned no access token")
                    .hint("Try again in a minute.")),
            },
            (_, Some("invalid_grant")) => Ok(None),
            (_, Some("invalid_client" | "unauthorized_client")) => {
                Err(Problem::configuration("Google refused the client id or secret")
                    .hint("Check google_client_id and google_client_secret."))
            }
            (status, _) => {
                Err(Problem::temporary(format!("Google's token endpoint failed with HTTP {status}"))
                    .hint("Try again in a minute."))
            }
        }
    }
}

/// The token that came with a visit, perhaps some time ago: `expires_at` is meant by the broker's clock.
fn granted(credential: &Credential) -> Option<Granted> {
    let granted = auth0::granted(&Value::Object(credential.members.clone()))?;
    let expires_at = credential.members.get("expires_at").and_then(Value::as_f64);
    let now = credential.date.unwrap_or_else(clock::now);
    let left = expires_at.map_or(granted.expires_in, |at| at - now);
    Some(Granted { expires_in: left.min(granted.expires_in), ..granted })
}
