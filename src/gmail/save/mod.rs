//! Attachments on their way to the disk: fetched, decoded and hashed as they come, so that their size never
//! shows in memory, and written under names that a sender cannot abuse.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Seek, Write},
    path::{Path, PathBuf},
};

use rsa::sha2::{Digest, Sha256};
use serde_json::Value;

use super::{Gmail, MAILBOX, broken, messages::named, read, refusal, target};
use crate::{
    http::{Call, Flow, Streamed},
    problem::{Code, Problem, Result},
    url::segment,
};

/// File systems take 255 bytes; some of it is left for a number and a suffix.
const LONGEST_NAME: usize = 200;
/// Device names of Windows, with or without an extension.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
const NUMBERED: [&str; 2] = ["com", "lpt"];
/// What has a meaning in paths or shells, or no place in a name on Windows.
const FORBIDDEN: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];
const AT_ONCE: usize = 64 * 1024;

/// What was written, in bytes, and their SHA-256 in hexadecimal.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

impl Gmail<'_> {
    /// The attachments of a message, with what it takes to fetch them during this run.
    pub(crate) fn attachments(&self, id: &str) -> Result<Vec<read::Attachment>> {
        let path = format!("/messages/{}", segment(id));
        let message = self.get(&path, &[("format", "full"), ("fields", "payload")]);
        Ok(read::attachments(&message.map_err(|p| named(p, id))?))
    }

    /// Writes an attachment into a new file in `directory`; says where and what.
    pub(crate) fn save(
        &self,
        message: &str,
        attachment: &read::Attachment,
        directory: &Path,
    ) -> Result<(PathBuf, Written)> {
        let (mut file, path) = create(directory, &safe_name(&attachment.filename))?;
        let mut backoff = self.http.backoff();
        loop {
            match self.write_attachment(message, attachment, &mut file) {
                Ok(written) => {
                    file.sync_all().map_err(|e| unwritable(&path, &e))?;
                    return Ok((path, written));
                }
                // A connection that broke in the middle: once more from the start.
                Err(p) if p.code() == Code::Temporary && backoff.again(p.wait()) && rewind(&mut file) => {}
                Err(p) => {
                    let _ = fs::remove_file(&path);
                    return Err(p.detail("part_id", attachment.part_id.as_str()));
                }
            }
        }
    }

    /// Writes the bytes of an attachment to `out`.
    pub(crate) fn write_attachment(
        &self,
        message: &str,
        attachment: &read::Attachment,
        out: &mut dyn Write,
    ) -> Result<Written> {
        let mut decoder = Decoder::new(out);
        if let Some(data) = &attachment.data {
            decoder.take(Value::from(data.as_str()).to_string().as_bytes())?;
            return decoder.finish();
        }
        let Some(attachment_id) = &attachment.attachment_id else {
            return Err(Problem::not_found(format!("Gmail does not hand out part {}", attachment.part_id))
                .hint("read --body raw gives the whole message."));
        };
        let mut flow = self.open(message, attachment_id)?;
        let mut buffer = vec![0; AT_ONCE];
        loop {
            match flow.more(&mut buffer).map_err(|fault| broken(fault).problem)? {
                0 => return decoder.finish(),
                count => decoder.take(&buffer[..count])?,
            }
        }
    }

    /// The answer `{"data":"..."}` as it comes.
    fn open(&self, message: &str, attachment_id: &str) -> Result<Flow<'_>> {
        let path = format!("/messages/{}/attachments/{}", segment(message), segment(attachment_id));
        let url = format!("{MAILBOX}{}", target(&path, &[("fields", "data")]));
        let mut backoff = self.http.backoff();
        loop {
            let refusal = match self.http.stream(Call::new("GET", &*url).bearer(self.token)) {
                Ok(Streamed::Flowing(flow)) => return Ok(flow),
                Ok(Streamed::Whole(reply)) => refusal(&reply),
                Err(fault) => broken(fault),
            };
            if !refusal.passing || !backoff.again(refusal.problem.wait()) {
                return Err(refusal.problem);
            }
        }
    }
}

/// Base64url inside the only string value of a JSON object, decoded while it flows by.
struct Decoder<'w> {
    out: &'w mut dyn Write,
    state: State,
    /// Bits that do not make a byte yet, and how many.
    bits: u32,
    count: u32,
    decoded: Vec<u8>,
    size: u64,
    hash: Sha256,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before the value: how many quotation marks are to come before it.
    Before(u8),
    Inside,
    /// After a backslash, and what is known of the character after `\u`.
    Escape,
    Code(u8, u32),
    Behind,
}

