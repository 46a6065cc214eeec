//! What a server returned: a whole response, or a body that is read while it arrives.

use std::{io::Read, time::Duration};

use jiff::{civil::DateTime, tz::TimeZone};

use super::fault::Fault;
use crate::{
    clock::{self, Budget},
    json,
    observer::Observer,
};

/// The longest body of an ordinary response, and how much is read of an error.
pub(super) const MAX_ANSWER: u64 = 1 << 20;
/// The longest body with mail: the largest message is 35 MiB before base64.
pub(crate) const MAX_MAIL: u64 = 96 << 20;
/// Characters that are kept of a header value.
const MAX_HEADER: usize = 1000;
/// Progress is reported after each of these steps.
const PROGRESS_STEP: u64 = 1 << 20;

pub(super) type Response = ureq::http::Response<ureq::Body>;

pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Reads the whole body of a success, which may have `limit` octets, or the beginning of an error.
    pub(super) fn read(mut response: Response, limit: u64) -> Result<Reply, ureq::Error> {
        let value = |v: &[u8]| String::from_utf8_lossy(v).chars().take(MAX_HEADER).collect::<String>();
        let headers = response.headers().iter();
        let headers = headers.map(|(n, v)| (n.as_str().to_owned(), value(v.as_bytes()))).collect();
        let status = response.status();
        let body = response.body_mut().with_config();
        let body = if status.is_success() {
            body.limit(limit).read_to_vec()?
        } else {
            let mut start = Vec::new();
            body.limit(u64::MAX).reader().take(MAX_ANSWER).read_to_end(&mut start)?;
            start
        };
        Ok(Reply { status: status.as_u16(), headers, body })
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn made_of(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Reply { status, headers, body: body.to_owned() }
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The body as JSON, nested at most [`json::MAX_DEPTH`] deep.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        json::parse(&self.body)
    }

    /// Whether the body is nested more deeply than it is read.
    pub(crate) fn is_too_deep(&self) -> bool {
        json::is_too_deep(&self.body)
    }

    /// Whether the body is a web page, as reverse proxies and egress filters return it.
    pub(crate) fn is_html(&self) -> bool {
        let start =
            String::from_utf8_lossy(&self.body[..self.body.len().min(64)]).trim_start().to_lowercase();
        start.starts_with("<!doctype html")
            || start.starts_with("<html")
            || (start.starts_with('<') && self.header("content-type").is_some_and(is_html))
    }

    /// `Retry-After` in seconds or as an HTTP date (RFC 9110 10.2.3). A date is judged by the clock of the server.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        let seconds = http_date(text)? - self.now();
        Some(Duration::from_secs_f64(seconds.max(0.0)))
    }

    /// The time of the server, or ours if it does not tell: seconds since the epoch.
    pub(crate) fn now(&self) -> f64 {
        self.date().unwrap_or_else(clock::now)
    }

    /// When the server says that it answered: `Date` in seconds since the epoch.
    pub(crate) fn date(&self) -> Option<f64> {
        http_date(self.header("date")?.trim())
    }

    /// Whether an egress proxy refused the host itself; it adds one of these headers then.
    pub(super) fn refused_by_egress(&self) -> bool {
        self.header("x-deny-reason").is_some() || self.header("x-proxy-error").is_some()
    }
}

/// Whether a media type is that of a web page.
pub(super) fn is_html(media_type: &str) -> bool {
    media_type.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("text/html"))
}

/// Seconds since the epoch of a date in one of the three formats of RFC 9110 5.6.7.
pub(crate) fn http_date(text: &str) -> Option<f64> {
    let seconds = match jiff::fmt::rfc2822::parse(text) {
        Ok(date) => date.timestamp().as_second(),
        Err(_) => ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
            .iter()
            .find_map(|format| DateTime::strptime(format, text).ok())
            .and_then(|date| TimeZone::UTC.to_timestamp(date).ok())?
            .as_second(),
    };
    Some(seconds as f64)
}

/// The result of [`super::Http::stream`].
pub(crate) enum Streamed<'a> {
    /// Any status but a success, or a web page.
    Whole(Reply),
    Flowing(Flow<'a>),
}

/// The body of a success, read while it arrives.
pub(crate) struct Flow<'a> {
    inner: Box<dyn Read>,
    host: String,
    observer: &'a dyn Observer,
    budget: &'a Budget,
    read: u64,
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        response: Response,
        host: String,
        observer: &'a dyn Observer,
        budget: &'a Budget,
    ) -> Self {
        let inner = response.into_body().into_with_config().limit(MAX_MAIL).reader();
        Flow { inner: Box::new(inner), host, observer, budget, read: 0 }
    }

    /// Reads more of the body into the buffer; 0 means its end.
    pub(crate) fn more(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let count = self.inner.read(buffer).map_err(|e| Fault::new(&e.into(), &self.host, true))?;
        self.budget.progressed();
        let before = self.read;
        self.read += count as u64;
        if before / PROGRESS_STEP != self.read / PROGRESS_STEP {
            self.observer.progress(&format!("downloading, {} MB", self.read >> 20));
        }
        Ok(count)
    }
}

/// What `--debug` shows of a response.
pub(super) trait Summary {
    fn summary(&self) -> String;

    /// The response, if it was read whole.
    fn reply(&self) -> Option<&Reply>;
}

impl Summary for Reply {
    fn summary(&self) -> String {
        format!("{}, {} bytes", self.status, self.body.len())
    }

    fn reply(&self) -> Option<&Reply> {
        Some(self)
    }
}

impl Summary for Streamed<'_> {
    fn summary(&self) -> String {
        match self {
            Streamed::Whole(reply) => reply.summary(),
            Streamed::Flowing(_) => "200, streamed".to_owned(),
        }
    }

    fn reply(&self) -> Option<&Reply> {
        match self {
            Streamed::Whole(reply) => Some(reply),
            Streamed::Flowing(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(headers: &[(&str, &str)]) -> Reply {
        Reply::made_of(503, headers, b"")
    }

    #[test]
    fn every_format_of_an_http_date_is_read() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(reply(&[("date", text)]).date(), Some(784_111_777.0), "{text}");
        }
        for text in ["", "yesterday", "Sun, 06 Nov 1994", "784111777", "Sun, 31 Feb 2026 08:49:37 GMT"] {
            assert_eq!(reply(&[("date", text)]).date(), None, "{text}");
        }
        assert_eq!(reply(&[]).date(), None);
    }

    #[test]
    fn retry_after_is_judged_by_the_clock_of_the_server() {
        let at = |minute: u32| format!("Sun, 06 Nov 1994 08:{minute:02}:37 GMT");
        let wait = |retry: &str| reply(&[("date", &at(49)), ("retry-after", retry)]).retry_after();
        assert_eq!(wait(&at(51)), Some(Duration::from_secs(120)));
        assert_eq!(wait(&at(30)), Some(Duration::ZERO));
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn without_a_date_retry_after_is_judged_by_our_clock() {
        let past = reply(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]);
        assert_eq!(past.retry_after(), Some(Duration::ZERO));
        let future = reply(&[("retry-after", "Fri, 31 Dec 2100 00:00:00 GMT")]);
        assert!(future.retry_after() > Some(Duration::from_secs(86_400)));
    }
}
