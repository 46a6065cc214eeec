//! Everything that comes from outside, as functions of bytes that must neither panic nor break a promise.
//!
//! They are compiled for the fuzzer (`tests/fuzz`) and for the unit tests, which replay its corpus and mutations of it.

use std::{ffi::OsStr, fs, path::PathBuf, time::Duration};

use serde_json::Value;

use crate::{
    access::{Application, Broker, BrokerClient, Tenant},
    address::{self, Address},
    characters::breaks_header,
    cli::Settings,
    clock::Budget,
    config::{Config, Environment},
    disk::FileAccess,
    gmail::{
        batch, html,
        mime::Tree,
        query,
        quotation::{Original, Quote},
        read,
        revision::{Changes, Revision},
    },
    http::{Http, HttpSettings, ProxySetting, Reply, Trust},
    observer::Observer,
    policy::Policy,
    problem::Problem,
    secret::Secret,
    spec,
    store::{Identity, SIGN_IN, Store},
    tools::{Arguments, Request},
};

/// What the fuzzer calls with each input.
pub type Target = fn(&[u8]);

/// The targets by name.
pub const TARGETS: [(&str, Target); 11] = [
    ("addresses", addresses),
    ("auth0", auth0),
    ("batch", batch_answer),
    ("broker", broker),
    ("cache", cache),
    ("configuration", configuration),
    ("criteria", criteria),
    ("exec", exec),
    ("html", html_text),
    ("message", message),
    ("payload", payload),
];

struct Silent;

impl Observer for Silent {
    fn warn(&self, _: &str) {}
    fn debug(&self, _: &str) {}
}

/// A directory of this process and thread.
fn directory() -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let name: String = thread.chars().filter(char::is_ascii_digit).collect();
    let directory = std::env::temp_dir().join(format!("mcs-gmail-fuzz-{}-{name}", std::process::id()));
    fs::create_dir_all(&directory).expect("a temporary directory");
    directory
}

/// Whatever is written about a failure can be printed.
fn told(problem: &Problem) {
    let caller = crate::phrase::Caller::Json;
    assert!(!problem.message().is_empty());
    let said = problem.quote().unwrap_or_default();
    assert!(said.chars().count() <= 300 && !said.contains(breaks_header), "{said:?}");
    assert!(problem.document(caller)["error"]["exit"].as_u64() > Some(0));
}

fn http(budget: &Budget) -> Http<'_> {
    let trust = Trust { file: None, directory: None, extra: Vec::new() };
    let settings = HttpSettings { proxy: ProxySetting::Direct, no_proxy: String::new(), trust };
    Http::new(settings, budget, &Silent, &[])
}

/// The first byte chooses the status, the rest is the body.
fn answer(data: &[u8]) -> (u16, &[u8]) {
    const STATUS: [u16; 16] =
        [200, 201, 204, 301, 400, 401, 403, 404, 407, 409, 410, 418, 422, 429, 500, 503];
    match data {
        [first, body @ ..] => (STATUS[usize::from(*first) % STATUS.len()], body),
        [] => (200, data),
    }
}

/// Lists as people type them and headers as senders write them.
pub fn addresses(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match address::parse_list(&text, "to") {
        Ok(list) => list.iter().for_each(|a| round_trip(a, true)),
        Err(problem) => told(&problem),
    }
    address::parse_header(&text).iter().for_each(|a| round_trip(a, false));
}

/// What is written into a header is read back as the same mailbox.
fn round_trip(address: &Address, with_name: bool) {
    let written = if with_name { address.to_string() } else { address.email() };
    assert!(!written.contains(breaks_header), "{written:?}");
    let again = Address::parse(&written, "to").unwrap_or_else(|e| panic!("{written}: {e}"));
    assert_eq!(again.email(), address.email());
    assert_eq!(again.canonical(), address.canonical());
}

/// Answers of the tenant.
pub fn auth0(data: &[u8]) {
    let budget = Budget::new(Duration::from_secs(1));
    let http = http(&budget);
    let application = Application {
        domain: "tenant.example".into(),
        cache_name: "tenant.example".into(),
        id: "id".into(),
        secret: Secret::new("client-secret"),
        audience: "audience".into(),
    };
    let (status, body) = answer(data);
    let tenant = Tenant { application: &application, http: &http, through: None };
    tenant.take_answer(status, &String::from_utf8_lossy(body));
}