impl<'w> Decoder<'w> {
    fn new(out: &'w mut dyn Write) -> Decoder<'w> {
        Decoder {
            out,
            state: State::Before(1),
            bits: 0,
            count: 0,
            decoded: Vec::with_capacity(AT_ONCE),
            size: 0,
            hash: Sha256::new(),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        for byte in bytes {
            self.state = match (self.state, byte) {
                // `{"data":` may come first: it is told by its brace.
                (State::Before(_), b'{') => State::Before(3),
                (State::Before(1), b'"') => State::Inside,
                (State::Before(left), b'"') => State::Before(left - 1),
                (State::Inside, b'"') => State::Behind,
                (State::Inside, b'\\') => State::Escape,
                (State::Escape, b'u') => State::Code(4, 0),
                (State::Escape, byte) => self.digit(*byte),
                (State::Code(left, code), byte) => {
                    let code = code * 16 + char::from(*byte).to_digit(16).unwrap_or(0);
                    match left {
                        1 => self.digit(u8::try_from(code).unwrap_or(b'=')),
                        left => State::Code(left - 1, code),
                    }
                }
                (State::Inside, byte) => self.digit(*byte),
                (state, _) => state,
            };
        }
        self.flush()
    }

    /// One character of either alphabet; padding and line ends say nothing.
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
            Problem::new(Code::Failed, format!("cannot write the attachment: {e}"))
                .hint("Free some space, or write to another place.")
        })?;
        self.hash.update(&self.decoded);
        self.size += self.decoded.len() as u64;
        self.decoded.clear();
        Ok(())
    }

    /// An answer that stops before the end of its string is no attachment.
    fn finish(self) -> Result<Written> {
        match self.state {
            State::Behind => Ok(Written { size: self.size, sha256: hexadecimal(&self.hash.finalize()) }),
            _ => Err(Problem::temporary("Gmail's answer is not the attachment it should be")
                .hint("Something on the way may have cut it; try again.")),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn rewind(file: &mut File) -> bool {
    file.set_len(0).and_then(|()| file.rewind()).is_ok()
}

/// A file that was not there before, ours alone to read. A name that is taken gets a number.
fn create(directory: &Path, name: &str) -> Result<(File, PathBuf)> {
    for number in 1..10_000 {
        let path = directory.join(numbered(name, number));
        match private().open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(unwritable(&path, &e)),
        }
    }
    Err(unwritable(&directory.join(name), &io::Error::from(ErrorKind::AlreadyExists)))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// `report.pdf`, `report (2).pdf`, ...
fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (n, Some((stem, extension))) if !stem.is_empty() => format!("{stem} ({n}).{extension}"),
        (n, _) => format!("{name} ({n})"),
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    let message = format!("cannot write {}: {error}", path.display());
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::NotADirectory => {
            Problem::usage(message).hint("Give out_dir an existing directory that this user can write to.")
        }
        _ => Problem::new(Code::Failed, message)
            .hint("Free some space, or choose another directory with out_dir."),
    }
}

/// A sender's file name as one that any file system takes and that leads nowhere else.
pub(crate) fn safe_name(name: &str) -> String {
    let harmless = |c: char| !c.is_control() && !crate::address::reorders(c);
    let name: String = name.chars().filter(|c| harmless(*c)).collect();
    let name: String = name.chars().map(|c| if FORBIDDEN.contains(&c) { '_' } else { c }).collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let name = if name.is_empty() { "attachment".to_owned() } else { shortened(name) };
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let device = RESERVED.contains(&stem.as_str())
        || NUMBERED.iter().any(|n| {
            let number = stem.strip_prefix(n).map(|rest| rest.chars().collect::<Vec<_>>());
            matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
        });
    if device { format!("_{name}") } else { name }
}

/// At most so many bytes, the extension kept.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let extension = name.rsplit_once('.').map(|(_, e)| e).filter(|e| e.len() <= 16);
    let suffix = extension.map(|e| format!(".{e}")).unwrap_or_default();
    let stem = &name[..name.floor_char_boundary(LONGEST_NAME - suffix.len())];
    format!("{}{suffix}", stem.trim_end_matches(|c: char| c == '.' || c.is_whitespace()))
}

#[cfg(test)]
mod tests;
