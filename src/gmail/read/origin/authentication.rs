//! Whether the sender of a message is who the message says: the results that Gmail itself recorded when it received it.
//!
//! Gmail writes its header above everything that came with the message
//! (<https://support.google.com/mail/answer/180707>). A header further below, or of another server, is the sender's.

use serde::Serialize;

use super::{
    super::{part::Part, quoted_sender},
    domain_name,
    results::{self, MethodResult},
    signature::Signature,
    speaks_for,
};
use crate::address::parse_header;

/// The server that receives mail for Gmail.
const GMAIL: &str = "mx.google.com";
const RESULTS: &str = "Authentication-Results";

/// The headers that servers put above a message. Any other one begins what the sender wrote.
const TRACE: [&str; 7] = [
    "delivered-to",
    "received",
    "return-path",
    "received-spf",
    "x-received",
    "x-forwarded-to",
    "x-forwarded-for",
];
const TRACE_PREFIXES: [&str; 4] = ["arc-", "x-google-", "x-gm-", "x-forwarded-"];

/// The words of RFC 8601 2.7 that are passed on.
const WORDS: [&str; 8] = ["none", "pass", "fail", "policy", "neutral", "softfail", "temperror", "permerror"];

/// The results of Gmail's checks.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Authentication {
    /// Whether the domain in From is proven: `None` if its owner did not make that possible.
    pub(crate) pass: Option<bool>,
    pub(crate) spf: String,
    pub(crate) dkim: String,
    pub(crate) dmarc: String,
    /// The domains whose signatures are valid.
    pub(crate) dkim_domains: Vec<String>,
}

impl Authentication {
    /// `None` if Gmail did not receive the message from elsewhere, or if its header is not certain to be Gmail's.
    pub(super) fn of(payload: Part<'_>) -> Option<Authentication> {
        let results = gmails_results(payload)?;
        let dkim: Vec<&MethodResult> = results.iter().filter(|r| r.method == "dkim").collect();
        let mut dkim_domains: Vec<String> = Vec::new();
        for domain in dkim.iter().filter(|r| r.word == "pass").filter_map(|r| signer(r)) {
            if !dkim_domains.contains(&domain) {
                dkim_domains.push(domain);
            }
        }
        // A domain with a signature that is not valid may have others that were not made for this message.
        let failed: Vec<String> =
            dkim.iter().filter(|r| r.word != "pass").filter_map(|r| signer(r)).collect();
        let (spf, dmarc) = (only(&results, "spf"), only(&results, "dmarc"));
        let dkim_word = ["pass", "fail"].into_iter().find(|word| dkim.iter().any(|r| r.word == *word));
        let dkim_word = dkim_word.or(dkim.first().map(|r| r.word.as_str())).unwrap_or("none");
        let from = sender_domain(payload);
        let pass = verdict(from.as_deref(), spf.as_ref(), dmarc.as_ref(), &dkim_domains, dkim_word);
        dkim_domains.retain(|domain| !failed.contains(domain));
        let word = |result: Option<&Found<'_>>| match result {
            None => "none".to_owned(),
            Some(Found::One(result)) => known(&result.word),
            Some(Found::Several) => "unknown".to_owned(),
        };
        Some(Authentication {
            pass,
            spf: word(spf.as_ref()),
            dkim: known(dkim_word),
            dmarc: word(dmarc.as_ref()),
            dkim_domains,
        })
    }

    /// Whether every valid signature of a domain covers these headers, each of which must occur once. Where there are
    /// several signatures of the domain, it is not known which of them is the valid one.
    pub(super) fn signs(&self, payload: Part<'_>, headers: &[&str]) -> bool {
        let count =
            |name: &str| payload.headers().filter(|(found, _)| found.eq_ignore_ascii_case(name)).count();
        if headers.iter().any(|header| count(header) != 1) {
            return false;
        }
        let carried = payload.headers().filter(|(name, _)| name.eq_ignore_ascii_case("DKIM-Signature"));
        let carried: Option<Vec<Signature>> = carried.map(|(_, value)| Signature::parse(value)).collect();
        let Some(carried) = carried else { return false };
        self.dkim_domains.iter().any(|domain| {
            let mut of_domain = carried.iter().filter(|signature| signature.domain == *domain).peekable();
            of_domain.peek().is_some()
                && of_domain.all(|signature| headers.iter().all(|header| signature.covers(header)))
        })
    }

    /// Whether the message claims a sender whom Gmail found it not to be from.
    pub(crate) fn is_refuted(&self) -> bool {
        self.pass == Some(false) || self.dmarc == "fail"
    }
}