/// The first line is the content type of the response.
pub fn batch_answer(data: &[u8]) {
    let end = data.iter().position(|b| *b == b'\n').unwrap_or(data.len());
    let (kind, body) = data.split_at(end);
    let kind = String::from_utf8_lossy(kind);
    batch::take_answer(&Reply::made_of(200, &[("content-type", kind.trim())], body), 3);
}

/// Answers of the broker.
pub fn broker(data: &[u8]) {
    let budget = Budget::new(Duration::from_secs(1));
    let http = http(&budget);
    let broker = Broker {
        url: "https://broker.example".into(),
        setting: String::new(),
        api_key: Some(Secret::new("api-key-1")),
    };
    let (status, body) = answer(data);
    BrokerClient { http: &http, broker: &broker }.take_answer(&Reply::made_of(status, &[], body));
}

/// The cache file: whatever is in it, a run reads it, writes what it has, and the next one reads that.
pub fn cache(data: &[u8]) {
    let directory = directory();
    fs::write(directory.join("mcs-gmail.json"), data).expect("the cache file");
    let budget = Budget::new(Duration::from_secs(1));
    let identity = || Identity::new(&["auth0", "https://broker.example", "tenant.example", "id", "a", ""]);
    let store = Store::open(directory.clone(), identity(), &budget, &Silent);
    match store.read() {
        Ok(records) => {
            let _ = (records.private_key(), records.access_token(), records.account(), records.has_login());
            let _ = (records.session(SIGN_IN), records.session_times(SIGN_IN), records.connect());
            let _ = (records.refresh_token(["tenant.example"; 2]), records.reason());
        }
        Err(problem) => told(&problem),
    }
    if let Ok(mut held) = store.lock() {
        let token = Secret::new("ya29.access-token");
        held.records.set_access_token(&token, 4e9);
        held.save().unwrap_or_else(|e| panic!("{e}"));
        drop(held);
        let found = store.read().ok().and_then(|records| records.access_token());
        assert!(found.is_some_and(|(found, _)| found == token), "what was written is not read");
    }
    let _ = fs::remove_dir_all(directory);
}

/// A configuration file, as TOML if the first byte is even, or else as JSON.
pub fn configuration(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let directory = directory();
    let file = directory.join(if first % 2 == 0 { "c.toml" } else { "c.json" });
    fs::write(&file, text).expect("the configuration file");
    let environment = Environment::made_of([("HOME", directory.as_os_str()), ("TZ", OsStr::new("UTC"))]);
    let settings = Settings { config: Some(file), ..Settings::default() };
    match Config::load(settings, environment) {
        Ok(config) => {
            let failures = [
                config.policy().err(),
                config.access().err(),
                config.http().err(),
                config.timeout().err(),
                config.sender_name().err(),
                config.cache_directory().err(),
            ];
            failures.iter().flatten().for_each(told);
        }
        Err(problem) => told(&problem),
    }
    let _ = fs::remove_dir_all(directory);
}

/// Search criteria in each syntax.
pub fn criteria(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for syntax in [query::Syntax::Auto, query::Syntax::Gmail, query::Syntax::Imap] {
        if let Err(problem) = query::translate(&text, syntax, &jiff::tz::TimeZone::UTC, 1_700_000_000) {
            told(&problem);
        }
    }
}

/// The first line is the name of a tool, the rest its parameters. Nothing is sent.
pub fn exec(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some((name, json)) = text.split_once('\n') else { return };
    let Some(tool) = spec::tool(name) else { return };
    let Ok(Value::Object(given)) = serde_json::from_str(json) else { return };
    // A hyphen stands for stdin.
    if given.values().any(|v| v == "-" || v.as_array().is_some_and(|items| items.iter().any(|i| i == "-"))) {
        return;
    }
    let parsed = Arguments::check(tool, given).and_then(|arguments| {
        Request::parse(
            &arguments,
            &Policy::default(),
            &FileAccess::default(),
            crate::tools::Author::default(),
        )?
        .offline()
    });
    if let Err(problem) = parsed {
        told(&problem);
    }
}

/// The text of a page.
pub fn html_text(data: &[u8]) {
    let shown = html::to_text(&String::from_utf8_lossy(data));
    let is_harmful = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!shown.text.contains(is_harmful), "{:?}", shown.text);
    read::quotes::fold_quotes(&shown.text, read::quotes::Purpose::Reply, None);
}

