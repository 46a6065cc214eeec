//! The points of `doctor`: the lines that the steps of the set-up guide name.

/// One thing that can be right or wrong about an installation.
#[derive(Debug)]
pub(crate) struct Point {
    /// Its name, which stays the same in every version.
    pub(crate) name: &'static str,
    /// What is right when it is `ok`.
    pub(crate) text: &'static str,
    /// The values of `credentials` for which it matters.
    pub(crate) methods: &'static [&'static str],
    /// The points without which it cannot be judged.
    pub(crate) needs: &'static [&'static str],
    /// Whether it is judged without the network.
    pub(crate) is_local: bool,
}

const ALL: &[&str] = &["auth0-linkauth", "auth0", "linkauth", "token"];
const BROKER: &[&str] = &["auth0-linkauth", "linkauth"];
const AUTH0: &[&str] = &["auth0-linkauth", "auth0"];
const VISITS: &[&str] = &["auth0-linkauth"];
const DIRECT: &[&str] = &["linkauth"];

impl Point {
    const fn new(name: &'static str, text: &'static str) -> Point {
        Point { name, text, methods: ALL, needs: &[], is_local: false }
    }

    /// Judged without the network.
    const fn local(name: &'static str, text: &'static str) -> Point {
        Point { is_local: true, ..Point::new(name, text) }
    }

    const fn of(self, methods: &'static [&'static str]) -> Point {
        Point { methods, ..self }
    }

    const fn after(self, needs: &'static [&'static str]) -> Point {
        Point { needs, ..self }
    }
}

