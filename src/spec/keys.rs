//! Every configuration key, in the order of `config.toml.example`.

use super::{Form, Key};

impl Key {
    const fn new(name: &'static str, example: &'static str, text: &'static str) -> Key {
        Key {
            name,
            plain: None,
            secret: false,
            flag: false,
            form: Form::Word,
            example,
            default: None,
            found_at: None,
            optional: true,
            placeholder: false,
            text,
        }
    }

    const fn form(mut self, form: Form) -> Key {
        self.form = form;
        self
    }

    /// The variable that the set-up guide uses.
    const fn plain(mut self, variable: &'static str) -> Key {
        self.plain = Some(variable);
        self
    }

    const fn secret(mut self) -> Key {
        self.secret = true;
        self.placeholder = true;
        self
    }

    const fn flag(mut self) -> Key {
        self.flag = true;
        self
    }

    const fn or(mut self, default: &'static str) -> Key {
        self.default = Some(default);
        self
    }

    /// A value of the usual credentials method, and where it is found.
    const fn found_at(mut self, place: &'static str) -> Key {
        self.found_at = Some(place);
        self.optional = false;
        self
    }

    const fn optional(mut self) -> Key {
        self.optional = true;
        self
    }

    /// The example is never a working value.
    const fn placeholder(mut self) -> Key {
        self.placeholder = true;
        self
    }
}

pub(crate) const KEYS: &[Key] = &[
    Key::new("auth0_domain", "dev-abc123.us.auth0.com", "Domain of the Auth0 tenant.")
        .plain("AUTH0_DOMAIN")
        .found_at("Auth0 dashboard, Applications, Applications, your application, Settings, Domain")
        .placeholder(),
    Key::new("auth0_client_id", "aB1cD2eF3gH4iJ5kL6", "Client id of the Auth0 application.")
        .plain("AUTH0_CLIENT_ID")
        .found_at("the same page, Client ID")
        .placeholder(),
    Key::new("auth0_client_secret", "...", "Client secret of the Auth0 application.")
        .plain("AUTH0_CLIENT_SECRET")
        .found_at("the same page, Client Secret")
        .secret(),
    Key::new(
        "auth0_audience",
        "https://mcs-gmail/api",
        "Identifier of the Auth0 API that allows offline access.",
    )
    .plain("AUTH0_AUDIENCE")
    .found_at("Auth0 dashboard, Applications, APIs, your API, Settings, Identifier")
    .form(Form::Words),
    Key::new("linkauth_broker_url", "https://broker.example.com", "Base URL of the LinkAuth broker.")
        .plain("LINKAUTH_BROKER_URL")
        .found_at("ask the broker's operator; the part before /v1")
        .placeholder(),
    Key::new("linkauth_api_key", "la_...", "API key of the broker, if it requires one.")
        .plain("LINKAUTH_API_KEY")
        .found_at("ask the broker's operator")
        .optional()
        .secret(),
    Key::new(
        "credentials",
        "auth0-linkauth",
        "Where tokens come from: auth0-linkauth (default), auth0 with auth0_refresh_token, linkauth, or token with access_token.",
    )
    .or("auth0-linkauth"),
    Key::new("auth0_via", "broker", "How Auth0 is reached: broker (default, through its proxy) or direct.")
        .or("broker"),
    Key::new("auth0_refresh_token", "v1.M...", "With credentials = \"auth0\": the refresh token to use.")
        .secret(),
    Key::new("access_token", "ya29....", "With credentials = \"token\": a Google access token.").secret(),
    Key::new(
        "google_client_id",
        "123.apps.googleusercontent.com",
        "With credentials = \"linkauth\": the client id of the broker's Google client, to renew tokens without the browser.",
    )
    .placeholder(),
    Key::new("google_client_secret", "GOCSPX-...", "The secret that belongs to google_client_id.").secret(),
    Key::new(
        "scopes",
        "gmail.modify",
        "Gmail scopes to request, separated by spaces; gmail.readonly for reading only.",
    )
    .or("https://mail.google.com/ gmail.readonly gmail.send gmail.modify")
    .form(Form::Words)
    .flag(),
    Key::new("account", "ada@example.com", "The account to use, if there are several: its address, or NAME for the section [accounts.NAME].").form(Form::Words).flag(),
    Key::new(
        "sender_name",
        "Ada Lovelace",
        "Display name of outgoing mail, instead of the one in Gmail's settings.",
    )
    .form(Form::Text)
    .flag(),
    Key::new(
        "signature",
        "true",
        "Put the signature of the sender in Gmail's settings below every message that is written: true or false (default).",
    )
    .form(Form::Boolean)
    .or("false"),
    Key::new(
        "as_data",
        "true",
        "Let exec put the bodies of messages between two lines with a random number and say that they are data: true or false (the default is true in the skill, and false elsewhere).",
    )
    .form(Form::Boolean),
    Key::new("cache_dir", "/mnt/data/mcs-cache", "Directory of the cache file, instead of ~/.mcs/cache.")
        .plain("MCS_CACHE_DIR")
        .or("~/.mcs/cache")
        .form(Form::Path),
    Key::new(
        "proxy",
        "http://localhost:3128",
        "Proxy to use instead of the one in the environment; direct for none.",
    ),
    Key::new(
        "timeout",
        "40",
        "Seconds that a run may take (default 40), not counting the time spent waiting for a person. On a terminal, with jsonl or tsv, and for what changes, saves or sends: seconds without progress.",
    )
    .or("40")
    .flag(),
    Key::new(
        "format",
        "text",
        "Output format unless --format is given: json, jsonl, tsv or text, the page for people (default: text on a terminal, json elsewhere). exec always prints json.",
    ),
    Key::new(
        "remember",
        "true",
        "Keep sender, subject, date, snippet and labels of listed messages in a file beside the cache, so that a list that is repeated costs fewer quota units: true or false (default).",
    )
    .form(Form::Boolean)
    .or("false"),
];

/// The configuration key with this name.
pub(crate) fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.name == name)
}