/// The results of the topmost header, if Gmail's servers wrote it when they received the message.
fn gmails_results(payload: Part<'_>) -> Option<Vec<MethodResult>> {
    let mut was_received = false;
    for (name, value) in payload.headers() {
        let name = name.to_ascii_lowercase();
        if name.eq_ignore_ascii_case(RESULTS) {
            let (server, results) = results::parse(value)?;
            return (server == GMAIL && was_received).then_some(results);
        }
        let is_trace = TRACE.contains(&name.as_str()) || TRACE_PREFIXES.iter().any(|p| name.starts_with(p));
        if !is_trace {
            return None;
        }
        if name == "received" {
            let words: Vec<&str> = value.split_ascii_whitespace().collect();
            // Whoever puts a message into the mailbox through the API has written all of it.
            if words.contains(&"gmailapi.google.com") {
                return None;
            }
            was_received |= words.windows(2).any(|two| two == ["by", GMAIL]);
        }
    }
    None
}

enum Found<'r> {
    One(&'r MethodResult),
    /// Gmail records one; which of these is Gmail's is not known.
    Several,
}

fn only<'r>(results: &'r [MethodResult], method: &str) -> Option<Found<'r>> {
    let mut of_method = results.iter().filter(|result| result.method == method);
    let first = of_method.next()?;
    Some(if of_method.next().is_some() { Found::Several } else { Found::One(first) })
}

fn known(word: &str) -> String {
    let known = WORDS.contains(&word);
    if known { word.to_owned() } else { "unknown".to_owned() }
}

/// The domain that a signature stands for.
fn signer(result: &MethodResult) -> Option<String> {
    let identity = result.property("header.i").and_then(|i| i.rsplit_once('@')).map(|(_, domain)| domain);
    domain_name(identity.or_else(|| result.property("header.d"))?)
}

/// The domain in From, if that is one address.
fn sender_domain(payload: Part<'_>) -> Option<String> {
    let mut from = payload.headers().filter(|(name, _)| name.eq_ignore_ascii_case("From"));
    let (_, value) = from.next().filter(|_| from.next().is_none())?;
    match parse_header(&quoted_sender(super::super::header::clean(value))).as_slice() {
        [address] => Some(address.domain().to_owned()),
        _ => None,
    }
}

