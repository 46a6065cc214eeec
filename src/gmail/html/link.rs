//! Decides which link targets are shown. Each is shown once and without tracking parameters.

use std::collections::HashSet;

use crate::characters::scrub;

/// Targets longer than this are shown whole only until they add up to [`LONG_BUDGET`]: a mail that confirms an
/// address keeps its one long link, but a newsletter cannot spend 8 kB on click counters.
const LONG: usize = 200;
const LONG_BUDGET: usize = 2_000;
/// How many characters of a path are kept when a target is cut.
const SHORT_PATH: usize = 60;

/// The targets shown so far.
#[derive(Default)]
pub(super) struct Links {
    seen: HashSet<String>,
    /// The length of all long targets together.
    long: usize,
}

impl Links {
    /// The target to show in angle brackets after a link with this text; `None` if it adds nothing to the text.
    pub(super) fn show(&mut self, href: &str, text: &str) -> Option<String> {
        let target = tidy(href)?;
        if says_the_same(text, &target) || self.seen.contains(&target) {
            return None;
        }
        let is_long = target.len() > LONG;
        let is_cut = is_long && self.long + target.len() > LONG_BUDGET;
        // The start of an image's link is of no use; the title next to it usually has the same link.
        if is_cut && text.is_empty() {
            return None;
        }
        self.seen.insert(target.clone());
        self.long += if is_long && !is_cut { target.len() } else { 0 };
        Some(if is_cut { cut(&target) } else { target })
    }
}

/// A web address, mail address or telephone number, cleaned; `None` for any other target.
fn tidy(href: &str) -> Option<String> {
    let (scrubbed, _) = scrub(href.trim());
    let href: String = scrubbed.chars().filter(|c| !c.is_ascii_control()).collect();
    let (scheme, rest) = href.split_once(':')?;
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => {
            let unwrapped = unwrap_redirect(&href);
            Some(escape(&without_tracking(unwrapped.as_deref().unwrap_or(&href))))
        }
        "mailto" => Some(escape(rest.split('?').next()?)).filter(|address| address.contains('@')),
        "tel" => Some(escape(rest)).filter(|number| !number.is_empty()),
        "ftp" | "sms" | "webcal" => Some(escape(&href)),
        _ => None,
    }
}

/// The target inside an Outlook Safe Links or Google redirect URL.
pub(super) fn unwrap_redirect(href: &str) -> Option<String> {
    let (place, query) = href.split_once('?')?;
    let host = host_of(place)?;
    let key = match host {
        _ if host.ends_with(".safelinks.protection.outlook.com") => "url=",
        "www.google.com" if place.ends_with("/url") => "q=",
        _ => return None,
    };
    let value = query.split('&').find_map(|pair| pair.strip_prefix(key))?;
    let target = decode(value)?;
    (target.starts_with("https://") || target.starts_with("http://")).then_some(target)
}

fn host_of(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split(['/', '?', '#']).next()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let value = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(value.unwrap_or(byte));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(|c: char| c.is_control()))
}

fn without_tracking(url: &str) -> String {
    let Some((place, rest)) = url.split_once('?') else { return url.to_owned() };
    let (query, fragment) = rest.split_once('#').map_or((rest, None), |(query, id)| (query, Some(id)));
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !tracks(pair)).collect();
    let mut out = place.to_owned();
    for (at, pair) in kept.iter().enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        out.push_str(pair);
    }
    if let Some(id) = fragment {
        out.push('#');
        out.push_str(id);
    }
    out
}

fn tracks(pair: &str) -> bool {
    const PREFIXES: [&str; 9] = ["utm_", "mc_", "_hs", "hsa_", "pk_", "mtm_", "vero_", "oly_", "__s"];
    const NAMES: [&str; 20] = [
        "fbclid",
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "yclid",
        "ttclid",
        "twclid",
        "li_fat_id",
        "igshid",
        "mkt_tok",
        "trk",
        "trkemail",
        "_ke",
        "ck_subscriber_id",
        "_bhlid",
        "s_cid",
        "wickedid",
        "ref_src",
    ];
    let name = pair.split('=').next().unwrap_or(pair).to_ascii_lowercase();
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name.as_str())
}

/// Escapes white space and angle brackets, so that a target stays on one line inside its angle brackets.
fn escape(target: &str) -> String {
    let mut out = String::with_capacity(target.len());
    for c in target.trim().chars() {
        match c {
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            c if c.is_whitespace() => out.push_str("%20"),
            c => out.push(c),
        }
    }
    out
}

/// The host and the start of the path, followed by an ellipsis.
fn cut(target: &str) -> String {
    let place = target.split(['?', '#']).next().unwrap_or(target);
    let host = place.find("://").map_or(0, |at| at + 3);
    let path = place[host..].find('/').map_or(place.len(), |at| host + at);
    let end = place[path..].char_indices().nth(SHORT_PATH).map_or(place.len(), |(at, _)| path + at);
    format!("{}…", &place[..end])
}

fn says_the_same(text: &str, target: &str) -> bool {
    let bare = |text: &str| {
        let text = text.trim().trim_matches(['<', '>']).to_lowercase();
        let text =
            text.trim_start_matches("mailto:").trim_start_matches("https://").trim_start_matches("http://");
        text.trim_start_matches("www.").trim_end_matches('/').to_owned()
    };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_number = !target.contains(|c: char| c.is_alphabetic());
    bare(text) == bare(target) || is_number && digits(text) == digits(target)
}
