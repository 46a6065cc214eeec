//! Generated mail: a change of its draft leaves all bytes that were not named, and a forward sends every file as it is.

use crate::kit::{User, for_each_in_parallel};

/// How many messages each of the parallel users gets.
const EACH: u64 = 25;

/// A generator of numbers (xorshift), the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len() as u64) as usize]
    }
}

/// A generated message, and what must be found of it elsewhere.
struct Mail {
    dice: Dice,
    number: usize,
    /// The parts that are neither text nor HTML: header and body.
    files: Vec<(String, String)>,
}

impl Mail {
    fn new(seed: u64) -> Mail {
        Mail { dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1), number: 0, files: Vec::new() }
    }

    /// A word that no other part has.
    fn word(&mut self) -> String {
        self.number += 1;
        format!("word{}x", self.number)
    }

    fn text(&mut self) -> String {
        let word = self.word();
        self.text_of(&word)
    }

    fn text_of(&mut self, word: &str) -> String {
        let head = self.dice.pick(&[
            "Content-Type: text/plain",
            "content-type:\ttext/plain;\r\n charset=\"iso-8859-1\"\r\nContent-Transfer-Encoding: Quoted-Printable",
            "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\nContent-Language: de",
            "",
        ]);
        let end = self.dice.pick(&["", "\r\n", " \r\n\r\n"]);
        format!("{head}{}\r\n{word} f=FCr{end}", if head.is_empty() { "" } else { "\r\n" })
    }

    fn html(&mut self) -> String {
        let word = self.word();
        self.html_of(&word)
    }

    fn html_of(&mut self, word: &str) -> String {
        let tail = self.dice.pick(&["", "</p>", "<img src=\"cid:i@x\">", "<!-- x"]);
        format!("Content-Type: text/html; charset=utf-8\r\n\r\n<p>{word}{tail}\r\n")
    }

    fn file(&mut self) -> String {
        let word = self.word();
        let head = self.dice.pick(&[
            "Content-Type: application/pdf;\r\n\tname*0=\"long \";\r\n\tname*1=\"name.pdf\"",
            "Content-Type: image/png\r\nContent-ID: <i@x>\r\nContent-Disposition: inline; filename=i.png",
            "Content-Type: text/csv; charset=windows-1252; header=absent\r\nContent-Disposition: ATTACHMENT; filename*=utf-8''%C3%BC.csv",
            "Content-Type: text/plain; charset=utf-16\r\nContent-Disposition: attachment; filename=\"=?utf-8?q?a?=.txt\"",
            "Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\nContent-Disposition: attachment",
            "Content-Disposition: attachment; filename=\"a b;c.bin\"\r\nContent-Type: application/octet-stream\r\nContent-MD5: x",
        ]);
        let body = format!(
            "{word}{}",
            self.dice.pick(&["", "\r\n", "\r\n\r\n", "\t \r\n-- \r\n--\r\n", "\u{e4}\u{0}\u{7f}"])
        );
        self.files.push((head.to_owned(), body.clone()));
        format!("{head}\r\n\r\n{body}")
    }

    fn attached(&mut self) -> String {
        let word = self.word();
        let inner = format!("X-Odd:  a \r\nSubject: {word}\r\nBcc: inner@example.org\r\n\r\nbody \r\n");
        self.files.push(("Content-Type: message/rfc822".to_owned(), inner.clone()));
        format!("Content-Type: message/rfc822\r\n\r\n{inner}")
    }

    fn group(&mut self, kind: &str, parts: Vec<String>) -> String {
        self.number += 1;
        let style = self.dice.pick(&["b", "=_b '()", "=?b?=", "b.b+b"]);
        let boundary = format!("{style}{}", self.number);
        let mut out = format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n\r\n");
        out += self.dice.pick(&["", "preamble\r\n", "\r\n"]);
        for part in parts {
            out += &format!("--{boundary}{}\r\n{part}\r\n", self.dice.pick(&["", "", " \t"]));
        }
        out + &format!("--{boundary}--{}", self.dice.pick(&["", "\r\n", "\r\nepilogue\r\n"]))
    }

    fn part(&mut self, depth: u64) -> String {
        match self.dice.below(if depth == 0 { 4 } else { 8 }) {
            0 => self.text(),
            1 => self.html(),
            2 => self.file(),
            3 => self.attached(),
            4 => {
                let word = self.word();
                let parts = vec![self.text_of(&word), self.html_of(&word)];
                self.group("alternative", parts)
            }
            5 => {
                let parts = vec![self.html(), self.file()];
                self.group("related", parts)
            }
            6 => {
                let digest =
                    (0..2).map(|_| format!("\r\n{}", self.attached().split_once("\r\n\r\n").unwrap().1));
                let digest = digest.collect();
                self.group("digest", digest)
            }
            _ => {
                let parts = (0..=self.dice.below(3)).map(|_| self.part(depth - 1)).collect();
                self.group("mixed", parts)
            }
        }
    }

    /// A message, with `Subject: old` in one of several spellings and places.
    fn message(&mut self) -> (String, String) {
        let body = self.part(2);
        let subject = self.dice.pick(&[
            "Subject: old\r\n",
            "SUBJECT:old\r\n",
            "subject: =?utf-8?q?ol?=\r\n\t=?utf-8?q?d?=\r\n",
        ]);
        let mut fields = vec![
            "From: Ada Lovelace <ada@example.com>\r\n",
            "Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n",
            "Message-ID: <d@example.com>\r\n",
            "To: Bob\r\n <bob@example.org>\r\n",
            "Importance: high\r\n",
            "X-Own:  two  blanks \r\n\t folded\r\n",
            "Bcc: outer@secret.example\r\n",
            "MIME-Version: 1.0\r\n",
        ];
        let at = self.dice.below(fields.len() as u64) as usize;
        fields.insert(at, "SUBJECT");
        let head: String = fields.concat();
        let raw = |subject: &str| format!("{}{body}", head.replace("SUBJECT", subject));
        (raw(subject), raw("Subject: new\r\n"))
    }
}

