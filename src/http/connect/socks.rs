//! SOCKS 4, 4a and 5 (RFC 1928), with a user and password in version 5 (RFC 1929).

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr},
};

use crate::http::proxy::Login;

/// Why the proxy did not connect.
#[derive(Debug)]
pub(in crate::http) enum Refusal {
    /// The host is not allowed by the rules of the proxy.
    NotAllowed,
    /// The proxy could not reach the host, for this reason.
    NoRoute(&'static str),
    /// The proxy requires a user and password, or another way to sign in.
    LoginRequired,
    LoginRefused,
    /// The proxy does not support what was requested.
    Unsupported(&'static str),
    /// Not an answer of a SOCKS proxy; its first byte.
    NotSocks(u8),
}

/// Either the connection failed or the proxy refused.
#[derive(Debug)]
pub(super) enum Failure {
    Io(io::Error),
    Refused(Refusal),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

/// Asks a SOCKS 5 proxy to resolve the host and to connect to it.
pub(super) fn version_5(
    proxy: &mut (impl Read + Write),
    host: &str,
    port: u16,
    login: Option<&Login>,
) -> Result<(), Failure> {
    // The methods: none, or also user and password.
    proxy.write_all(if login.is_some() { &[5, 2, 0, 2] } else { &[5, 1, 0] })?;
    let [version, method] = read(proxy)?;
    expect(version, 5)?;
    match (method, login) {
        (0, _) => {}
        (2, Some(login)) => sign_in(proxy, login)?,
        _ => return Err(Failure::Refused(Refusal::LoginRequired)),
    }
    let mut request = vec![5, 1, 0];
    match host.parse() {
        Ok(IpAddr::V4(ip)) => request.extend([&[1], &ip.octets()[..]].concat()),
        Ok(IpAddr::V6(ip)) => request.extend([&[4], &ip.octets()[..]].concat()),
        Err(_) => {
            let name = &host.as_bytes()[..host.len().min(255)];
            request.extend([&[3, name.len() as u8], name].concat());
        }
    }
    request.extend(port.to_be_bytes());
    proxy.write_all(&request)?;
    let [version, answer, _, kind] = read(proxy)?;
    expect(version, 5)?;
    if let Some(refusal) = refusal_of_version_5(answer) {
        return Err(Failure::Refused(refusal));
    }
    // The address from which the proxy connects is of no interest.
    let length = match kind {
        1 => 4,
        3 => usize::from(read::<1>(proxy)?[0]),
        4 => 16,
        _ => return Err(Failure::Refused(Refusal::Unsupported("an unknown kind of address"))),
    };
    proxy.read_exact(&mut [0; 255 + 2][..length + 2])?;
    Ok(())
}

fn sign_in(proxy: &mut (impl Read + Write), login: &Login) -> Result<(), Failure> {
    let mut request = vec![1];
    for text in [login.user.expose(), login.password.expose()] {
        // Checked when the setting was read.
        request.push(text.len().min(255) as u8);
        request.extend_from_slice(&text.as_bytes()[..text.len().min(255)]);
    }
    proxy.write_all(&request)?;
    match read(proxy)? {
        [_, 0] => Ok(()),
        _ => Err(Failure::Refused(Refusal::LoginRefused)),
    }
}

fn refusal_of_version_5(answer: u8) -> Option<Refusal> {
    Some(match answer {
        0 => return None,
        1 => Refusal::NoRoute("general failure"),
        2 => Refusal::NotAllowed,
        3 => Refusal::NoRoute("the network is unreachable"),
        4 => Refusal::NoRoute("the host is unreachable or was not found"),
        5 => Refusal::NoRoute("the connection was refused"),
        6 => Refusal::NoRoute("the time to live expired"),
        7 => Refusal::Unsupported("the command to connect"),
        8 => Refusal::Unsupported("host names"),
        _ => Refusal::NoRoute("unknown error"),
    })
}

/// Where a SOCKS 4 proxy shall connect to.
pub(super) enum Target<'a> {
    Address(Ipv4Addr),
    /// Version 4a: the proxy resolves the host.
    Name(&'a str),
}

/// Asks a SOCKS 4 proxy to connect. There are no passwords in this version.
pub(super) fn version_4(
    proxy: &mut (impl Read + Write),
    target: Target<'_>,
    port: u16,
) -> Result<(), Failure> {
    let mut request = vec![4, 1];
    request.extend_from_slice(&port.to_be_bytes());
    match target {
        Target::Address(address) => {
            request.extend_from_slice(&address.octets());
            request.push(0);
        }
        Target::Name(host) => {
            request.extend_from_slice(&[0, 0, 0, 1, 0]);
            request.extend_from_slice(host.as_bytes());
            request.push(0);
        }
    }
    proxy.write_all(&request)?;
    let [version] = read(proxy)?;
    expect(version, 0)?;
    let [answer, ..] = read::<7>(proxy)?;
    match answer {
        90 => Ok(()),
        91 => Err(Failure::Refused(Refusal::NoRoute("rejected or failed"))),
        _ => Err(Failure::Refused(Refusal::LoginRequired)),
    }
}

fn read<const N: usize>(proxy: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    proxy.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn expect(version: u8, wanted: u8) -> Result<(), Failure> {
    if version == wanted { Ok(()) } else { Err(Failure::Refused(Refusal::NotSocks(version))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    /// A proxy that gives this answer and records what it is sent.
    struct Script {
        answer: io::Cursor<Vec<u8>>,
        heard: Vec<u8>,
    }

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.answer.read(buffer)
        }
    }

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.heard.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn script(answer: &[u8]) -> Script {
        Script { answer: io::Cursor::new(answer.to_vec()), heard: Vec::new() }
    }

    #[test]
    fn version_5_sends_the_name_and_reads_past_the_bound_address() {
        for bound in [&[1, 1, 2, 3, 4, 0, 80][..], &[3, 2, b'a', b'b', 0, 80], &[4; 19]] {
            let mut proxy = script(&[&[5, 0, 5, 0, 0], bound, b"rest"].concat());
            version_5(&mut proxy, "a.example", 443, None).unwrap();
            assert_eq!(proxy.heard, b"\x05\x01\x00\x05\x01\x00\x03\x09a.example\x01\xbb");
            assert_eq!(&proxy.answer.into_inner()[5 + bound.len()..], b"rest");
        }
    }

    #[test]
    fn version_5_signs_in_when_the_proxy_requires_it() {
        let login = Login { user: Secret::new("ada"), password: Secret::new("pw") };
        let mut proxy = script(&[5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        version_5(&mut proxy, "a", 443, Some(&login)).unwrap();
        assert!(proxy.heard.starts_with(b"\x05\x02\x00\x02\x01\x03ada\x02pw\x05\x01"));
        let refused = version_5(&mut script(&[5, 2, 1, 1]), "a", 443, Some(&login));
        assert!(matches!(refused, Err(Failure::Refused(Refusal::LoginRefused))));
        let refused = version_5(&mut script(&[5, 255]), "a", 443, None);
        assert!(matches!(refused, Err(Failure::Refused(Refusal::LoginRequired))));
    }

    #[test]
    fn version_4_sends_an_address_or_a_name() {
        let mut proxy = script(&[0, 90, 0, 0, 0, 0, 0, 0]);
        version_4(&mut proxy, Target::Address(Ipv4Addr::new(10, 0, 0, 1)), 443).unwrap();
        assert_eq!(proxy.heard, b"\x04\x01\x01\xbb\x0a\x00\x00\x01\x00");
        let mut proxy = script(&[0, 91, 0, 0, 0, 0, 0, 0]);
        version_4(&mut proxy, Target::Name("a.example"), 443).unwrap_err();
        assert_eq!(proxy.heard, b"\x04\x01\x01\xbb\x00\x00\x00\x01\x00a.example\x00");
    }

    #[test]
    fn an_answer_in_another_protocol_is_recognised() {
        let http = version_5(&mut script(b"HTTP/1.1 400"), "a", 443, None);
        assert!(matches!(http, Err(Failure::Refused(Refusal::NotSocks(b'H')))));
        let short = version_4(&mut script(b""), Target::Name("a"), 443);
        assert!(matches!(short, Err(Failure::Io(e)) if e.kind() == io::ErrorKind::UnexpectedEof));
    }
}