/// A message resource of Gmail.
pub fn payload(data: &[u8]) {
    let Ok(message) = serde_json::from_slice::<Value>(data) else { return };
    use read::BodyKind::{Auto, Html, HtmlText, None as Nothing, Plain, Raw};
    for body in [Auto, Plain, HtmlText, Html, Raw, Nothing] {
        for (max_body, headers, quotes) in [(None, true, true), (Some(20), false, false)] {
            let options = read::ReadOptions { body, max_body, headers, quotes };
            let _ = read::missing(&message, &options);
            let shown = read::message(&message, &options);
            serde_json::to_string(&shown).expect("a result is JSON");
        }
    }
    let _ = read::attachments(&message);
}

/// The bytes of a message. Another subject changes nothing else.
pub fn message(data: &[u8]) {
    let tree = Tree::parse(data);
    let resource = serde_json::json!({"payload": tree.payload()});
    for (id, _) in read::file_ids(&resource) {
        assert!(tree.part(&id).is_some(), "{id}");
    }
    let changes = |subject, text| Changes { subject, text, ..Changes::default() };
    let without_subject = |raw: &[u8]| {
        let tree = Tree::parse(raw);
        let mut rest = raw.to_vec();
        for field in tree.root().fields().iter().rev().filter(|field| field.is("Subject", raw)) {
            rest.drain(field.whole.clone());
        }
        rest
    };
    if let Ok(revision) = Revision::new(data, &changes(Some("new"), None)) {
        let mut expected = without_subject(data);
        let head = &data[tree.root().head()];
        // A header that is cut off is completed before a field is added.
        if expected.len() == data.len() && !head.is_empty() && !head.ends_with(b"\n") {
            expected.extend_from_slice(b"\r\n");
        }
        assert!(
            without_subject(&revision.bytes) == expected,
            "{:?}",
            String::from_utf8_lossy(&revision.bytes)
        );
    }
    if let Err(problem) = Revision::new(data, &changes(None, Some("new"))) {
        told(&problem);
    }
    let body = read::message(
        &resource,
        &read::ReadOptions { body: read::BodyKind::Auto, max_body: None, headers: false, quotes: true },
    )
    .body;
    let html = read::html_source(&resource);
    let source = Some(crate::gmail::source::Source::of_bytes(data.to_vec()));
    let original = Original { resource, body, html, source };
    for quote in [Quote::of_reply(&original, &[]), Quote::of_forward(&original, &[])] {
        let html = quote.html().to_ascii_lowercase();
        assert!(!html.contains("<script") && !html.contains("<!--"), "{html}");
        original.files(&quote.shown);
    }
    original.as_file();
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// The inputs that the fuzzer started from, and those with which it found something.
    fn corpus(target: &str) -> Vec<Vec<u8>> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
        // The package has no corpus.
        let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
        files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
    }

    /// A generator of numbers (xorshift), the same in every run.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % limit.max(1) as u64) as usize
        }
    }

    /// The same input with a few pieces removed, repeated, moved or overwritten.
    fn mutated(input: &[u8], dice: &mut Dice) -> Vec<u8> {
        const PIECES: [&[u8]; 12] = [
            b"\"",
            b"{",
            b"]",
            b"<",
            b"\\",
            b"\0",
            b"\r\n",
            b"null",
            b"-1e999",
            "\u{202e}".as_bytes(),
            b"\xff",
            b",",
        ];
        let mut bytes = input.to_vec();
        for _ in 0..=dice.below(3) {
            let (from, to) = (dice.below(bytes.len()), dice.below(bytes.len()));
            let end = (from + 1 + dice.below(20)).min(bytes.len());
            match dice.below(4) {
                _ if bytes.is_empty() => {}
                0 => drop(bytes.drain(from..end)),
                1 => bytes[from] = dice.below(256) as u8,
                2 => {
                    let piece = bytes[from..end].to_vec();
                    bytes.splice(to..to, piece);
                }
                _ => drop(bytes.splice(from..from, PIECES[dice.below(PIECES.len())].iter().copied())),
            }
        }
        bytes
    }

    #[test]
    fn no_input_of_the_corpus_and_no_mutation_of_it_breaks_a_promise() {
        let mut dice = Dice(0x6d63_732d_676d_6169);
        for (name, target) in TARGETS {
            for input in corpus(name) {
                let mutations = (0..40).map(|_| mutated(&input, &mut dice)).collect::<Vec<_>>();
                for bytes in [input].into_iter().chain(mutations) {
                    let outcome = catch_unwind(AssertUnwindSafe(|| target(&bytes)));
                    assert!(outcome.is_ok(), "{name}: {:?}", String::from_utf8_lossy(&bytes));
                }
            }
        }
    }
}
