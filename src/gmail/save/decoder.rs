//! Decodes the answer to a request for bytes, which is JSON with one string in base64url, while it arrives.

use std::io::Write;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rsa::sha2::{Digest, Sha256};

use super::Written;
use crate::{
    digest::digits,
    problem::{Code, Problem, Result},
};

/// A name that is longer is none that is asked for.
const LONGEST_NAME: usize = 16;
const AT_ONCE: usize = 64 * 1024;

/// Decodes a stream of base64url that is the only string value in a JSON object.
pub(super) struct Decoder<'w> {
    out: &'w mut dyn Write,
    state: State,
    /// The name of the value.
    name: Vec<u8>,
    /// The bits that do not make a byte yet, and their number.
    bits: u32,
    count: u32,
    decoded: Vec<u8>,
    size: u64,
    hash: Option<Sha256>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before the value, with the number of quotation marks until it starts; never with 0.
    Before(u8),
    Inside,
    /// After a backslash.
    Escape,
    /// After `\u`, with the number of missing digits and the value so far.
    Code(u8, u32),
    After,
}

impl<'w> Decoder<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Decoder<'w> {
        Decoder {
            out,
            state: State::Before(1),
            name: Vec::new(),
            bits: 0,
            count: 0,
            decoded: Vec::with_capacity(AT_ONCE),
            size: 0,
            hash: Some(Sha256::new()),
        }
    }

    /// The same without the hash.
    pub(super) fn without_hash(self) -> Decoder<'w> {
        Decoder { hash: None, ..self }
    }

    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            rest = if self.state == State::Inside {
                self.digits(rest)
            } else {
                self.state = self.after(*byte);
                after
            };
        }
        self.flush()
    }

    /// Decodes as far as the string goes on, and returns what follows.
    fn digits<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let end = bytes.iter().position(|b| matches!(b, b'"' | b'\\')).unwrap_or(bytes.len());
        let (digits, after) = bytes.split_at(end);
        self.decode(digits);
        match after {
            [mark, after @ ..] => {
                self.state = if *mark == b'"' { State::After } else { State::Escape };
                after
            }
            [] => after,
        }
    }

    /// Decodes characters: all of them at once if they are Gmail's alphabet, without padding or line ends.
    fn decode(&mut self, digits: &[u8]) {
        let mut rest = digits;
        while let [digit, after @ ..] = rest
            && self.count > 0
        {
            self.digit(*digit);
            rest = after;
        }
        let (whole, tail) = rest.split_at(rest.len() / 4 * 4);
        let before = self.decoded.len();
        if BASE64_URL_SAFE_NO_PAD.decode_vec(whole, &mut self.decoded).is_ok() {
            rest = tail;
        } else {
            self.decoded.truncate(before);
        }
        for digit in rest {
            self.digit(*digit);
        }
    }

    /// The state after a byte that is not inside the string.
    fn after(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            // An object: the quotation marks of its only name come before the value. Without a brace, the stream is the
            // value alone.
            (State::Before(1), b'{') => State::Before(3),
            (State::Before(1), b'"') => State::Inside,
            (State::Before(left), b'"') => State::Before(left.saturating_sub(1)),
            (State::Before(2), byte) => {
                self.name.push(byte);
                State::Before(if self.name.len() > LONGEST_NAME { 0 } else { 2 })
            }
            (State::Escape, b'u') => State::Code(4, 0),
            // A line end or another control character.
            (State::Escape, b'b' | b'f' | b'n' | b'r' | b't') => State::Inside,
            (State::Escape, byte) => self.digit(byte),
            (State::Code(left, code), byte) => {
                let code = code * 16 + char::from(byte).to_digit(16).unwrap_or(0);
                match left {
                    1 => self.digit(u8::try_from(code).unwrap_or(b'=')),
                    left => State::Code(left - 1, code),
                }
            }
            (state, _) => state,
        }
    }

    /// Decodes one character of either alphabet. Padding and line ends are ignored.
    fn digit(&mut self, byte: u8) -> State {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return State::Inside,
        };
        self.bits = self.bits << 6 | u32::from(value);
        self.count += 6;
        if self.count >= 8 {
            self.count -= 8;
            self.decoded.push((self.bits >> self.count & 0xff) as u8);
        }
        State::Inside
    }

    fn flush(&mut self) -> Result<()> {
        self.out.write_all(&self.decoded).map_err(|e| {
            Problem::new(Code::Failed, format!("cannot write the content: {e}"))
                .hint("Free some disk space, or write to another location.")
        })?;
        if let Some(hash) = &mut self.hash {
            hash.update(&self.decoded);
        }
        self.size += self.decoded.len() as u64;
        self.decoded.clear();
        Ok(())
    }

    /// Fails if the string was not closed, which means that the response is incomplete, or if it is another one.
    pub(super) fn finish(self) -> Result<Written> {
        match self.state {
            State::After if [&b""[..], b"raw", b"data"].contains(&self.name.as_slice()) => {
                let sha256 = self.hash.map(|hash| digits(&hash.finalize())).unwrap_or_default();
                Ok(Written { size: self.size, sha256 })
            }
            _ => Err(Problem::temporary("Gmail's response is incomplete")
                .hint("Try again; the connection may have been cut.")),
        }
    }
}
