//! Writing messages: MIME entities with a sender's choice of charset and encoding, honest or not, put together to
//! RFC 5322 bytes by hand, so that a letter can be as broken as those in a real mailbox.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// A MIME entity: its own header lines and its encoded content.
pub(super) struct Entity {
    head: String,
    content: Vec<u8>,
}

/// UTF-8 text as quoted-printable, the way most senders write it. `kind` is `plain` or `html`.
pub(super) fn text(kind: &str, text: &str) -> Entity {
    let head = format!(
        "Content-Type: text/{kind}; charset=\"utf-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    );
    Entity { head, content: quoted_printable(text.as_bytes()) }
}

/// Text in a legacy charset, declared as that charset.
pub(super) fn text_in(charset: &str, encoding: &str, text: &str) -> Entity {
    mislabelled(charset, charset, encoding, text)
}

/// Text in one charset, declared as another one.
pub(super) fn mislabelled(charset: &str, declared: &str, encoding: &str, text: &str) -> Entity {
    let real = encoding_rs::Encoding::for_label(charset.as_bytes()).expect("a charset that exists");
    let bytes = real.encode(text).0.into_owned();
    entity(&format!("text/plain; charset={declared}"), encoding, &bytes)
}

/// Any entity; `encoding` is `base64`, `quoted-printable`, `8bit` or `7bit`.
pub(super) fn entity(kind: &str, encoding: &str, bytes: &[u8]) -> Entity {
    let content = match encoding {
        "base64" => base64_lines(bytes),
        "quoted-printable" => quoted_printable(bytes),
        _ => bytes.to_vec(),
    };
    Entity { head: format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n"), content }
}

/// Content under header lines given in full, each ending with CRLF.
pub(super) fn bare(head: &str, content: &[u8]) -> Entity {
    Entity { head: head.into(), content: content.to_vec() }
}

pub(super) fn attachment(kind: &str, name: &str, bytes: &[u8]) -> Entity {
    entity(&format!("{kind}; name=\"{name}\""), "base64", bytes)
        .with_header(&format!("Content-Disposition: attachment; filename=\"{name}\""))
}

pub(super) fn inline_image(name: &str, content_id: &str) -> Entity {
    entity(&format!("image/png; name=\"{name}\""), "base64", &png())
        .with_header(&format!("Content-Disposition: inline; filename=\"{name}\""))
        .with_header(&format!("Content-ID: <{content_id}>"))
}

pub(super) fn multipart(kind: &str, parts: Vec<Entity>) -> Entity {
    let written: Vec<Vec<u8>> = parts.iter().map(Entity::bytes).collect();
    let boundary = format!("=_{:016x}", checksum(&written.concat()));
    let mut content = b"This is a message in MIME format.\r\n".to_vec();
    for part in written {
        content.extend(format!("--{boundary}\r\n").bytes());
        content.extend(part);
        content.extend(b"\r\n");
    }
    content.extend(format!("--{boundary}--\r\n").bytes());
    Entity { head: format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n"), content }
}

/// Plain text and HTML of the same content.
pub(super) fn alternative(plain: &str, html: &str) -> Entity {
    multipart("alternative", vec![text("plain", plain), text("html", html)])
}

impl Entity {
    pub(super) fn with_header(mut self, line: &str) -> Entity {
        self.head += line;
        self.head += "\r\n";
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.content].concat()
    }
}

/// A message before it is posted: Date and Message-ID come with the posting.
pub(super) struct Letter {
    pub(super) from: String,
    headers: Vec<(String, String)>,
    body: Entity,
}

impl Letter {
    /// From `"Name <address>"` to Ada.
    pub(super) fn new(from: &str, subject: &str, body: Entity) -> Letter {
        let letter = Letter { from: from.into(), headers: Vec::new(), body };
        letter
            .with("From", &encode_name(from))
            .with("To", "Ada Lovelace <ada@example.com>")
            .with("Subject", &encode(subject))
    }

    /// Adds a header, or replaces the one of that name, as it stands: nothing is encoded.
    pub(super) fn with(mut self, name: &str, value: &str) -> Letter {
        match self.headers.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.into(),
            None => self.headers.push((name.into(), value.into())),
        }
        self
    }

    pub(super) fn without(mut self, name: &str) -> Letter {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(super) fn answering(self, parent: &str, ancestors: &[String]) -> Letter {
        let chain: Vec<String> = ancestors.iter().map(|id| format!("<{id}>")).collect();
        self.with("In-Reply-To", &format!("<{parent}>")).with("References", &chain.join("\r\n "))
    }

    pub(super) fn bytes(&self, date: &str, message_id: &str) -> Vec<u8> {
        let mut head = String::from("Delivered-To: ada@example.com\r\nMIME-Version: 1.0\r\n");
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("Date: {date}\r\nMessage-ID: <{message_id}>\r\n");
        [head.into_bytes(), self.body.bytes()].concat()
    }
}

/// RFC 2047 where needed, one word for every 12 characters.
pub(super) fn encode(text: &str) -> String {
    if text.is_ascii() {
        return text.into();
    }
    let characters: Vec<char> = text.chars().collect();
    let words = characters.chunks(12).map(|chunk| {
        let chunk: String = chunk.iter().collect();
        format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(chunk))
    });
    words.collect::<Vec<_>>().join("\r\n ")
}

/// An encoded word in a charset of the sender's choice.
pub(super) fn encode_in(charset: &str, text: &str) -> String {
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).expect("a charset that exists");
    format!("=?{charset}?B?{}?=", BASE64_STANDARD.encode(encoding.encode(text).0))
}

fn encode_name(from: &str) -> String {
    match from.rsplit_once(" <") {
        Some((name, address)) => format!("{} <{address}", encode(name)),
        None => from.into(),
    }
}

fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let encoded = BASE64_STANDARD.encode(bytes);
    encoded.as_bytes().chunks(76).flat_map(|line| line.iter().copied().chain(*b"\r\n")).collect()
}

fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 8);
    let mut column = 0;
    for (i, &byte) in bytes.iter().enumerate() {
        let at_line_end = bytes.get(i + 1).is_none_or(|next| matches!(next, b'\r' | b'\n'));
        let escaped = [b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
        let token: &[u8] = match byte {
            b'\r' => continue,
            b'\n' => {
                out.extend(b"\r\n");
                column = 0;
                continue;
            }
            b' ' | b'\t' if !at_line_end => &bytes[i..=i],
            b'!'..=b'<' | b'>'..=b'~' => &bytes[i..=i],
            _ => &escaped,
        };
        if column + token.len() > 75 {
            out.extend(b"=\r\n");
            column = 0;
        }
        column += token.len();
        out.extend(token);
    }
    out
}

/// FNV-1a, for boundaries that are the same on every run.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, b| (sum ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// A PDF as far as its first and last line tell.
pub(super) fn pdf(size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..size).map(|i| (i * 31 % 251) as u8));
    bytes.extend(b"\n%%EOF\n");
    bytes
}

/// A picture of one pixel.
pub(super) fn png() -> Vec<u8> {
    let picture =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    BASE64_STANDARD.decode(picture).expect("the picture is base64")
}
