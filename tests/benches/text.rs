//! How long mail takes to become text: `cargo bench --bench text`.
//!
//! Compiles the modules by themselves, without the program around them. Prints one row per input.
#![expect(clippy::print_stdout, reason = "a table on stdout is what a bench is for")]
#![allow(dead_code, reason = "the program uses more of the module than this does")]
#![allow(unused_imports, reason = "the program uses more of the module than this does")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

#[path = "../../src/address/mod.rs"]
mod address;
#[path = "../../src/characters/mod.rs"]
mod characters;
#[path = "../../src/gmail"]
mod gmail {
    pub(crate) mod html;
    pub(crate) mod mime;
    pub(crate) mod query;
    pub(crate) mod read;
}
#[path = "../../src/json.rs"]
mod json;
#[path = "../../src/phrase.rs"]
#[allow(unused_macros, unused_imports, reason = "compiled for its types")]
mod phrase;
#[path = "../../src/problem.rs"]
mod problem;
#[path = "../../src/quote.rs"]
mod quote;
#[path = "../../src/secret.rs"]
mod secret;
#[path = "../../src/gmail/batch/wire.rs"]
mod wire;

use gmail::{
    html, query,
    read::{
        self,
        quotes::{Purpose, fold_quotes},
    },
};

const RUNS: usize = 15;

/// Lines that are nearly a history, again and again.
const HISTORIES: [(&str, &str); 7] = [
    ("blank lines", "\n"),
    ("attributions", "3.11.2025 9:00 b@x.example a:\n"),
    ("times", "On 3 Nov 2025 at 9:00, A\n"),
    ("blocks", "Von:a@b.example\nDatum:1\n\n"),
    ("rules", "---\n\n"),
    ("short quotes", "> a\nb\n"),
    ("separators", "-----x----\nFrom: a\n"),
];

fn main() {
    println!("{:<34} {:>9} {:>9} {:>9} {:>9}", "input", "bytes in", "out", "min ms", "median");
    for (name, input) in inputs() {
        row(name, &input, |input| html::to_text(input).text.len());
    }
    let plain = "> quoted \u{200b}line\r\nOn 1 May 2024, 10:00, A wrote:\r\n\r\nown words\r\n".repeat(15_000);
    row("plain 1 MB, clean", &plain, |input| html::clean(input).text.len());
    row("plain 1 MB, fold_quotes", &plain, |input| fold_quotes(input, Purpose::Reply, None).lines);
    for (name, unit) in HISTORIES {
        let input = unit.repeat(1_000_000 / unit.len());
        row(&format!("1 MB {name}, fold_quotes"), &input, |input| {
            fold_quotes(input, Purpose::Reply, None).lines
        });
    }
    payloads();
    criteria();
    batches();
}

/// A message resource with its body in base64url, as `read` gets it.
fn payloads() {
    let options =
        read::ReadOptions { body: read::BodyKind::Auto, max_body: None, headers: true, quotes: false };
    for (name, mime, text) in [
        ("payload, newsletter 100 kB", "text/html", newsletter(100_000)),
        ("payload, plain 1 MB", "text/plain", "Ordinary words, line by line.\r\n".repeat(32_000)),
    ] {
        let data = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE, &text);
        let message = serde_json::json!({
            "id": "18c9f2a4b5d6e7f8", "threadId": "18c9f2a4b5d6e7f8", "snippet": "words", "internalDate": "1767225600000",
            "payload": {
                "partId": "", "mimeType": mime, "filename": "", "body": {"size": text.len(), "data": data},
                "headers": [{"name": "Subject", "value": "=?utf-8?B?R3LDvMOfZQ==?="}],
            },
        });
        row(name, &text, |_| read::message(&message, &options).body.len());
    }
}

fn criteria() {
    let short = "UNSEEN FROM \"alice\" SINCE 01-Jan-2025";
    let deep = format!("{}SEEN{}", "(NOT ".repeat(60), ")".repeat(60));
    for (name, text) in [("IMAP, three keys", short), ("IMAP, 60 deep", deep.as_str())] {
        let zone = jiff::tz::TimeZone::UTC;
        row(name, text, |text| {
            query::translate(text, query::Syntax::Imap, &zone, 1_750_000_000).map_or(0, |query| query.q.len())
        });
    }
}