/// Every point, in the order in which they are printed.
pub(crate) const POINTS: &[Point] = &[
    Point::local("config.file", "The configuration file can be read, or variables are used."),
    Point::local("config.auth0_domain", "auth0_domain is set.").of(AUTH0).after(&["config.file"]),
    Point::local("config.auth0_client_id", "auth0_client_id is set.").of(AUTH0).after(&["config.file"]),
    Point::local("config.auth0_client_secret", "auth0_client_secret is set.")
        .of(AUTH0)
        .after(&["config.file"]),
    Point::local("config.auth0_audience", "auth0_audience is set.").of(VISITS).after(&["config.file"]),
    Point::local("config.auth0_refresh_token", "auth0_refresh_token is set.")
        .of(&["auth0"])
        .after(&["config.file"]),
    Point::local("config.linkauth_broker_url", "linkauth_broker_url is set.")
        .of(BROKER)
        .after(&["config.file"]),
    Point::local("config.linkauth_api_key", "linkauth_api_key can be used, or is not set.")
        .of(BROKER)
        .after(&["config.file"]),
    Point::local("config.access_token", "access_token is set.").of(&["token"]).after(&["config.file"]),
    Point::local(
        "config.settings",
        "Every other key, the account and the policy are valid, and secrets have the same source as their endpoints.",
    )
    .after(&["config.file"]),
    Point::local("cache.directory", "The cache directory belongs to the user, or can be created.")
        .after(&["config.file"]),
    Point::local("cache.file", "The cache file is private and can be read.").after(&["cache.directory"]),
    Point::local("cache.writable", "A sign-in can be stored.").after(&["cache.directory"]),
    Point::local("cache.lock", "The cache can be locked.").after(&["cache.directory"]),
    Point::local("network.proxy", "The proxy setting is valid, and the proxy connects.")
        .after(&["config.file"]),
    Point::local("network.ca", "The trusted certificates can be read, and include the one that is in use.")
        .after(&["config.file"]),
    Point::new("broker.reachable", "The broker answers.")
        .of(BROKER)
        .after(&["config.linkauth_broker_url"]),
    Point::new("broker.kind", "It is a LinkAuth broker.").of(BROKER).after(&["broker.reachable"]),
    Point::new("broker.api_key", "The broker accepts the API key.")
        .of(BROKER)
        .after(&["broker.kind", "config.linkauth_api_key", "config.settings"]),
    Point::new("broker.provider", "The broker has an OAuth client: Auth0's, or Google's.")
        .of(BROKER)
        .after(&["broker.api_key"]),
    Point::new("broker.proxy", "The broker's proxy is switched on.")
        .of(VISITS)
        .after(&["broker.api_key", "config.auth0_domain"]),
    Point::new("broker.proxy_domain", "The broker's proxy allows the Auth0 domain.")
        .of(VISITS)
        .after(&["broker.proxy"]),
    Point::new("auth0.tenant", "auth0_domain is an Auth0 tenant.")
        .of(AUTH0)
        .after(&["broker.proxy_domain", "config.auth0_domain"]),
    Point::new("clock", "The clock of this machine is right."),
    Point::new("auth0.client", "Auth0 accepts client id and client secret.")
        .of(AUTH0)
        .after(&["auth0.tenant", "config.auth0_client_id", "config.auth0_client_secret", "config.settings"]),
    Point::new("auth0.token_vault_grant", "The application has the grant Token Vault.")
        .of(AUTH0)
        .after(&["auth0.client"]),
    Point::new("auth0.refresh_token_grant", "The application has the grant Refresh Token.")
        .of(VISITS)
        .after(&["auth0.client"]),
    Point::new("auth0.authorization_code_grant", "The application has the grant Authorization Code.")
        .of(VISITS)
        .after(&["auth0.client"]),
    Point::new("auth0.callback_url", "The application allows the broker's callback.")
        .of(VISITS)
        .after(&["auth0.client", "config.auth0_audience", "config.linkauth_broker_url"]),
    Point::new("auth0.audience", "auth0_audience is an API of the tenant.")
        .of(VISITS)
        .after(&["auth0.callback_url"]),
    Point::new(
        "auth0.google_connection",
        "The connection google-oauth2 can be used to sign in to the application.",
    )
    .of(VISITS)
    .after(&["auth0.audience"]),
    Point::new("auth0.sign_in", "A user has signed in, and Auth0 accepts the refresh token.")
        .of(AUTH0)
        .after(&["auth0.token_vault_grant", "cache.file"]),
    Point::new("auth0.offline_access", "The API allows offline access.").of(VISITS).after(&["cache.file"]),
    Point::new("auth0.rotation", "Refresh token rotation is off.").of(AUTH0).after(&["cache.file"]),
    Point::new("auth0.mfa", "The tenant does not require a second factor.")
        .of(AUTH0)
        .after(&["auth0.token_vault_grant"]),
    Point::new("auth0.connected_account", "Token Vault has the Google account.")
        .of(AUTH0)
        .after(&["auth0.sign_in", "auth0.mfa"]),
    Point::new(
        "auth0.my_account",
        "The application may use the My Account API, with a multi-resource refresh token.",
    )
    .of(VISITS)
    .after(&["cache.file"]),
    Point::new("google.client", "Google's OAuth client and consent screen let the user in.")
        .of(BROKER)
        .after(&["cache.file"]),
    Point::new("google.sign_in", "A user has signed in with Google.").of(DIRECT).after(&["cache.file"]),
    Point::new("gmail.reachable", "gmail.googleapis.com answers with JSON.").after(&["config.file"]),
    Point::new("gmail.token", "Gmail accepts the access token.").after(&["gmail.reachable"]),
    Point::new("gmail.api", "The Gmail API is enabled in the Google project.").after(&["gmail.token"]),
    Point::new("gmail.scopes", "The token has the scopes that are configured.").after(&["gmail.token"]),
    Point::new("gmail.account", "It is the mailbox of the configured account.").after(&["gmail.api"]),
];

/// The point with this name.
pub(crate) fn point(name: &str) -> Option<&'static Point> {
    POINTS.iter().find(|point| point.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_needs_only_points_before_it() {
        for (at, point) in POINTS.iter().enumerate() {
            for needed in point.needs {
                assert!(POINTS[..at].iter().any(|p| p.name == *needed), "{} needs {needed}", point.name);
            }
        }
    }

    #[test]
    fn every_key_of_a_point_exists() {
        for name in POINTS.iter().filter_map(|p| p.name.strip_prefix("config.")) {
            assert!(["file", "settings"].contains(&name) || crate::spec::key(name).is_some(), "{name}");
        }
    }
}
