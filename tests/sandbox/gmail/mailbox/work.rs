//! What machines and colleagues send: code reviews, invitations, mailing lists.

use super::letters::{Letter, alternative, attachment, entity, multipart, text};
use super::{DAY, Sack};

pub(super) fn post(sack: &mut Sack) {
    reviews(sack);
    invitations(sack);
    list_mail(sack);
}

const PULLS: &[&str] = &[
    "Fix carry propagation",
    "Use `BTreeMap` for the store",
    "docs: it's \"mill\", not \"mil\"",
    "Bump brass to 2.1 & steel to 0.9",
    "Avoid a panic on empty cards",
    "Add <T: Turn> bounds",
];

fn reviews(sack: &mut Sack) {
    for n in 0..12_usize {
        let number = 310 + n;
        let subject = format!("[engines/difference] {} (#{number})", PULLS[n % PULLS.len()]);
        let mut ancestors: Vec<String> = Vec::new();
        for turn in 0..5_u64 {
            let letter = review(number, turn, &subject);
            let letter = match ancestors.first() {
                Some(root) => letter.answering(root, &ancestors[..1]),
                None => letter,
            };
            let minutes = n as u64 * 11 * DAY + (6 - turn) * 43;
            let labels: &[&str] = match (n, turn) {
                (0..3, 3..) => &["INBOX", "UNREAD", "CATEGORY_UPDATES", "Code/Reviews"],
                (0..5, _) => &["INBOX", "CATEGORY_UPDATES", "Code/Reviews"],
                _ => &["CATEGORY_UPDATES", "Code/Reviews"],
            };
            ancestors.push(sack.post(minutes, labels, letter));
        }
    }
}

fn review(number: usize, turn: u64, subject: &str) -> Letter {
    let says = [
        "You can view, comment on, or merge this pull request online at:",
        "@ada requested changes: `carry` may overflow here, see\n\n> let carry = a + b;",
        "@charles pushed 1 commit.\n\n  1f2e3d4  Use checked arithmetic",
        "LGTM 🚀",
        "Merged #0 into main.",
    ];
    let what = says[turn as usize].replace("#0", &format!("#{number}"));
    let url = format!("https://code.example/engines/difference/pull/{number}");
    let plain = format!(
        "{what}\n\n-- \nReply to this email directly or view it on CodeHost:\n{url}#event-{turn}\nYou are receiving this \
         because your review was requested.\n\nMessage ID: <engines/difference/pull/{number}/c{turn}@code.example>\n"
    );
    let html = format!(
        "<p dir=\"auto\">{}</p>\n<p style=\"font-size:small;color:#666\">&mdash;<br />Reply to this email directly, \
         <a href=\"{url}#event-{turn}\">view it on CodeHost</a>, or <a href=\"https://code.example/unsubscribe/AAA\">\
         unsubscribe</a>.<img src=\"https://code.example/beacon/{number}.gif\" height=\"1\" width=\"1\" alt=\"\" /></p>",
        what.replace('&', "&amp;").replace('<', "&lt;")
    );
    let subject = if turn == 0 { subject.to_string() } else { format!("Re: {subject}") };
    Letter::new("Charles Babbage <notifications@code.example>", &subject, alternative(&plain, &html))
        .with("To", "engines/difference <difference@noreply.code.example>")
        .with(
            "Cc",
            "Ada Lovelace <ada@example.com>,\r\n Review requested <review_requested@noreply.code.example>",
        )
        .with("Reply-To", "engines/difference <reply+AAA@reply.code.example>")
        .with("List-Id", "engines/difference <difference.engines.code.example>")
        .with("X-Reason", "review_requested")
}

fn invitations(sack: &mut Sack) {
    for n in 0..12_u64 {
        let (method, title) = match n % 4 {
            0 => ("CANCEL", "Canceled event: Planning"),
            1 => ("REPLY", "Accepted: Planning"),
            _ => ("REQUEST", "Invitation: Planning"),
        };
        let day = 1 + n % 28;
        let calendar = calendar(method, n, day);
        let plain = format!(
            "{title}\n\nWhen: 2026-12-{day:02} 10:00 - 11:00 (Europe/London)\nWhere: Dorset Street 1\n"
        );
        let html = format!(
            "<div itemscope><b>{title}</b><table><tr><td>When</td><td>2026-12-{day:02} 10:00</td></tr></table></div>"
        );
        let inline =
            entity(&format!("text/calendar; charset=UTF-8; method={method}"), "7bit", calendar.as_bytes());
        let choices = multipart("alternative", vec![text("plain", &plain), text("html", &html), inline]);
        let file = attachment("application/ics", "invite.ics", calendar.as_bytes());
        let subject = format!("{title} @ 2026-12-{day:02} 10am (ada@example.com)");
        let letter = Letter::new(
            "Mary Somerville <mary@astro.example>",
            &subject,
            multipart("mixed", vec![choices, file]),
        );
        let (minutes, mut labels) = sack.somewhen(120, Some("CATEGORY_PERSONAL"));
        labels.push("Work");
        sack.post(minutes, &labels, letter);
    }
}

pub(super) fn calendar(method: &str, n: u64, day: u64) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nPRODID:-//Example//Calendar//EN\r\nVERSION:2.0\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n\
         UID:event-{n}@astro.example\r\nDTSTAMP:20261120T090000Z\r\nDTSTART:202612{day:02}T100000Z\r\n\
         DTEND:202612{day:02}T110000Z\r\nSUMMARY:Planning\r\nORGANIZER;CN=Mary:mailto:mary@astro.example\r\n\
         ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ada@example.com\r\nLOCATION:Dorset Street 1\\, London\r\n\
         DESCRIPTION:Agenda:\\n1. Cards\\n2. Brass\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn list_mail(sack: &mut Sack) {
    for n in 0..10_u64 {
        let body = text(
            "plain",
            &format!(
                "Hi all,\n\ndoes anybody know a source for wheel no. {n}?\n\n_______________\nengines mailing list\n\
                 https://lists.example/engines\n"
            ),
        );
        let letter = Letter::new(
            "Joan Clarke via engines <engines@lists.example>",
            &format!("[engines] Wheel no. {n}"),
            body,
        )
        .with("To", "engines@lists.example")
        .with("Reply-To", "engines@lists.example, Joan Clarke <joan@bletchley.example>")
        .with("List-Id", "Engine builders <engines.lists.example>")
        .with("List-Post", "<mailto:engines@lists.example>");
        let (minutes, labels) = sack.somewhen(200, Some("CATEGORY_FORUMS"));
        sack.post(minutes, &labels, letter);
    }
}