/// The rows of one batch.
fn batches() {
    let part = |n: usize| {
        format!(
            "--b\r\nContent-Type: application/http\r\nContent-ID: <response-m{n}>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: \
             application/json\r\n\r\n{{\"id\":\"18c9f2a4b5d6e7f8\",\"labelIds\":[\"INBOX\"],\"snippet\":\"{}\",\"payload\":\
             {{\"headers\":[{{\"name\":\"From\",\"value\":\"Bob <bob@example.org>\"}}]}}}}\r\n",
            "some words ".repeat(18)
        )
    };
    let answer: String = (0..25).map(part).collect::<String>() + "--b--";
    row("batch of 25 rows", &answer, |answer| {
        wire::parse(answer, "b", 25).map_or(0, |parts| parts.iter().flatten().count())
    });
}

fn row(name: &str, input: &str, work: impl Fn(&str) -> usize) {
    let mut out = 0;
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        out = black_box(work(black_box(input)));
        times.push(start.elapsed());
    }
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{name:<34} {:>9} {out:>9} {:>9.2} {:>9.2}", input.len(), ms(times[0]), ms(times[RUNS / 2]));
}

fn inputs() -> Vec<(&'static str, String)> {
    let n = 100_000;
    let rules: String = (0..5_000).map(|i| format!("div div .c{} div{{color:red}}", i % 7)).collect();
    vec![
        ("newsletter 100 kB", newsletter(100_000)),
        ("newsletter 1 MB", newsletter(1_000_000)),
        ("nasty 1 MB", nasty(1_000_000)),
        ("100k <div>", "<div>".repeat(n)),
        ("100k <div>, 100k </span>", "<div>".repeat(n) + &"</span>".repeat(n)),
        ("100k <table><tr><td>", "<table><tr><td>".repeat(n)),
        ("100k <ul><li>x", "<ul><li>x".repeat(n)),
        ("100k <blockquote>x", "<blockquote>x".repeat(n)),
        ("100k misnested <font>", "<font color=red>".repeat(n) + &"<div></font>".repeat(n)),
        ("100k unclosed <font><p>", "<font color=red><p>".repeat(n)),
        (
            "5k rules, 50k <div class>",
            format!("<style>{rules}</style>{}", "<div class='c1 c2'>".repeat(50_000)),
        ),
        (
            "100k attributes in one tag",
            format!("<p {}>", (0..n).map(|i| format!("a{i}=1 ")).collect::<String>()),
        ),
        ("1 MB style attribute", format!("<p style=\"{}\">x", "a:((\\".repeat(200_000))),
        ("1 MB style sheet", format!("<style>{}</style>x", "@x{.a{(\"".repeat(125_000))),
        ("1 MB <", "<".repeat(1_000_000)),
        ("1 MB &#", "&#".repeat(500_000)),
        ("1 MB zero-width", "\u{200b}".repeat(333_333)),
    ]
}

fn newsletter(size: usize) -> String {
    let mut html =
        "<style>.pre{display:none} td.col{padding:0;color:#333}</style><div class=pre>x</div><table>"
            .to_owned();
    let counter = "Ab3_".repeat(70);
    for n in 0.. {
        if html.len() >= size {
            break;
        }
        let url = format!("https://click.example.com/ls/click?upn=u{n}.{counter}&amp;utm_source=nl");
        html += &format!(
            "<tr><td class=col style='padding:20px 30px;font-family:Helvetica,Arial,sans-serif'><table width=100%><tr>\
             <td><a href='{url}'><img src='https://img.example.com/{n}.jpg' alt=''></a></td><td style='font-size:16px;color:#333333'>\
             <h2 style='margin:0 0 10px'><a href='{url}' style='color:#003366'>Article {n}</a></h2><p>Two sentences. They are short.</p>\
             <table><tr><td bgcolor=#003366><a href='{url}' style='color:#ffffff'>Read on</a></td></tr></table></td></tr></table></td></tr>"
        );
    }
    html
}

fn nasty(size: usize) -> String {
    let pieces = [
        "<div style='display:none'><b>",
        "</span>",
        "<table><tr><td>x",
        "</p>",
        "<font color=#fff>",
        "</i></div>",
        "<li><a href='https://a.example/?utm_x=1'>",
        "&nbsp;&zwnj;",
        "<!-- -->",
        "</table>",
        "<p style='font:0/0 a;x:(\"'>",
    ];
    let mut html = "<style>div p .a, b, .a > * {opacity:0} td{display:block}</style>".to_owned();
    let mut seed = 1_u32;
    while html.len() < size {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        html += pieces[(seed >> 16) as usize % pieces.len()];
    }
    html
}