/// The bytes of a message of the mailbox.
fn source(user: &User, uid: &str) -> Vec<u8> {
    user.world.gmail(|gmail| gmail.message(uid).unwrap().raw)
}

fn contains(raw: &[u8], text: &str) -> bool {
    raw.windows(text.len()).any(|bytes| bytes == text.as_bytes())
}

/// Whether a part with this header and body is there. Its fields may be in another order.
fn has_part(raw: &[u8], (head, body): &(String, String)) -> bool {
    let fields = head.replace("\r\n\t", "\t").replace("\r\n ", " ");
    let unfolded = String::from_utf8_lossy(raw).replace("\r\n\t", "\t").replace("\r\n ", " ");
    contains(raw, &format!("\r\n\r\n{body}")) && fields.split("\r\n").all(|field| unfolded.contains(field))
}

#[test]
fn a_change_of_a_draft_changes_what_was_named_and_nothing_else() {
    for_each_in_parallel(0..4, |thread| {
        let user = User::signed_in();
        for seed in 1..=EACH {
            let mut mail = Mail::new(thread * EACH + seed);
            let (before, expected) = mail.message();
            let file = user.write_file("draft.eml", &before);
            let made = user.run(&["draft", "create", "--raw", file.to_str().unwrap()]).json();
            let id = made["id"].as_str().unwrap();
            let updated = user.run(&["draft", "update", id, "--subject", "new"]).json();
            let exported = user.run(&["export", updated["uid"].as_str().unwrap()]).done();
            assert_eq!(exported.stdout, expected, "{before}");

            let done = user.run(&["draft", "update", id, "--body", "quite new"]).done();
            if done.code != 0 {
                assert_eq!(done.code, 2, "{before}");
                assert!(done.error()["part"].is_string(), "{before}");
                continue;
            }
            let after = source(&user, done.json()["uid"].as_str().unwrap());
            let shown = String::from_utf8_lossy(&after);
            assert!(shown.contains("quite new"), "{shown}");
            for file in &mail.files {
                let (head, body) = file;
                assert!(
                    has_part(&after, file) || contains(&after, body) && head.contains("rfc822"),
                    "{file:?}\n{before}\n{shown}"
                );
            }
            for field in [
                "X-Own:  two  blanks \r\n\t folded\r\n",
                "To: Bob\r\n <bob@example.org>\r\n",
                "Importance: high\r\n",
            ] {
                assert!(shown.contains(field), "{shown}");
            }
        }
    });
}

#[test]
fn a_forward_sends_every_file_as_it_is() {
    for_each_in_parallel(0..4, |thread| {
        let user = User::signed_in();
        for seed in 1..=EACH {
            let mut mail = Mail::new(1_000 + thread * EACH + seed);
            let (raw, _) = mail.message();
            let id = user.world.gmail(|gmail| gmail.add_raw(raw.as_bytes(), &["INBOX"]));
            user.run(&["forward", &id, "--to", "dan@example.org", "--body", "FYI"]).json();
            let sent = user.world.gmail(|gmail| gmail.sent().last().unwrap().raw.clone());
            let shown = String::from_utf8_lossy(&sent);
            for file in &mail.files {
                assert!(has_part(&sent, file), "{file:?}\n{shown}\n\n{raw}");
            }
            for number in 1..=mail.number {
                let word = format!("word{number}x");
                assert!(!raw.contains(&word) || shown.contains(&word), "{word}\n{shown}\n\n{raw}");
            }
            assert!(!shown.contains("outer@secret.example"), "{shown}");
        }
    });
}
