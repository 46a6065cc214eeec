//! The sign-in that the cache holds: whether Auth0 accepts it, and what the vault has for it.
//!
//! The refresh token is only exchanged in Token Vault, which does not rotate it. A token for the My Account API is not
//! requested: if rotation is on, that would spend the refresh token. What it would tell is seen from what is recorded.

use super::{Stage, auth0};
use crate::{
    access::{AccessSettings, Method, Verdict},
    clock::rfc3339,
    secret::Secret,
    store::{Account, Records, SIGN_IN},
};

/// The access tokens that a run would use, and what is known of their scopes.
#[derive(Default)]
pub(super) struct Tokens {
    /// The configured or cached one.
    pub(super) at_hand: Option<Secret>,
    /// The one that was just exchanged.
    pub(super) fresh: Option<Secret>,
    pub(super) scopes: Option<String>,
}

const LOG_IN: &str = "Run mcs-gmail auth login.";

pub(super) fn examine(stage: &mut Stage<'_>) -> Tokens {
    let facts = stage.facts;
    let Some(access) = &facts.access else { return Tokens::default() };
    let records = facts.survey.as_ref().and_then(|survey| survey.records(&access.identity()));
    let records = records.unwrap_or_default();
    let mut tokens = Tokens {
        at_hand: match &access.method {
            Method::Token(token) => Some(token.clone()),
            _ => records.access_token().map(|(token, _)| token),
        },
        fresh: None,
        scopes: records.account().scopes,
    };
    let refresh_token = match &access.method {
        Method::Auth0LinkAuth { application, .. } => records.refresh_token(application.cache_names()),
        Method::Auth0 { refresh_token, .. } => {
            Some(records.rotated_refresh_token().unwrap_or_else(|| refresh_token.clone()))
        }
        Method::LinkAuth { broker, .. } => {
            judge_google(stage, &records, &tokens);
            judge_google_client(stage, &format!("{}/v1/oauth/callback", broker.url));
            return tokens;
        }
        Method::Token(_) => return tokens,
    };
    let has_refresh_token = refresh_token.is_some();
    judge_recorded(stage, &records, has_refresh_token);
    match refresh_token {
        Some(token) if stage.report.can_judge("auth0.sign_in") => {
            exchange(stage, access, &records, &token, &mut tokens);
        }
        Some(_) => {}
        None => not_signed_in(stage, &records, &tokens),
    }
    judge_setback(stage, &records);
    judge_unseen(stage, &records, has_refresh_token);
    if let Some(application) = &stage.facts.application {
        judge_google_client(stage, &format!("https://{}/login/callback", application.domain));
    }
    tokens
}

/// The point at fault for each cause that only a sign-in meets, and that is recorded then.
const SETBACKS: [(&str, &str); 8] = [
    ("no_refresh_token", "auth0.offline_access"),
    ("rotation_is_on", "auth0.rotation"),
    ("my_account_not_authorised", "auth0.my_account"),
    ("my_account_scopes", "auth0.my_account"),
    ("unmet_authentication_requirements", "auth0.my_account"),
    ("my_account_redirect_uri", "auth0.my_account"),
    ("my_account_connection", "auth0.my_account"),
    ("not_found_after_connecting", "auth0.connected_account"),
];

/// What stopped the last run that tried to sign in, unless that works by now or has a point that says it better.
fn judge_setback(stage: &mut Stage<'_>, records: &Records) {
    let report = &mut *stage.report;
    let Some((cause, at)) = records.setback() else { return };
    let Some((cause, point)) = SETBACKS.into_iter().find(|(known, _)| *known == cause) else { return };
    // The callback was judged by a request of now, and the grant may be the reason.
    let is_said_better = cause == "my_account_redirect_uri"
        || cause == "no_refresh_token" && report.is_fault("auth0.refresh_token_grant");
    let works_by_now = report.is_ok(point) || report.is_ok("auth0.connected_account");
    if is_said_better || works_by_now || report.is_fault(point) {
        return;
    }
    let detail = format!("this stopped the run of {}", rfc3339(at));
    report.fault(point, cause, detail);
}

