//! Mailboxes in one file: the mboxrd format, in which every line that begins with `>`s and `From ` gets one more `>`
//! (RFC 4155, <https://www.loc.gov/preservation/digital/formats/fdd/fdd000385.shtml>). What is written is read back
//! byte for byte, but for a missing line end at the end of a message.

use std::{
    cell::Cell,
    io::{self, BufRead, Read, Write},
    rc::Rc,
};

use jiff::Timestamp;
use mail_parser::{MessageParser, mailbox::mbox::MessageIterator};

const FROM: &[u8] = b"From ";
/// A head that is longer than this has no sender and date in the separating line.
const LONGEST_HEAD: usize = 256 * 1024;
const NOBODY: &str = "MAILER-DAEMON";

/// Writes one message, and the line before it.
pub(crate) struct MboxWriter<'w> {
    out: &'w mut dyn Write,
    /// The message up to the end of its head, until that was found.
    head: Option<Vec<u8>>,
    /// The beginning of a line, as long as it may have to be quoted.
    line: Option<Vec<u8>>,
    ends_line: bool,
}

impl<'w> MboxWriter<'w> {
    pub(crate) fn new(out: &'w mut dyn Write) -> Self {
        MboxWriter { out, head: Some(Vec::new()), line: Some(Vec::new()), ends_line: true }
    }

    /// Ends the message with an empty line.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if let Some(head) = self.head.take() {
            self.begin(&head)?;
        }
        self.release_line()?;
        self.out.write_all(if self.ends_line { b"\n" } else { b"\n\n" })?;
        self.out.flush()
    }

    fn begin(&mut self, head: &[u8]) -> io::Result<()> {
        self.out.write_all(separator(head).as_bytes())?;
        self.quote(head)
    }

    fn quote(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            let ends = piece.ends_with(b"\n");
            match &mut self.line {
                Some(line) => {
                    line.extend_from_slice(piece);
                    if ends || !may_be_from(line) {
                        self.release_line()?;
                    }
                }
                None => self.out.write_all(piece)?,
            }
            self.ends_line = ends;
            if ends {
                self.line = Some(Vec::new());
            }
        }
        Ok(())
    }

    fn release_line(&mut self) -> io::Result<()> {
        let Some(line) = self.line.take() else { return Ok(()) };
        if unquoted(&line).starts_with(FROM) {
            self.out.write_all(b">")?;
        }
        self.out.write_all(&line)
    }
}

impl Write for MboxWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.head {
            Some(head) => {
                head.extend_from_slice(bytes);
                if has_end(head, bytes.len()) || head.len() > LONGEST_HEAD {
                    let head = self.head.take().unwrap_or_default();
                    self.begin(&head)?;
                }
            }
            None => self.quote(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether an empty line is in the last bytes, of which `added` are new.
fn has_end(head: &[u8], added: usize) -> bool {
    let recent = &head[head.len().saturating_sub(added + 3)..];
    recent.windows(2).any(|two| two == b"\n\n") || recent.windows(3).any(|three| three == b"\n\r\n")
}

fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|b| **b == b'>').count();
    &line[quotes..]
}

fn may_be_from(line: &[u8]) -> bool {
    FROM.starts_with(unquoted(line))
}

/// `From ada@example.com Fri Jan  1 10:00:00 2027`: the sender, and the date in UTC.
fn separator(head: &[u8]) -> String {
    let parsed = MessageParser::new().parse_headers(head);
    let sender = parsed.as_ref().and_then(|message| message.return_address());
    let is_word = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    let sender = sender.filter(is_word).unwrap_or(NOBODY);
    let date = parsed.as_ref().and_then(|message| message.date());
    let seconds = date.map(mail_parser::DateTime::to_timestamp);
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or_default();
    format!("From {sender} {}\n", time.strftime("%a %b %e %H:%M:%S %Y"))
}

/// Whether a file that begins with these bytes holds a mailbox, not one message.
pub(crate) fn is_mbox(start: &[u8]) -> bool {
    start.starts_with(FROM)
}

/// The messages of a mailbox. An error if one of them has more than `most` bytes.
pub(crate) fn messages(mbox: impl BufRead, most: usize) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    let left = Rc::new(Cell::new(most));
    let bounded = Bounded { inner: mbox, left: left.clone() };
    MessageIterator::new(bounded).map(move |message| {
        left.set(most);
        let mut bytes = message?.unwrap_contents();
        let end = if bytes.ends_with(b"\n\r\n") { 2 } else { usize::from(bytes.ends_with(b"\n\n")) };
        bytes.truncate(bytes.len() - end);
        Ok(bytes)
    })
}

/// Reads until a number of bytes is used up, which the reader of the messages sets again.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<usize>>,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.left.get();
        let available = self.inner.fill_buf()?;
        if left == 0 && !available.is_empty() {
            return Err(io::Error::other("a message in it is too large"));
        }
        Ok(&available[..available.len().min(left)])
    }

    fn consume(&mut self, count: usize) {
        self.left.set(self.left.get().saturating_sub(count));
        self.inner.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mbox(messages: &[&[u8]], at_once: usize) -> Vec<u8> {
        let mut file = Vec::new();
        for message in messages {
            let mut writer = MboxWriter::new(&mut file);
            message.chunks(at_once).for_each(|chunk| writer.write_all(chunk).unwrap());
            writer.finish().unwrap();
        }
        file
    }

    #[test]
    fn what_is_written_is_read_back_byte_for_byte() {
        let cases: [&[u8]; 7] = [
            b"From: a@b\r\n\r\nFrom here\r\n>From there\r\n>>From\r\n",
            b"Subject: x\n\n\xff\xfe\0raw\n\n\n",
            b"Subject: x\r\n\r\n\r\n\r\n",
            b"Subject: no body\r\n",
            b"\r\nno head\r\n",
            b">From x\nFrom y\n",
            b"From  two\nFro\nm \n>>>Fro\n",
        ];
        for at_once in [1, 2, 5, 4096] {
            let file = mbox(&cases, at_once);
            let read: Vec<Vec<u8>> = messages(&file[..], 1000).map(Result::unwrap).collect();
            assert_eq!(read, cases, "{at_once} bytes at once");
        }
    }

    #[test]
    fn a_message_without_an_end_is_not_read_into_memory() {
        let endless = io::BufReader::new(io::Cursor::new(b"From x\n").chain(io::repeat(b'x')));
        assert!(messages(endless, 1000).next().unwrap().is_err());
        let two = b"From x\n12345678\n\nFrom y\n12345678\n\n";
        assert_eq!(messages(&two[..], 30).filter_map(Result::ok).count(), 2);
    }

    #[test]
    fn the_line_before_a_message_has_its_sender_and_date() {
        let message = b"Return-Path: <bob@b.example>\r\nDate: Fri, 1 Jan 2027 10:00:00 +0200\r\n\r\nx\r\n";
        assert!(mbox(&[message], 3).starts_with(b"From bob@b.example Fri Jan  1 08:00:00 2027\n"));
        let message = b"From: \"A B\" <a@b.example>\r\n\r\nx";
        let file = mbox(&[message], 100);
        assert!(file.starts_with(b"From a@b.example Thu Jan  1 00:00:00 1970\n") && file.ends_with(b"x\n\n"));
        assert!(mbox(&[b"\xff"], 100).starts_with(b"From MAILER-DAEMON "));
    }
}
