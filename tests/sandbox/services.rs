//! The services under their host names, each with its own lock, and the calls that they make to each other.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::{
    AUTH0_DOMAIN, BROKER_HOST, GMAIL_HOST,
    auth0::Tenant,
    broker::{
        Broker, Call, Issuer, Redemption, Step,
        proxy::{Relayed, relayed},
    },
    clock::Clock,
    discovery::{self, DISCOVERY_HOST},
    gmail::{Gmail, bearer},
    google::{ACCOUNTS_HOST, Google, TOKEN_HOST},
    lists::{LIST_HOST, ListServer},
    lock,
    mint::Mint,
    wire::{Request, Response},
};

pub struct Services {
    pub clock: Clock,
    pub mint: Mint,
    pub google: Arc<Mutex<Google>>,
    pub tenant: Mutex<Tenant>,
    pub broker: Mutex<Broker>,
    pub gmail: Mutex<Gmail>,
    pub lists: Mutex<ListServer>,
}

impl Services {
    /// The broker holds the tenant's application, whose callback it is.
    pub fn new() -> Services {
        let (mint, clock) = (Mint::default(), Clock::default());
        let google = Arc::new(Mutex::new(Google::new(mint.clone())));
        let mut tenant = Tenant::new(mint.clone(), clock.clone(), google.clone());
        let mut broker = Broker::new(mint.clone(), clock.clone());
        tenant.allowed_callbacks.push(format!("https://{BROKER_HOST}/v1/oauth/callback"));
        broker.auth0_client_id.clone_from(&tenant.client_id);
        broker.auth0_client_secret.clone_from(&tenant.client_secret);
        Services {
            clock,
            mint,
            google,
            tenant: Mutex::new(tenant),
            broker: Mutex::new(broker),
            gmail: Mutex::new(Gmail::usual()),
            lists: Mutex::default(),
        }
    }

    pub fn serves(host: &str) -> bool {
        [BROKER_HOST, AUTH0_DOMAIN, GMAIL_HOST, ACCOUNTS_HOST, TOKEN_HOST, DISCOVERY_HOST, LIST_HOST]
            .contains(&host)
    }

    /// `relay` makes the calls of the broker's proxy; no lock is held during a call.
    pub fn answer(&self, request: &Request, relay: &dyn Fn(&Call) -> Relayed) -> Response {
        match request.host.as_str() {
            BROKER_HOST => self.ask_broker(request, relay),
            AUTH0_DOMAIN => lock(&self.tenant).handle(request),
            GMAIL_HOST => {
                let scopes_of = |token: &str| lock(&self.google).scopes_of(token);
                let mut gmail = lock(&self.gmail);
                if let Some(owner) = bearer(request).and_then(|token| lock(&self.google).owner_of(token)) {
                    gmail.owner = owner;
                }
                gmail.handle(request, &scopes_of)
            }
            TOKEN_HOST => lock(&self.google).renew(request),
            DISCOVERY_HOST => discovery::answer(request),
            LIST_HOST => lock(&self.lists).handle(request),
            ACCOUNTS_HOST => lock(&self.google).handle(request),
            host => panic!("no service has the host {host}"),
        }
    }

    fn ask_broker(&self, request: &Request, relay: &dyn Fn(&Call) -> Relayed) -> Response {
        let step = lock(&self.broker).handle(request);
        match step {
            Step::Answer(answer) => answer,
            Step::Forward(call) => relayed(relay(&call), call.timeout),
            Step::Redeem(redemption) => {
                let tokens = self.redeem(&redemption);
                lock(&self.broker).redeemed(&redemption.session, tokens)
            }
        }
    }

    /// The broker's own call to a token endpoint; the client has no part in it, so it is not logged.
    fn redeem(&self, redemption: &Redemption) -> Option<Value> {
        let Redemption { code, verifier, redirect_uri, .. } = redemption;
        match &redemption.from {
            Issuer::Google => lock(&self.google).redeem(code, redirect_uri, verifier),
            Issuer::Auth0 { client_id, client_secret } => {
                let request = token_request(redemption, client_id, client_secret);
                let answer = lock(&self.tenant).handle(&request);
                (answer.status == 200).then(|| serde_json::from_slice(&answer.body).expect("tokens are JSON"))
            }
        }
    }
}

/// HTTP Basic client authentication and a form body, as the broker's OAuth library sends it.
fn token_request(redemption: &Redemption, client_id: &str, client_secret: &str) -> Request {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let basic = BASE64_STANDARD.encode(format!("{client_id}:{client_secret}"));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", &redemption.code)
        .append_pair("redirect_uri", &redemption.redirect_uri)
        .append_pair("code_verifier", &redemption.verifier)
        .finish();
    Request {
        method: "POST".into(),
        host: AUTH0_DOMAIN.into(),
        path: "/oauth/token".into(),
        query: String::new(),
        headers: vec![
            ("Authorization".into(), format!("Basic {basic}")),
            ("Content-Type".into(), "application/x-www-form-urlencoded".into()),
        ],
        body: body.into_bytes(),
        connection: 0,
    }
}
