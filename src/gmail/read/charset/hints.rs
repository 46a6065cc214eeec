//! What the rest of a message says about a text whose charset is not declared, or is declared wrongly.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, IBM866, ISO_2022_JP, ISO_8859_2, ISO_8859_5, ISO_8859_6,
    ISO_8859_7, ISO_8859_8, ISO_8859_8_I, ISO_8859_13, KOI8_R, KOI8_U, SHIFT_JIS, UTF_8, WINDOWS_874,
    WINDOWS_1250, WINDOWS_1251, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257,
    WINDOWS_1258,
};

use super::super::part::Part;

/// Top-level domains where most mail is not in Latin letters.
const OTHER_SCRIPTS: [&str; 20] = [
    "ae", "bg", "by", "cn", "eg", "gr", "hk", "il", "ir", "jp", "kr", "kz", "mk", "ru", "sa", "su", "th",
    "tw", "ua", "uz",
];

#[derive(Debug, Default)]
pub(in crate::gmail::read) struct Hints {
    /// The encodings that other places declare, the nearest first.
    pub(super) encodings: Vec<&'static Encoding>,
    /// A top-level domain where the language of the text is usual.
    domain: Option<String>,
}

impl Hints {
    /// The hints of a whole message: the charsets of its parts and of its encoded words, the script of its subject, and
    /// the domain of its sender.
    pub(in crate::gmail::read) fn of(payload: Part<'_>) -> Hints {
        let mut encodings = Vec::new();
        payload.walk((), |part, (), _| {
            encodings.extend(part.parameter("charset").and_then(|label| named(&label)));
            Some(())
        });
        for (_, value) in payload.headers() {
            let words = value.split("=?").skip(1).filter_map(|word| word.split(['?', '*']).next());
            encodings.extend(words.filter_map(named));
        }
        let subject = payload.header("Subject").and_then(domain_of_script);
        let domain = subject.map(str::to_owned).or_else(|| sender_domain(payload.header("From")?));
        Hints { encodings, domain }
    }

    /// The same, with the charset that the text itself declares.
    pub(in crate::gmail::read) fn and_first(mut self, encoding: Option<&'static Encoding>) -> Hints {
        self.encodings.splice(0..0, encoding);
        self
    }

    /// The same, without a charset that turned out to be wrong.
    pub(super) fn without(mut self, encoding: &'static Encoding) -> Hints {
        self.encodings.retain(|other| *other != encoding);
        self
    }

    /// How many words in another script, of how many bytes together, a header must seem to have to be read again.
    pub(super) fn words_of_another_script(&self) -> (usize, usize) {
        if self.encodings.iter().any(|encoding| domain_of(encoding).is_some()) {
            (1, 4)
        } else if self.domain.as_deref().is_some_and(|domain| OTHER_SCRIPTS.contains(&domain)) {
            (2, 8)
        } else {
            (3, 12)
        }
    }

    /// The domain that tells the detector the language.
    pub(super) fn domain(&self) -> Option<&str> {
        self.encodings.iter().find_map(|encoding| domain_of(encoding)).or(self.domain.as_deref())
    }
}

/// UTF-8 does not tell a language.
fn named(label: &str) -> Option<&'static Encoding> {
    super::encoding(&label.trim().to_ascii_lowercase()).filter(|encoding| *encoding != UTF_8)
}

/// The last label of the domain, as the detector expects it.
fn sender_domain(from: &str) -> Option<String> {
    let (_, domain) = from.rsplit_once('@')?;
    let domain = domain.split(|c: char| c == '>' || c.is_whitespace()).next()?;
    let top = domain.trim_end_matches('.').rsplit('.').next()?.to_ascii_lowercase();
    let is_usual = top.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (is_usual && !top.is_empty()).then_some(top)
}

/// A domain where this encoding is usual.
fn domain_of(encoding: &'static Encoding) -> Option<&'static str> {
    let domains: [(&[&'static Encoding], &str); 13] = [
        (&[WINDOWS_1251, KOI8_R, KOI8_U, ISO_8859_5, IBM866], "ru"),
        (&[WINDOWS_1250], "cz"),
        (&[ISO_8859_2], "pl"),
        (&[WINDOWS_1253, ISO_8859_7], "gr"),
        (&[WINDOWS_1254], "tr"),
        (&[WINDOWS_1255, ISO_8859_8, ISO_8859_8_I], "il"),
        (&[WINDOWS_1256, ISO_8859_6], "sa"),
        (&[WINDOWS_1257, ISO_8859_13], "lt"),
        (&[WINDOWS_874], "th"),
        (&[GBK, GB18030], "cn"),
        (&[BIG5], "tw"),
        (&[SHIFT_JIS, EUC_JP, ISO_2022_JP], "jp"),
        (&[EUC_KR], "kr"),
    ];
    let vietnamese = (encoding == WINDOWS_1258).then_some("vn");
    domains
        .iter()
        .find(|(encodings, _)| encodings.contains(&encoding))
        .map(|(_, domain)| *domain)
        .or(vietnamese)
}

/// A domain where the script of a text is usual. Scripts that many languages share tell nothing.
fn domain_of_script(text: &str) -> Option<&'static str> {
    let mut han = None;
    for c in text.chars() {
        match c {
            '\u{370}'..='\u{3ff}' => return Some("gr"),
            '\u{400}'..='\u{52f}' => return Some("ru"),
            '\u{590}'..='\u{5ff}' => return Some("il"),
            '\u{600}'..='\u{6ff}' => return Some("sa"),
            '\u{e00}'..='\u{e7f}' => return Some("th"),
            '\u{3040}'..='\u{30ff}' => return Some("jp"),
            '\u{ac00}'..='\u{d7af}' => return Some("kr"),
            '\u{4e00}'..='\u{9fff}' => han = Some("cn"),
            _ => {}
        }
    }
    han
}