fn not_signed_in(stage: &mut Stage<'_>, records: &Records, tokens: &Tokens) {
    let report = &mut *stage.report;
    if !report.can_judge("auth0.sign_in") {
        return;
    }
    let reason = records.session_times(SIGN_IN).reason.or_else(|| records.reason());
    let reason = reason.map(|reason| format!("; {reason}")).unwrap_or_default();
    let (detail, look) = match (records.session(SIGN_IN).is_some(), tokens.at_hand.is_some()) {
        (true, _) => ("a sign-in is pending", "Open the link that mcs-gmail auth login shows."),
        (false, true) => ("the cache has an access token and no refresh token", LOG_IN),
        (false, false) => ("nobody is signed in", LOG_IN),
    };
    report.unknown("auth0.sign_in", format!("{detail}{reason}"), look);
}

/// The exchange that a run would make.
fn exchange(
    stage: &mut Stage<'_>,
    access: &AccessSettings,
    records: &Records,
    token: &Secret,
    tokens: &mut Tokens,
) {
    let Some(application) = &stage.facts.application else { return };
    let tenant = auth0::tenant(stage, application);
    let account = records.account();
    let hint = access.address().filter(|_| !account.found_without_hint);
    let verdict = match tenant.try_exchange(Some(token), hint) {
        // The vault may have another account than the configured one.
        Ok(Verdict::NotConnected) if hint.is_some() => tenant.try_exchange(Some(token), None),
        verdict => verdict,
    };
    let report = &mut *stage.report;
    match verdict {
        Ok(Verdict::Granted(granted)) => {
            report.ok("auth0.sign_in", "Auth0 accepts the refresh token");
            report.ok("auth0.mfa", "the exchange needs no second factor");
            report.ok("auth0.connected_account", "Token Vault has a Google account");
            if granted.refresh_token.is_some() {
                rotates(stage, "Token Vault returned another refresh token");
            }
            tokens.scopes = granted.scope.or(tokens.scopes.take());
            tokens.fresh = Some(granted.access_token);
        }
        Ok(Verdict::NotConnected) => {
            report.ok("auth0.sign_in", "Auth0 accepts the refresh token");
            report.ok("auth0.mfa", "the exchange needs no second factor");
            not_connected(stage, records, &account);
        }
        Ok(Verdict::TokenRefused) if report.is_fault("auth0.rotation") => {
            report.skip("auth0.sign_in", "auth0.rotation");
        }
        Ok(Verdict::TokenRefused) => {
            let detail = "Auth0 refuses the refresh token";
            report.fault_with("auth0.sign_in", "invalid_grant", detail, LOG_IN);
        }
        Ok(Verdict::SecondFactor) => {
            report.ok("auth0.sign_in", "Auth0 knows the refresh token");
            report.fault("auth0.mfa", "mfa_required", "Auth0 asks for a second factor");
        }
        Ok(Verdict::WrongClient | Verdict::GrantMissing) => {
            report.unknown("auth0.sign_in", "Auth0 refused the application", LOG_IN);
        }
        Ok(Verdict::Unclear(problem)) | Err(problem) => report.unknown_of("auth0.sign_in", &problem),
    }
}

/// The vault has no usable account: because none was connected yet, or because Google ended the access.
fn not_connected(stage: &mut Stage<'_>, records: &Records, account: &Account) {
    let name = "auth0.connected_account";
    let detail = "Token Vault has no usable Google account";
    let report = &mut *stage.report;
    if account.newly_connected {
        let detail = format!("{detail}, although one was just connected");
        report.fault(name, "not_found_after_connecting", detail);
    } else if account.used_at.is_some() {
        report.fault(name, "expired_after_seven_days", format!("{detail} any more"));
    } else if stage.facts.credentials == "auth0" {
        report.fault_with(
            name,
            "federated_connection_refresh_token_not_found",
            detail,
            "Connect it with credentials = \"auth0-linkauth\" and mcs-gmail auth login.",
        );
    } else if records.connect().is_some() {
        report.unknown(
            name,
            "access to Gmail is not allowed yet",
            "Open the link that mcs-gmail auth login shows.",
        );
    } else {
        report.unknown(name, "access to Gmail is not allowed yet", LOG_IN);
    }
}

