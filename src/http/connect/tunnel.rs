//! CONNECT: a connection to a host through an HTTP proxy (RFC 9110 9.3.6).

use base64::{Engine, prelude::BASE64_STANDARD};
use ureq::unversioned::transport::{NextTimeout, Transport};

use super::Why;
use crate::http::{USER_AGENT, proxy::Login};

const MAX_HEADERS: usize = 64;

/// Asks the proxy to connect. The request leaves in one write: some proxies read it only once.
pub(super) fn connect(
    proxy: &mut dyn Transport,
    authority: &str,
    login: Option<&Login>,
    left: impl Fn() -> NextTimeout,
) -> Result<(), Why> {
    let request = request(authority, login);
    let output = proxy.buffers().output();
    let space = output.get_mut(..request.len()).ok_or_else(|| Why::Io("the request is too long".into()))?;
    space.copy_from_slice(request.as_bytes());
    proxy.transmit_output(request.len(), left()).map_err(Why::from)?;
    loop {
        if !proxy.await_input(left()).map_err(Why::from)? {
            return Err(Why::Closed);
        }
        let input = proxy.buffers().input();
        if let Some((length, answer)) = parse(input)? {
            proxy.buffers().input_consume(length);
            return if (200..300).contains(&answer.status) { Ok(()) } else { Err(Why::Answered(answer)) };
        }
    }
}

fn request(authority: &str, login: Option<&Login>) -> String {
    let mut text = format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {USER_AGENT}\r\nProxy-Connection: Keep-Alive\r\n"
    );
    if let Some(Login { user, password }) = login {
        let credentials = BASE64_STANDARD.encode(format!("{}:{}", user.expose(), password.expose()));
        text.push_str(&format!("Proxy-Authorization: Basic {credentials}\r\n"));
    }
    text.push_str("\r\n");
    text
}

/// What the proxy answered.
#[derive(Debug, PartialEq)]
pub(in crate::http) struct Answer {
    pub(in crate::http) status: u16,
    /// The schemes of `Proxy-Authenticate`, such as `Basic` and `Negotiate`.
    pub(in crate::http) schemes: Vec<String>,
}

/// The answer and the length of its head; nothing while it is incomplete.
fn parse(bytes: &[u8]) -> Result<Option<(usize, Answer)>, Why> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(Why::NotHttp(bytes.first().copied().unwrap_or_default())),
    };
    let offers = head.headers.iter().filter(|h| h.name.eq_ignore_ascii_case("proxy-authenticate"));
    let mut schemes: Vec<String> = Vec::new();
    for scheme in offers.flat_map(|h| schemes_in(&String::from_utf8_lossy(h.value))) {
        if !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    Ok(Some((length, Answer { status: head.code.unwrap_or_default(), schemes })))
}

/// The schemes of a list of challenges, such as `Basic realm="a, b", Negotiate` (RFC 9110 11.3).
fn schemes_in(challenges: &str) -> Vec<String> {
    let unquoted: String = challenges.split('"').step_by(2).collect();
    let is_scheme = |word: &&str| {
        (1..=20).contains(&word.len()) && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let first_words = unquoted.split(',').filter_map(|part| part.split_whitespace().next());
    first_words.filter(is_scheme).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_gives_its_status_and_the_schemes_offered() {
        let text = "HTTP/1.1 407 Nope\r\nproxy-authenticate: Basic realm=\"a, Digest b\", NTLM\r\n\
                    Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM TlRMTVNTUAAC==\r\n\r\nrest";
        let (length, answer) = parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!((length, answer.status), (text.len() - 4, 407));
        assert_eq!(answer.schemes, ["Basic", "NTLM", "Negotiate"]);
        assert!(parse(&text.as_bytes()[..length - 1]).unwrap().is_none());
    }

    #[test]
    fn an_answer_that_is_not_http_gives_its_first_byte() {
        assert!(matches!(parse(b"\x15\x03\x01\x00\x02\x02\x46"), Err(Why::NotHttp(0x15))));
        assert!(matches!(parse(b"SSH-2.0-OpenSSH_9\r\n"), Err(Why::NotHttp(b'S'))));
        assert!(matches!(parse(b""), Ok(None)));
    }
}
