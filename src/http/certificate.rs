//! Certificates that are not accepted: the reason, and the cure of that reason.

use rustls::{CertificateError, Error, pki_types::UnixTime};

use super::fault::Origin;

/// What is wrong with a certificate, as the end of a sentence that begins with "the certificate of ...", and the hint.
/// Nothing if the error is another one. `owner` is who presented the certificate.
pub(super) fn defect(error: &Error, owner: &str) -> Option<(String, String)> {
    match error {
        Error::InvalidCertificate(error) => Some(explain(error, owner)),
        // The store of root certificates is empty or cannot be used.
        Error::General(text) => Some((format!("cannot be checked: {text}"), NAME_THE_CA.to_owned())),
        _ => None,
    }
}

/// Whether the certificate, the trusted issuers or the clock is the reason.
pub(super) fn origin(error: &Error) -> Origin {
    use CertificateError as E;
    match error {
        Error::InvalidCertificate(E::UnknownIssuer | E::BadSignature) | Error::General(_) => Origin::Trust,
        Error::InvalidCertificate(
            E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. },
        ) => Origin::Time,
        _ => Origin::Host,
    }
}

const NAME_THE_CA: &str = "Add the certificate of the CA that issued it to the file in SSL_CERT_FILE; where a proxy intercepts TLS, that is the CA of the proxy.";

fn explain(error: &CertificateError, owner: &str) -> (String, String) {
    use CertificateError as E;
    let replace = |what: &str| format!("Ask the operator of {owner} for a certificate {what}.");
    match error {
        E::UnknownIssuer => ("is not trusted: its issuer is unknown here".into(), NAME_THE_CA.into()),
        E::BadSignature => (
            "does not have a valid signature of the CA that it names".into(),
            "Check SSL_CERT_FILE: it may contain an older certificate of the same CA.".into(),
        ),
        E::ExpiredContext { time, not_after } => (
            format!("expired on {}, and the time here is {}", date(not_after), date(time)),
            format!("Check the date of this machine; if it is right, {owner} needs a new certificate."),
        ),
        E::NotValidYetContext { time, not_before } => (
            format!("is not valid before {}, and the time here is {}", date(not_before), date(time)),
            "Set the date of this machine.".into(),
        ),
        E::Expired => ("has expired".into(), "Check the date of this machine.".into()),
        E::NotValidYet => ("is not valid yet".into(), "Set the date of this machine.".into()),
        E::NotValidForNameContext { presented, .. } => (
            format!("is for another host: {}", names(presented)),
            format!(
                "Check the address {owner} for a typo; the login page of a network may be answering in its place."
            ),
        ),
        E::NotValidForName => {
            ("is for another host".into(), format!("Check the address {owner} for a typo."))
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            ("is not meant for servers".into(), replace("with the purpose serverAuth"))
        }
        E::Revoked => ("has been revoked".into(), replace("that is valid")),
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => (
            "has a signature of a kind that is not supported, such as SHA-1".into(),
            replace("that is signed with SHA-256 or better"),
        ),
        E::BadEncoding => ("is damaged".into(), replace("that is valid")),
        E::Other(other) => explain_other(other.0.downcast_ref(), owner, &error.to_string()),
        other => (format!("is not accepted: {other}"), replace("that is valid")),
    }
}

/// What rustls passes on from its parser of certificates.
fn explain_other(error: Option<&webpki::Error>, owner: &str, text: &str) -> (String, String) {
    match error {
        Some(webpki::Error::CaUsedAsEndEntity) => (
            "is a CA certificate, not a server certificate".into(),
            format!("Issue a server certificate for {owner} with this CA, and install it there."),
        ),
        Some(webpki::Error::EndEntityUsedAsCa) => (
            "was issued by a certificate that is not a CA certificate".into(),
            format!("Issue a server certificate for {owner} with a CA, and install it there."),
        ),
        Some(webpki::Error::UnsupportedCertVersion) => (
            "has an old format (X.509 before version 3)".into(),
            format!("Issue a server certificate of version 3 for {owner}."),
        ),
        _ => (
            format!("is not accepted: {text}"),
            format!("Ask the operator of {owner} for a certificate that is valid."),
        ),
    }
}

fn date(time: &UnixTime) -> String {
    let time = i64::try_from(time.as_secs()).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    time.map_or_else(|| "an unknown date".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// The first names of a certificate. webpki writes them as `DnsName("example.com")`.
fn names(presented: &[String]) -> String {
    const SHOWN: usize = 4;
    let bare = |name: &String| {
        let quoted = name.split('"').nth(1).unwrap_or(name);
        quoted.chars().filter(|c| c.is_ascii_graphic()).take(100).collect::<String>()
    };
    let mut text = presented.iter().take(SHOWN).map(bare).collect::<Vec<_>>().join(", ");
    if presented.len() > SHOWN {
        text.push_str(", ...");
    }
    if text.is_empty() { "it names none".to_owned() } else { text }
}