/// DMARC decides where there is a result. Without a policy of the domain, it is proven by what DMARC would accept.
fn verdict(
    from: Option<&str>,
    spf: Option<&Found<'_>>,
    dmarc: Option<&Found<'_>>,
    dkim_domains: &[String],
    dkim: &str,
) -> Option<bool> {
    let from = from?;
    match dmarc {
        Some(Found::One(result)) if result.word == "pass" => {
            let concerned = result.property("header.from").and_then(domain_name);
            return concerned.filter(|domain| domain == from).map(|_| true);
        }
        Some(Found::One(result)) if result.word == "fail" => return Some(false),
        Some(Found::Several) => return None,
        Some(Found::One(_)) | None => {}
    }
    let sent_by = match spf {
        Some(Found::One(result)) if result.word == "pass" => {
            let mailfrom = result.property("smtp.mailfrom").unwrap_or_default();
            domain_name(mailfrom.rsplit_once('@').map_or(mailfrom, |(_, domain)| domain))
        }
        _ => None,
    };
    let mut proven = dkim_domains.iter().chain(&sent_by);
    if proven.any(|domain| speaks_for(domain, from)) {
        return Some(true);
    }
    let spf_fails =
        matches!(spf, Some(Found::One(result)) if matches!(result.word.as_str(), "fail" | "softfail"));
    (dkim_domains.is_empty() && (spf_fails || (dkim == "fail" && sent_by.is_none()))).then_some(false)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const RECEIVED: (&str, &str) = (
        "Received",
        "from mx.news.example (mx.news.example. [192.0.2.1])\r\n by mx.google.com with ESMTPS id a1 for <ada@example.com>",
    );

    fn message(headers: &[(&str, &str)]) -> Value {
        let headers: Vec<Value> =
            headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        json!({"payload": {"headers": headers}})
    }

    fn of(headers: &[(&str, &str)]) -> Option<Authentication> {
        Authentication::of(Part::payload(&message(headers)))
    }

    /// What Gmail found of a message from news.example.
    fn found(results: &str) -> Authentication {
        let results = format!("mx.google.com; {results}");
        of(&[RECEIVED, (RESULTS, &results), ("From", "News <ada@news.example>")]).unwrap()
    }

    #[test]
    fn the_results_of_gmail_are_given() {
        let all = found(
            "dkim=pass header.i=@news.example header.b=abc; dkim=pass header.i=@esp.example; spf=pass (ok) smtp.mailfrom=b@esp.example; dmarc=pass (p=NONE) header.from=news.example",
        );
        assert_eq!(all.pass, Some(true));
        assert_eq!([all.spf, all.dkim, all.dmarc], ["pass", "pass", "pass"]);
        assert_eq!(all.dkim_domains, ["news.example", "esp.example"]);
    }

    #[test]
    fn a_header_that_is_not_certain_to_be_gmails_does_not_count() {
        let pass = "mx.google.com; dmarc=pass header.from=bank.example";
        let results = (RESULTS, pass);
        let from = ("From", "a@bank.example");
        assert!(of(&[("Delivered-To", "ada@example.com"), RECEIVED, results, from]).is_some());
        for headers in [
            // Below what the sender wrote.
            vec![RECEIVED, from, results],
            vec![RECEIVED, ("DKIM-Signature", "d=a"), results, from],
            vec![RECEIVED, ("X-Spam", "no"), results, from],
            // Below another server's, which is then the topmost.
            vec![RECEIVED, (RESULTS, "mx.evil.example; dmarc=pass header.from=bank.example"), results, from],
            // Without a server of Gmail's above it.
            vec![results, from],
            vec![
                ("Received", "from a by mx.evil.example with SMTP for <by mx.google.com.evil>"),
                results,
                from,
            ],
            // Put into the mailbox by a program.
            vec![
                ("Received", "from 1 named unknown by gmailapi.google.com with HTTPREST"),
                RECEIVED,
                results,
                from,
            ],
            // Of other servers, or malformed.
            vec![
                RECEIVED,
                (RESULTS, "mx.google.com.evil.example; dmarc=pass header.from=bank.example"),
                from,
            ],
            vec![
                RECEIVED,
                (RESULTS, "(mx.google.com) evil.example; dmarc=pass header.from=bank.example"),
                from,
            ],
            vec![RECEIVED, (RESULTS, "mx.google.com; dmarc=pass (\"x) header.from=bank.example"), from],
            // ARC is what another server says.
            vec![
                RECEIVED,
                ("ARC-Authentication-Results", "i=1; mx.google.com; dmarc=pass header.from=bank.example"),
                from,
            ],
        ] {
            assert_eq!(of(&headers), None, "{headers:?}");
        }
        let twice =
            of(&[RECEIVED, (RESULTS, "mx.google.com; dmarc=fail header.from=bank.example"), results, from]);
        assert_eq!(twice.unwrap().pass, Some(false));
    }

    #[test]
    fn dmarc_decides() {
        assert_eq!(
            found("dmarc=fail (p=NONE) header.from=news.example; spf=pass smtp.mailfrom=a@news.example").pass,
            Some(false)
        );
        // The result is about another domain than that of From.
        assert_eq!(found("dmarc=pass header.from=other.example").pass, None);
        assert_eq!(found("dmarc=pass").pass, None);
        let smuggled = found("dmarc=pass header.from=news.example; dmarc=fail header.from=news.example");
        assert_eq!((smuggled.pass, smuggled.dmarc.as_str()), (None, "unknown"));
    }

    #[test]
    fn without_a_policy_of_the_domain_what_dmarc_would_accept_proves_it() {
        for (results, pass) in [
            ("dkim=pass header.i=@news.example", Some(true)),
            ("dkim=pass header.i=@mail.news.example", None),
            ("dkim=fail header.i=@news.example; spf=pass smtp.mailfrom=a@mail.news.example", None),
            ("spf=pass smtp.mailfrom=bounce@news.example", Some(true)),
            ("spf=pass smtp.mailfrom=news.example", Some(true)),
            ("dkim=pass header.i=@evilnews.example", None),
            ("dkim=pass header.i=@example", None),
            ("spf=pass smtp.mailfrom=news.example@evil.example", None),
            ("spf=neutral smtp.mailfrom=a@news.example", None),
            ("spf=softfail smtp.mailfrom=a@news.example", Some(false)),
            ("spf=fail smtp.mailfrom=a@news.example; dkim=pass header.i=@esp.example", None),
            ("dkim=fail header.i=@news.example", Some(false)),
            ("dkim=fail header.i=@news.example; spf=pass smtp.mailfrom=a@esp.example", None),
            ("none", None),
            ("dkim=temperror header.i=@news.example", None),
        ] {
            assert_eq!(found(results).pass, pass, "{results}");
        }
    }

    #[test]
    fn several_senders_are_not_proven() {
        let results = (RESULTS, "mx.google.com; dmarc=pass header.from=news.example");
        for from in [
            vec![("From", "a@news.example, b@bank.example")],
            vec![("From", "a@news.example"), ("From", "b@bank.example")],
            vec![],
        ] {
            let headers = [vec![RECEIVED, results], from].concat();
            assert_eq!(of(&headers).unwrap().pass, None, "{headers:?}");
        }
    }

    #[test]
    fn words_outside_the_standard_are_unknown() {
        let odd =
            found("spf=ignore_previous_instructions; dkim=hello header.i=@a.example; dmarc=bestguesspass");
        assert_eq!([odd.spf, odd.dkim, odd.dmarc], ["unknown", "unknown", "unknown"]);
    }

    #[test]
    fn a_domain_with_a_signature_that_fails_is_not_among_the_valid_ones() {
        let mixed =
            found("dkim=pass header.i=@news.example header.b=a; dkim=fail header.i=@news.example header.b=a");
        assert_eq!((mixed.dkim.as_str(), mixed.dkim_domains), ("pass", vec![]));
    }

    #[test]
    fn headers_are_signed_if_every_signature_of_a_valid_domain_covers_them() {
        const SIGNED: &str = "d=news.example; h=from:list-unsubscribe; b=x";
        let valid = found("dkim=pass header.i=@news.example");
        let signs =
            |headers: &[(&str, &str)]| valid.signs(Part::payload(&message(headers)), &["List-Unsubscribe"]);
        let list = ("List-Unsubscribe", "<https://a.example/>");
        assert!(signs(&[("DKIM-Signature", SIGNED), list]));
        for headers in [
            vec![list],
            vec![("DKIM-Signature", SIGNED)],
            vec![("DKIM-Signature", SIGNED), list, list],
            vec![("DKIM-Signature", "d=other.example; h=from:list-unsubscribe; b=x"), list],
            vec![("DKIM-Signature", "d=news.example; h=from; b=x"), list],
            // A second one in the name of the domain, which the sender may have made up.
            vec![("DKIM-Signature", SIGNED), ("DKIM-Signature", "d=news.example; h=from; b=x"), list],
            vec![("DKIM-Signature", SIGNED), ("DKIM-Signature", "malformed"), list],
        ] {
            assert!(!signs(&headers), "{headers:?}");
        }
    }
}
