//! The mailbox: whether the token is accepted, the API enabled, the scopes granted, and whose mailbox it is.

use super::{Report, Stage, sign_in::Tokens};
use crate::{
    access::is_same_mailbox,
    gmail::{Gmail, Profile, standing::Standing},
    http::Fault,
    problem::{Problem, Result},
    secret::Secret,
};

const MAIL: &str = "https://mail.google.com/";
const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const LOG_IN: &str = "Run mcs-gmail auth login.";

pub(super) fn examine(stage: &mut Stage<'_>, tokens: Tokens) {
    if !stage.report.can_judge("gmail.token") {
        return;
    }
    let Some(standing) = ask(stage, &tokens) else {
        return no_token(stage);
    };
    let report = &mut *stage.report;
    match standing {
        Err(problem) => return report.unknown_of("gmail.token", &problem),
        Ok(Standing::Intercepted(problem) | Standing::Failing(problem)) => {
            return report.unknown_of("gmail.token", &problem);
        }
        Ok(Standing::TokenRefused(problem)) => return refused(report, &problem),
        Ok(Standing::Refused(problem)) => {
            return report.fault_of("gmail.token", "gmail_refused", &problem);
        }
        Ok(Standing::ApiDisabled(problem)) => {
            report.ok("gmail.token", "accepted");
            report.fault_of("gmail.api", "gmail_api_disabled", &problem);
        }
        Ok(Standing::ScopeMissing(problem)) => {
            report.ok("gmail.token", "accepted");
            report.ok("gmail.api", "enabled");
            let wanted = wanted(stage);
            let missing = tokens.scopes.as_deref().map(|granted| missing(&wanted, granted));
            if missing.is_none_or(|missing| !missing.is_empty()) {
                stage.report.fault_of("gmail.scopes", "insufficient_permissions", &problem);
            }
            let look = "Check in Gmail which mailbox it is.";
            stage.report.unknown("gmail.account", "the scopes of the token do not include the address", look);
        }
        Ok(Standing::Works(profile)) => {
            report.ok("gmail.token", "accepted");
            report.ok("gmail.api", "enabled");
            judge_account(stage, profile);
        }
    }
    judge_scopes(stage, tokens.scopes.as_deref());
}

/// Asks Gmail with the token at hand, as a run does, and with a fresh one if that is refused.
fn ask(stage: &Stage<'_>, tokens: &Tokens) -> Option<Result<Standing>> {
    let ask = |token: &Secret| Gmail::standing(stage.http, token).map_err(Fault::problem);
    let at_hand = tokens.at_hand.as_ref().map(&ask);
    match at_hand {
        Some(Ok(Standing::TokenRefused(problem))) => {
            Some(tokens.fresh.as_ref().map_or(Ok(Standing::TokenRefused(problem)), ask))
        }
        Some(answer) => Some(answer),
        None => tokens.fresh.as_ref().map(ask),
    }
}

/// There is no token, and an earlier point says why.
fn no_token(stage: &mut Stage<'_>) {
    let before = ["auth0.connected_account", "google.sign_in", "config.access_token"];
    match before.into_iter().find(|name| stage.report.is_listed(name)) {
        Some(name) => stage.report.skip("gmail.token", name),
        None => stage.report.unknown("gmail.token", "there is no access token", LOG_IN),
    }
}

/// A run would renew the token, unless an earlier fault is in the way of that.
fn refused(report: &mut Report, problem: &Problem) {
    let before =
        ["auth0.connected_account", "auth0.mfa", "auth0.sign_in", "auth0.token_vault_grant", "auth0.client"];
    match before.into_iter().find(|name| report.is_fault(name)) {
        Some(name) => report.skip("gmail.token", name),
        None => report.fault_of("gmail.token", "token_refused", problem),
    }
}

fn judge_account(stage: &mut Stage<'_>, profile: Option<Profile>) {
    let Some(address) = profile.and_then(|profile| profile.email) else {
        return stage.report.unknown("gmail.account", "Gmail returned no address", "Run doctor again.");
    };
    let wanted = stage.facts.access.as_ref().and_then(|access| access.address());
    match wanted.filter(|wanted| !is_same_mailbox(&address, wanted)) {
        Some(wanted) => {
            let detail = format!("it is the mailbox of {address}, not of {wanted}");
            stage.report.fault("gmail.account", "wrong_account", detail);
        }
        None => stage.report.ok("gmail.account", address),
    }
}

fn wanted(stage: &Stage<'_>) -> Vec<String> {
    stage.facts.access.as_ref().map(|access| access.scopes.clone()).unwrap_or_default()
}

fn judge_scopes(stage: &mut Stage<'_>, granted: Option<&str>) {
    if !stage.report.can_judge("gmail.scopes") {
        return;
    }
    let Some(granted) = granted else {
        return stage.report.unknown(
            "gmail.scopes",
            "the scopes of the token are not known",
            "Run mcs-gmail auth status after the next sign-in.",
        );
    };
    let missing = missing(&wanted(stage), granted);
    if missing.is_empty() {
        let of_gmail = granted.split(' ').filter(|scope| is_gmail(scope));
        let shown: Vec<&str> = of_gmail.map(|s| s.rsplit("/auth/").next().unwrap_or(s)).collect();
        return stage.report.ok("gmail.scopes", shown.join(", "));
    }
    let detail = format!("not granted: {}", missing.join(", "));
    stage.report.fault("gmail.scopes", "insufficient_permissions", detail);
}

/// The scopes that were asked for and are not covered. Full access covers all but settings, and so does `gmail.modify`
/// for what is done here.
fn missing(wanted: &[String], granted: &str) -> Vec<String> {
    let granted: Vec<&str> = granted.split(' ').collect();
    let has = |scope: &str| granted.iter().any(|g| g.trim_end_matches('/') == scope.trim_end_matches('/'));
    let is_covered = |scope: &String| {
        let is_settings = scope.contains("/auth/gmail.settings");
        has(scope) || (is_gmail(scope) && !is_settings && (has(MAIL) || has(MODIFY)))
    };
    wanted.iter().filter(|scope| !is_covered(scope)).cloned().collect()
}

fn is_gmail(scope: &str) -> bool {
    scope.starts_with(MAIL.trim_end_matches('/')) || scope.contains("/auth/gmail.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_scopes_cover_narrower_ones() {
        let full = |name: &str| format!("https://www.googleapis.com/auth/{name}");
        let wanted = [MAIL.to_owned(), full("gmail.readonly"), full("gmail.send"), full("gmail.modify")];
        assert!(missing(&wanted, "openid https://mail.google.com/").is_empty());
        assert!(missing(&wanted, &format!("openid {MODIFY}")).is_empty());
        assert_eq!(missing(&wanted[1..3], &full("gmail.readonly")), [full("gmail.send")]);
        assert_eq!(missing(&wanted[..1], "openid email"), [MAIL]);
        let settings = [full("gmail.settings.basic")];
        assert_eq!(missing(&settings, &format!("{MAIL} {MODIFY}")), settings);
    }
}
