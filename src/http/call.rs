//! A request before it is sent.

use std::{io::Read, time::Duration};

use super::reply::MAX_ANSWER;
use crate::{problem::Result, secret::Secret};

pub(crate) struct Call<'a> {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) bearer: Option<&'a Secret>,
    pub(crate) headers: Vec<(&'static str, Secret)>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Body<'a>,
    /// The limit for this request; the run's deadline applies as well.
    pub(crate) timeout: Option<Duration>,
    /// The longest body of a success that is accepted, in octets.
    pub(crate) limit: u64,
    /// Whether the bodies contain mail and no credentials, so that `--debug=http` may show them.
    pub(crate) carries_mail: bool,
    /// What `--debug` shows instead of the URL.
    pub(crate) label: Option<String>,
    /// What is done when the connection stands, before the first byte of the body is sent. If it fails, no byte is.
    pub(crate) before_body: Option<&'a dyn Fn() -> Result<()>>,
}

pub(crate) enum Body<'a> {
    None,
    Bytes(&'a [u8]),
    /// A stream and its length.
    Stream(&'a mut dyn Read, u64),
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: &'static str, url: impl Into<String>) -> Self {
        Call {
            method,
            url: url.into(),
            bearer: None,
            headers: Vec::new(),
            content_type: None,
            body: Body::None,
            timeout: None,
            limit: MAX_ANSWER,
            carries_mail: false,
            label: None,
            before_body: None,
        }
    }

    pub(crate) fn bearer(mut self, token: &'a Secret) -> Self {
        self.bearer = Some(token);
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: Secret) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn json(self, body: &'a [u8]) -> Self {
        self.body("application/json", Body::Bytes(body))
    }

    pub(crate) fn body(mut self, content_type: impl Into<String>, body: Body<'a>) -> Self {
        self.content_type = Some(content_type.into());
        self.body = body;
        self
    }

    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(crate) fn limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }

    /// The bodies contain mail and no credentials.
    pub(crate) fn of_mail(mut self) -> Self {
        self.carries_mail = true;
        self
    }

    /// See [`Call::before_body`]. It runs once more when the request is made once more.
    pub(crate) fn before_body(mut self, run: &'a dyn Fn() -> Result<()>) -> Self {
        self.before_body = Some(run);
        self
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}
