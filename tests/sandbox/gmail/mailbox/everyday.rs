//! What comes by itself: newsletters, receipts, friends, spam, and what Ada wrote, began and threw away.

use super::letters::{Letter, alternative, attachment, multipart, pdf, text};
use super::{DAY, Sack};

const ADA: &str = "Ada Lovelace <ada@example.com>";

pub(super) fn post(sack: &mut Sack) {
    newsletters(sack);
    receipts(sack);
    conversations(sack);
    notes_by_ada(sack);
    spam(sack);
    archived(sack);
}

struct Publisher {
    from: &'static str,
    list: &'static str,
    headlines: [&'static str; 4],
    category: &'static str,
    /// What stands in the plain text part; without it there is none.
    plain: Option<&'static str>,
}

const PUBLISHERS: &[Publisher] = &[
    Publisher {
        from: "The Weekly Loom <news@weeklyloom.example>",
        list: "weekly.weeklyloom.example",
        headlines: [
            "Threads of the week",
            "How punched cards changed weaving",
            "Jacquard at 220",
            "A visit to Lyon",
        ],
        category: "CATEGORY_UPDATES",
        plain: Some(
            "This issue has pictures, so read it at https://weeklyloom.example/issues/latest\n\nTo unsubscribe: https://weeklyloom.example/u\n",
        ),
    },
    Publisher {
        from: "Gärten & Parks <post@gaerten.example>",
        list: "brief.gaerten.example",
        headlines: [
            "Was jetzt blüht",
            "Fünf Stauden für den Schatten",
            "Der Garten im Winter",
            "Äpfel richtig lagern",
        ],
        category: "CATEGORY_PROMOTIONS",
        plain: None,
    },
    Publisher {
        from: "Tiny Shop <hello@tinyshop.example>",
        list: "offers.tinyshop.example",
        headlines: [
            "20% off everything",
            "Last chance: 20% off ends tonight",
            "We've missed you, Ada",
            "New: the £9 teapot",
        ],
        category: "CATEGORY_PROMOTIONS",
        plain: Some("View this email in your browser\nhttps://tinyshop.example/view?id=1\n"),
    },
    Publisher {
        from: "Mathematical Notes <editor@mathnotes.example>",
        list: "notes.mathnotes.example",
        headlines: [
            "Bernoulli numbers, again",
            "A proof in five pictures",
            "Letters: \"Is 1 prime?\"",
            "Primes & patience",
        ],
        category: "CATEGORY_FORUMS",
        plain: None,
    },
    Publisher {
        from: "Chirp <notify@chirp.example>",
        list: "digest.chirp.example",
        headlines: [
            "Mary Somerville mentioned you",
            "3 people you may know",
            "Your week on Chirp",
            "Charles posted for the first time in a while",
        ],
        category: "CATEGORY_SOCIAL",
        plain: Some("Open Chirp: https://chirp.example/n\n"),
    },
];

fn newsletters(sack: &mut Sack) {
    for (p, publisher) in PUBLISHERS.iter().enumerate() {
        for issue in 0..12 {
            let headline = publisher.headlines[issue % publisher.headlines.len()];
            let (minutes, labels) = sack.somewhen(300, Some(publisher.category));
            let articles = 3 + sack.dice.below(12) as usize;
            let html = newsletter_html(headline, articles, 4 + p * 3, issue);
            let body = match publisher.plain {
                Some(plain) => alternative(plain, &html),
                None => text("html", &html),
            };
            let unsubscribe =
                format!("<https://{}/u/{issue}>, <mailto:leave@{}>", publisher.list, publisher.list);
            let letter = Letter::new(publisher.from, &format!("{headline} (no. {})", 100 + issue), body)
                .with("List-Id", &format!("<{}>", publisher.list))
                .with("List-Unsubscribe", &unsubscribe)
                .with("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
                .with("Precedence", "bulk");
            sack.post(minutes, &labels, letter);
        }
    }
}

/// Tables in tables, styles, a hidden preheader with filler, conditional comments and a tracking pixel.
fn newsletter_html(headline: &str, articles: usize, depth: usize, issue: usize) -> String {
    let open =
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tbody><tr><td>"
            .repeat(depth);
    let close = "</td></tr></tbody></table>".repeat(depth);
    let rows: String = (1..=articles).map(|n| article(headline, n, issue)).collect();
    let filler = "&#847;&zwnj;&nbsp;&#8203;".repeat(60);
    format!(
        "<!DOCTYPE html><html><head><title>{headline}</title><style type=\"text/css\">\
         .preheader{{display:none!important}} td{{font-family:Arial}} @media (max-width:600px){{.w{{width:100%}}}}</style>\
         <!--[if mso]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]--></head><body bgcolor=\"#ffffff\">\
         <div class=\"preheader\" style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">Only for subscribers: \
         {headline} &amp; more{filler}</div>{open}<h1 style=\"color:#222\">{headline}</h1>{rows}{close}\
         <p style=\"font-size:11px;color:#999\">You get this because you signed up. \
         <a href=\"https://news.example/unsubscribe?u=ada&amp;i={issue}\">Unsubscribe</a></p>\
         <img src=\"https://track.example/o.gif?u=ada%40example.com&amp;i={issue}\" width=\"1\" height=\"1\" alt=\"\"></body></html>"
    )
}

fn article(headline: &str, n: usize, issue: usize) -> String {
    let prose = "It was long thought that nothing could be added to the subject, and yet here we are. "
        .repeat(3 + n % 5);
    format!(
        "<table width=\"600\" align=\"center\" class=\"w\"><tr><td valign=\"top\"><a \
         href=\"https://news.example/c?u=ada&amp;i={issue}&amp;a={n}&amp;utm_source=newsletter&amp;utm_medium=email\">\
         <img src=\"https://cdn.example/{n}.jpg\" width=\"280\" alt=\"Picture {n}\"></a></td><td><h2>{headline}, part \
         {n}</h2><p>{prose}</p><a href=\"https://news.example/read/{issue}/{n}\">Read&nbsp;on&nbsp;&raquo;</a></td></tr></table>"
    )
}

fn receipts(sack: &mut Sack) {
    let shops = [
        ("Rail & Road <tickets@railroad.example>", "Your ticket", "ticket"),
        ("Bakery Blume <rechnung@blume.example>", "Rechnung", "Rechnung"),
        ("Cloud Hosting Ltd <billing@cloudhost.example>", "Invoice", "invoice"),
    ];
    for n in 0..30_usize {
        let (from, title, file) = shops[n % shops.len()];
        let (minutes, mut labels) = sack.somewhen(300, Some("CATEGORY_UPDATES"));
        if n % 3 == 2 {
            labels.push("Work/Invoices");
        }
        let number = 4000 + n * 17;
        let amount = format!("€{}.{:02}", 5 + sack.dice.below(200), sack.dice.below(100));
        let plain =
            format!("Thank you for your order {number}.\n\nTotal: {amount}\n\nThe document is attached.\n");
        let html = format!(
            "<html><body><p>Thank you for your order <b>{number}</b>.</p><table border=\"1\"><tr><td>Total</td>\
             <td align=\"right\">{amount}</td></tr></table><p>The document is attached.</p></body></html>"
        );
        let document = attachment("application/pdf", &format!("{file}-{number}.pdf"), &pdf(2000 + n * 1300));
        let body = multipart("mixed", vec![alternative(&plain, &html), document]);
        sack.post(minutes, &labels, Letter::new(from, &format!("{title} {number}"), body));
    }
}

const FRIENDS: &[&str] = &[
    "Charles Babbage <charles@engines.example>",
    "Mary Somerville <mary@astro.example>",
    "Grace Hopper <grace@navy.example>",
    "Emmy Nöther <emmy@algebra.example>",
    "Alan T. <alan@bletchley.example>",
];

const TOPICS: &[(&str, &[&str])] = &[
    (
        "Dinner on Friday?",
        &[
            "Shall we say 7pm at the usual place?",
            "I'd love to! Can Mary come?",
            "Of course. It's her turn to pay :)",
            "Deal.",
        ],
    ),
    (
        "Notes on the engine",
        &[
            "I have read your notes & have questions.",
            "Ask away.",
            "Does it *originate* anything?",
            "It does whatever we know how to order it to perform.",
        ],
    ),
    ("Train times", &["There's one at 9:14 and one at 10:02.", "The later one, please.", "Booked, coach C."]),
    (
        "Photos from Turin",
        &["They're finally here.", "The one with the pigeons!", "I knew you'd like it.", "Print it for me?"],
    ),
    (
        "Draft of the paper",
        &[
            "Version 3 attached in spirit.",
            "Section 2 is too long.",
            "Section 2 is the paper.",
            "Then section 1 is too long.",
        ],
    ),
];

fn conversations(sack: &mut Sack) {
    for round in 0..15_u64 {
        let friend = FRIENDS[round as usize % FRIENDS.len()];
        let (subject, lines) = TOPICS[round as usize % TOPICS.len()];
        let subject = if round < 5 { subject.to_string() } else { format!("{subject} ({})", round + 1) };
        conversation(sack, friend, &subject, lines, round * 17 * DAY + 200);
    }
}

/// Friend and Ada write in turn, each quoting what was before.
fn conversation(sack: &mut Sack, friend: &str, subject: &str, lines: &[&str], end: u64) {
    let mut ancestors: Vec<String> = Vec::new();
    let mut quote = String::new();
    for (turn, line) in lines.iter().enumerate() {
        let by_ada = turn % 2 == 1;
        let (from, to) = if by_ada { (ADA, friend) } else { (friend, ADA) };
        let name = from.split(" <").next().unwrap_or(from);
        let plain = format!("{line}\n\n{name}\n{quote}");
        let html =
            format!("<div dir=\"ltr\">{line}<div><br></div><div>{name}</div></div>{}", html_quote(&quote));
        let subject = if turn == 0 { subject.to_string() } else { format!("Re: {subject}") };
        let mut letter =
            Letter::new(from, &subject, alternative(&plain, &html)).with("To", &super::letters::encode(to));
        if let Some(parent) = ancestors.last() {
            letter = letter.answering(parent, &ancestors);
        }
        let minutes = end + (lines.len() - turn) as u64 * 95;
        let labels: &[&str] = if by_ada {
            &["SENT"]
        } else if turn + 1 == lines.len() {
            &["INBOX", "UNREAD", "IMPORTANT", "CATEGORY_PERSONAL"]
        } else {
            &["INBOX", "CATEGORY_PERSONAL"]
        };
        ancestors.push(sack.post(minutes, labels, letter));
        let quoted: String = plain.lines().map(|line| format!("> {line}\n")).collect();
        quote = format!("\nOn Fri, Nov 20, 2026 at 9:00 AM {name} wrote:\n{quoted}");
    }
}

fn html_quote(quote: &str) -> String {
    let inner = quote.replace('&', "&amp;").replace('>', "&gt;").replace('\n', "<br>");
    format!(
        "<div class=\"gmail_quote\"><blockquote style=\"border-left:1px solid #ccc\">{inner}</blockquote></div>"
    )
}

fn notes_by_ada(sack: &mut Sack) {
    let letters =
        ["Minutes of the meeting", "Happy birthday!", "Re: your enquiry", "Corrected table 4", "Thank you"];
    for n in 0..10_u64 {
        let subject = letters[n as usize % letters.len()];
        let body = text("plain", &format!("Dear friend,\n\n{subject}. More soon.\n\nAda\n"));
        let letter = Letter::new(ADA, subject, body).with("To", FRIENDS[n as usize % 3]);
        let letter = if n % 4 == 0 { letter.with("Bcc", "archive@example.com") } else { letter };
        sack.post(3000 + n * 9000, &["SENT"], letter);
    }
    for (n, subject) in ["Unfinished letter", "", "Ideas", "To the editor"].into_iter().enumerate() {
        let letter = Letter::new(ADA, subject, text("plain", "I have been thinking that\n"));
        let letter = if n == 1 { letter.without("To") } else { letter.with("To", FRIENDS[n]) };
        sack.post(500 + n as u64 * 2500, &["DRAFT"], letter);
    }
}

fn spam(sack: &mut Sack) {
    let lures =
        ["You have WON", "Re: Re: Re: your invoice", "C h e a p watches", "Urgent: verify your account"];
    for n in 0..10_usize {
        let html = format!(
            "<p>Dear ada@example.com,</p><p>{} <a href=\"http://198.51.100.{n}/login\">https://bank.example/login</a></p>\
             <font color=\"#ffffff\" size=\"1\">garden weather piano river {n}</font>",
            lures[n % lures.len()]
        );
        let letter = Letter::new(
            &format!("Support {n} <noreply{n}@lures.example>"),
            lures[n % lures.len()],
            text("html", &html),
        );
        let place: &[&str] = if n % 5 == 4 { &["TRASH"] } else { &["SPAM", "UNREAD"] };
        sack.post(700 + n as u64 * 3100, place, letter);
    }
    for n in 0..6_u64 {
        let letter =
            Letter::new(FRIENDS[n as usize % 5], "Old news", text("plain", "You can throw this away.\n"));
        sack.post(900 + n * 4000, &["TRASH"], letter);
    }
}

/// Read and archived: these have no labels at all.
fn archived(sack: &mut Sack) {
    for n in 0..12_u64 {
        let body = text("plain", &format!("For your files: chapter {n}.\n\nNo answer needed.\n"));
        let letter = Letter::new(FRIENDS[n as usize % FRIENDS.len()], &format!("For your files, {n}"), body);
        sack.post((60 + n * 20) * DAY, &[], letter);
    }
}