/// What the records tell without a request.
fn judge_recorded(stage: &mut Stage<'_>, records: &Records, has_refresh_token: bool) {
    if has_refresh_token && stage.report.can_judge("auth0.offline_access") {
        stage.report.ok("auth0.offline_access", "a sign-in has returned a refresh token");
    }
    if !stage.report.can_judge("auth0.rotation") {
        return;
    }
    match records.rotation() {
        Some((true, at)) => rotates(stage, &format!("Auth0 replaced the refresh token at {}", rfc3339(at))),
        _ if records.rotated_refresh_token().is_some() => {
            rotates(stage, "Auth0 has replaced auth0_refresh_token");
        }
        Some((false, at)) => {
            let detail = format!("Auth0 kept the refresh token that was spent at {}", rfc3339(at));
            stage.report.ok("auth0.rotation", detail);
        }
        None => {}
    }
}

fn rotates(stage: &mut Stage<'_>, detail: &str) {
    stage.report.fault("auth0.rotation", "rotation_is_on", detail);
}

/// What only a visit or a refresh shows, unless it was seen.
fn judge_unseen(stage: &mut Stage<'_>, records: &Records, has_refresh_token: bool) {
    let is_connected = stage.report.is_ok("auth0.connected_account");
    let report = &mut *stage.report;
    if report.can_judge("auth0.offline_access") {
        report.unknown(
            "auth0.offline_access",
            "seen only after a sign-in",
            "In Auth0, open Applications, APIs, the API of auth0_audience, Settings: Allow Offline Access.",
        );
    }
    if report.can_judge("auth0.rotation") {
        report.unknown(
            "auth0.rotation",
            if has_refresh_token {
                "a check would spend the refresh token"
            } else {
                "seen only after a sign-in"
            },
            "In Auth0, open the application, Settings: Allow Refresh Token Rotation must be off.",
        );
    }
    if report.can_judge("auth0.mfa") {
        report.unknown(
            "auth0.mfa",
            "seen only after a sign-in",
            "In Auth0, open Security, Multi-factor Auth: the policy must not be Always.",
        );
    }
    if report.can_judge("auth0.my_account") {
        if is_connected {
            report.ok("auth0.my_account", "the Google account was connected with it");
        } else if records.connect().is_some() {
            report.ok("auth0.my_account", "a connect visit was begun with it");
        } else {
            report.unknown(
                "auth0.my_account",
                "known only after the connect visit",
                "In Auth0, open APIs, My Account API, Application Access, and the application's Multi-Resource Refresh Token.",
            );
        }
    }
}

/// The broker's own Google client.
fn judge_google(stage: &mut Stage<'_>, records: &Records, tokens: &Tokens) {
    let report = &mut *stage.report;
    if !report.can_judge("google.sign_in") {
        return;
    }
    match (&tokens.at_hand, records.google_refresh_token()) {
        (Some(_), _) => report.ok("google.sign_in", "the cache has an access token"),
        (None, Some(_)) => report.unknown(
            "google.sign_in",
            "the cache has a refresh token, and no access token",
            "Run mcs-gmail auth status.",
        ),
        (None, None) => report.unknown("google.sign_in", "nobody is signed in", LOG_IN),
    }
}

/// Google's side: its pages tell only a person what is wrong.
fn judge_google_client(stage: &mut Stage<'_>, domain: &str) {
    if !stage.report.can_judge("google.client") {
        return;
    }
    if ["auth0.connected_account", "google.sign_in"].iter().any(|name| stage.report.is_ok(name)) {
        return stage.report.ok("google.client", "a Google account was connected with it");
    }
    let look = format!(
        "In Google Cloud, look at Clients (redirect URI {domain}), and at Audience: in Testing, only test users can sign in, for seven days."
    );
    stage.report.unknown("google.client", "seen only on Google's page", &look);
}
