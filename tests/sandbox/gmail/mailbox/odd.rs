//! Honest messages of unusual shape: nesting, odd bodies, odd attachments, odd headers.

use super::Sack;
use super::letters::{
    Letter, alternative, attachment, bare, encode, entity, inline_image, multipart, pdf, png, text,
};
use super::work::calendar;

const BOB: &str = "Bob Odd <bob@odd.example>";

pub(super) fn post(sack: &mut Sack) {
    let letters = [shapes(), bodies(), attachments(), headers()].into_iter().flatten();
    for (n, letter) in letters.enumerate() {
        let labels: &[&str] = match n % 7 {
            0 => &["INBOX", "UNREAD"],
            1 => &["INBOX", "STARRED"],
            2 => &["INBOX", "Ünïcode"],
            _ => &["INBOX"],
        };
        sack.post(300 + n as u64 * 37, labels, letter);
    }
    sack.post_raw(290, &["INBOX"], line_end_chaos());
    sack.post_raw(289, &["INBOX"], unfinished_multipart());
}

fn shapes() -> Vec<Letter> {
    let photos = multipart(
        "mixed",
        vec![
            multipart(
                "related",
                vec![
                    alternative(
                        "See the photo below.\n",
                        "<p>See the photo <img src=\"cid:photo1@odd\"></p>",
                    ),
                    inline_image("photo.png", "photo1@odd"),
                ],
            ),
            multipart(
                "mixed",
                vec![text("plain", "Sent from my tricorder\n"), attachment("image/png", "photo.png", &png())],
            ),
        ],
    );
    let inner =
        Letter::new("Carol <carol@inner.example>", "The inner letter", text("plain", "Inner text.\n"))
            .bytes("Mon, 02 Nov 2026 08:00:00 +0000", "inner@inner.example");
    let forwarded = bare(
        "Content-Type: message/rfc822; name=\"The inner letter.eml\"\r\nContent-Disposition: attachment; \
         filename=\"The inner letter.eml\"\r\n",
        &inner,
    );
    let digest = multipart(
        "digest",
        vec![
            bare("Content-Type: message/rfc822\r\n", &inner),
            bare("Content-Type: message/rfc822\r\n", &inner),
        ],
    );
    let signed = multipart(
        "signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256",
        vec![
            text("plain", "This text is signed.\n"),
            attachment("application/pkcs7-signature", "smime.p7s", &pdf(900)),
        ],
    );
    let sealed =
        entity("application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"", "base64", &pdf(3000))
            .with_header("Content-Disposition: attachment; filename=\"smime.p7m\"");
    let pgp = multipart(
        "encrypted; protocol=\"application/pgp-encrypted\"",
        vec![
            entity("application/pgp-encrypted", "7bit", b"Version: 1\r\n"),
            attachment(
                "application/octet-stream",
                "encrypted.asc",
                b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQ==\r\n-----END PGP MESSAGE-----\r\n",
            ),
        ],
    );
    let deep =
        (0..12).fold(text("plain", "Twelve levels down.\n"), |inner, _| multipart("mixed", vec![inner]));
    vec![
        Letter::new(BOB, "Trip photos", photos),
        Letter::new(
            BOB,
            "Fwd: The inner letter",
            multipart("mixed", vec![text("plain", "Look at this.\n"), forwarded]),
        ),
        Letter::new(
            BOB,
            "Digest of the day",
            multipart("mixed", vec![text("plain", "Two letters.\n"), digest]),
        ),
        Letter::new(BOB, "Signed words", signed),
        Letter::new(BOB, "Sealed words", sealed),
        Letter::new(BOB, "PGP words", pgp),
        Letter::new(BOB, "Down the stairs", deep),
        Letter::new(
            "Mail System <mailer-daemon@odd.example>",
            "Undelivered Mail Returned to Sender",
            bounce(&inner),
        ),
    ]
}

fn bounce(original: &[u8]) -> super::letters::Entity {
    let status = b"Reporting-MTA: dns; odd.example\r\n\r\nFinal-Recipient: rfc822; nobody@odd.example\r\nAction: failed\r\nStatus: 5.1.1\r\n";
    multipart(
        "report; report-type=delivery-status",
        vec![
            text("plain", "Your message could not be delivered to nobody@odd.example.\n"),
            entity("message/delivery-status", "7bit", status),
            bare("Content-Type: message/rfc822\r\n", original),
        ],
    )
}

fn bodies() -> Vec<Letter> {
    let log: String = (0..30_000)
        .map(|n| format!("[{n:06}] compiling wheel {} of the mill, no errors\n", n % 97))
        .collect();
    let flowed = "This paragraph was wrapped by the sender but \nwants to flow as one line on \nany screen.\n\n> quoted text flows \n> as well\n\n-- \nBob\n";
    let entities = "<p>It&#39;s Tom &amp; Jerry&rsquo;s <b>&lt;best&gt;</b> day &mdash; 5&nbsp;&euro;</p>";
    let tag_soup = format!("{}<p>Bottom of the soup{}", "<div><span>".repeat(400), "</div>".repeat(3));
    vec![
        Letter::new(BOB, "Nightly build log", text("plain", &log)),
        Letter::new(
            BOB,
            "Flowing text",
            entity("text/plain; charset=utf-8; format=flowed; delsp=no", "7bit", flowed.as_bytes()),
        ),
        Letter::new(BOB, "Tom & Jerry's \"entities\" <3", text("html", entities)),
        Letter::new(BOB, "Tag soup", text("html", &tag_soup)),
        Letter::new(
            BOB,
            "See HTML version",
            alternative(
                "Your email client does not support HTML.\n",
                "<h1>The real text</h1><p>is here: <a href=\"https://odd.example/x\">a link</a></p>",
            ),
        ),
        Letter::new(BOB, "Plain part is empty", alternative("", "<p>Only the HTML speaks.</p>")),
        Letter::new(BOB, "Nothing but blanks", text("plain", " \n\t\n \n")),
        Letter::new(BOB, "No body at all", bare("Content-Type: text/plain\r\n", b"")),
        Letter::new(
            BOB,
            "Only a calendar",
            entity(
                "text/calendar; charset=utf-8; method=REQUEST",
                "7bit",
                calendar("REQUEST", 99, 9).as_bytes(),
            ),
        ),
        Letter::new(
            BOB,
            "Three ways to say it",
            multipart(
                "alternative",
                vec![
                    text("plain", "Plain.\n"),
                    text("x-amp-html", "<html amp4email>Amp</html>"),
                    text("html", "<p>HTML.</p>"),
                ],
            ),
        ),
        Letter::new(
            BOB,
            "🎉👩‍🚀 Launch party 🏳️‍🌈",
            text("plain", "Bring 🍰 and 👨‍👩‍👧‍👦. Flags: 🇩🇪🇯🇵. Zalgo: h̷e̶l̵l̸o\n"),
        ),
        Letter::new(
            BOB,
            "Base64 text",
            entity("text/plain; charset=utf-8", "base64", "Grüße in base64.\n".as_bytes()),
        ),
    ]
}

fn attachments() -> Vec<Letter> {
    let mixed = |parts| multipart("mixed", parts);
    let note = |text_file: &str| attachment("text/plain", text_file, b"These are notes, not the letter.\n");
    let long_name = entity("application/pdf", "base64", &pdf(100)).with_header(
        "Content-Disposition: attachment;\r\n filename*0*=UTF-8''%C3%9Cbersicht%20der%20;\r\n filename*1*=Zahnr%C3%A4der%20;\r\n filename*2=2026.pdf",
    );
    let traversal = attachment("text/x-shellscript", "../../../.ssh/authorized_keys", b"ssh-ed25519 AAAA\n");
    let scan = entity("application/pdf; name=\"scan.pdf\"", "base64", &pdf(5000))
        .with_header("Content-Disposition: attachment; filename=\"scan.pdf\"");
    let names = ["photo.jpg", "photo.jpg", "PHOTO.JPG", "con.txt", ".hidden", "a/b\\c.txt"];
    let twins = names.map(|name| attachment("image/jpeg", name, &png()));
    vec![
        Letter::new("Printer <printer@office.example>", "Scan from the office printer", scan),
        Letter::new(
            BOB,
            "Notes before the letter",
            mixed(vec![note("notes.txt"), text("plain", "This is the letter.\n")]),
        ),
        Letter::new(
            BOB,
            "Notes beside the letter",
            mixed(vec![text("html", "<p>This is the letter.</p>"), note("notes.txt")]),
        ),
        Letter::new(BOB, "A long file name", mixed(vec![text("plain", "See file.\n"), long_name])),
        Letter::new(BOB, "A file for your home", mixed(vec![text("plain", "Just save it.\n"), traversal])),
        Letter::new(BOB, "Twins", mixed([text("plain", "Many files.\n")].into_iter().chain(twins).collect())),
        Letter::new(
            BOB,
            "Empty file",
            mixed(vec![
                text("plain", "It has no bytes.\n"),
                attachment("application/octet-stream", "empty.bin", b""),
            ]),
        ),
        Letter::new(
            BOB,
            "From Outlook",
            mixed(vec![
                text("plain", "Rich text inside.\n"),
                attachment("application/ms-tnef", "winmail.dat", &pdf(700)),
            ]),
        ),
        Letter::new(
            BOB,
            "Attached page",
            mixed(vec![
                text("plain", "The page.\n"),
                attachment("text/html", "page.html", b"<script>alert(1)</script>"),
            ]),
        ),
    ]
}

fn headers() -> Vec<Letter> {
    let body = || text("plain", "The header is the message.\n");
    let crowd: Vec<String> = (0..200).map(|n| format!("Guest {n} <guest{n}@crowd.example>")).collect();
    vec![
        Letter::new(BOB, "", body()),
        Letter::new(BOB, "", body()).without("Subject"),
        Letter::new(BOB, "", body()).with("Subject", "\"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\" still encoded"),
        Letter::new(BOB, "Encoded name in quotes", body())
            .with("From", "\"=?utf-8?B?SsO2cmc=?=\" <joerg@quoted.example>"),
        Letter::new(BOB, "Whole crowd", body()).with("To", &crowd.join(",\r\n ")),
        Letter::new(BOB, &"A very long subject that does not want to end, ".repeat(20), body()),
        Letter::new(BOB, "Undisclosed", body()).with("To", "undisclosed-recipients:;"),
        Letter::new(BOB, "A group of friends", body())
            .with("To", "Friends: Ada <ada@example.com>, \"Doe, Jane\" <jane@doe.example>;"),
        Letter::new(BOB, "Nobody sent this", body()).without("From"),
        Letter::new(BOB, "Twice to", body())
            .with("Cc", &format!("{} <x@odd.example>", encode("Çelik, Ümit")))
            .with("to", "second@odd.example"),
    ]
}

/// Bare LF, bare CR, tabs in folds, blank lines with blanks.
fn line_end_chaos() -> Vec<u8> {
    b"Received: by a; Fri, 20 Nov 2026 07:00:00 +0000\nReceived: by b;\n\tFri, 20 Nov 2026 06:59:00 +0000\r\n\
      From: Chaos <chaos@lines.example>\nTo: ada@example.com\r\nSubject: Line\r\n\t  ends\n of all kinds\r\n\
      Message-ID: <chaos@lines.example>\nContent-Type: text/plain;\n\tcharset=utf-8\r\n\r\n\
      one\ntwo\r\nthree\rfour\r\r\nfive\n\r\n \r\n.\r\n..\r\nend"
        .to_vec()
}

/// The last delimiter is missing, and a line looks like one.
fn unfinished_multipart() -> Vec<u8> {
    b"From: Hurry <hurry@lines.example>\r\nTo: ada@example.com\r\nSubject: Unfinished\r\nMessage-ID: <u@lines.example>\r\n\
      MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
      --bc is no delimiter\r\nand this is the text\r\n--b\r\nContent-Type: application/pdf; name=half.pdf\r\n\
      Content-Transfer-Encoding: base64\r\n\r\nJVBERi0x"
        .to_vec()
}
