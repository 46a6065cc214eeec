//! Saves attachments to disk: fetches, decodes and hashes them as a stream, so a large file needs little memory,
//! and writes them under safe names.

use std::{
    fs::File,
    io::{self, ErrorKind, Seek, Write},
    path::{Path, PathBuf},
};

use rsa::sha2::{Digest, Sha256};
use serde_json::Value;

use super::{Gmail, MAILBOX, broken, incomplete, messages::named, read, refusal, target};
use crate::{
    characters::{breaks_header, is_invisible, reorders},
    disk::{Destination, OpenDirectory},
    http::{Call, Flow, Streamed},
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{BODY_KIND, OUT_DIR, ToolId},
    spelling::{command, name, with},
    url::segment,
};

/// File systems allow 255 bytes. The rest is for a number and a suffix.
const LONGEST_NAME: usize = 200;
/// Device names of Windows, with or without an extension.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];
const NUMBERED: [&str; 2] = ["com", "lpt"];
/// Characters with a meaning in paths or shells, or that Windows does not allow in names.
const FORBIDDEN: [char; 22] = [
    '/', '\\', ':', '*', '?', '<', '>', '|', '$', '`', ';', '&', '"', '\'', '‘', '’', '‚', '‛', '“', '”',
    '„', '‟',
];
/// At the beginning of a name, a program takes these for an option or for a home directory.
const NOT_FIRST: [char; 7] = ['-', '~', '‐', '–', '—', '―', '−'];
/// Names that agents, build tools, test runners and Windows read or run by themselves, in lower case.
const READ_BY_PROGRAMS: [&str; 25] = [
    "claude.md",
    "claude.local.md",
    "agents.md",
    "agent.md",
    "agents.override.md",
    "gemini.md",
    "qwen.md",
    "skill.md",
    "copilot-instructions.md",
    "mcs-gmail.toml",
    "config.toml",
    "config.json",
    "makefile",
    "gnumakefile",
    "justfile",
    "package.json",
    "build.rs",
    "conftest.py",
    "setup.py",
    "sitecustomize.py",
    "usercustomize.py",
    "autorun.inf",
    "desktop.ini",
    "authorized_keys",
    "web.config",
];
const AT_ONCE: usize = 64 * 1024;

/// The number of bytes that were written, and their SHA-256 in hexadecimal.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

impl Gmail<'_> {
    /// The attachments of a message, with the ids to fetch them in this run.
    pub(crate) fn attachments(&self, id: &str) -> Result<Vec<read::Attachment>> {
        let path = format!("/messages/{}", segment(id));
        let message = self.get(&path, &[("format", "full"), ("fields", "payload")]);
        let message = message.map_err(|p| named(p, id))?;
        if message.get("payload").is_some_and(Value::is_object) {
            Ok(read::attachments(&message))
        } else {
            Err(incomplete())
        }
    }

    /// Writes an attachment to a new file in a directory and returns its path.
    pub(crate) fn save(
        &self,
        message: &str,
        attachment: &read::Attachment,
        destination: &Destination,
    ) -> Result<(PathBuf, Written)> {
        let directory = destination.open()?;
        let created = create(&directory, &safe_name(&attachment.filename));
        let (mut file, name) = created.map_err(|e| destination.unusable(&e))?;
        let path = destination.path_of(&name);
        let mut backoff = self.http.backoff();
        loop {
            match self.write_attachment(message, attachment, &mut file) {
                Ok(written) => {
                    file.sync_all().map_err(|e| unwritable(&path, &e))?;
                    return Ok((path, written));
                }
                // The connection broke: start again.
                Err(p) if p.code() == Code::Temporary && backoff.again(p.wait()) && rewind(&mut file) => {}
                Err(p) => {
                    let _ = directory.remove(&name);
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
            return Err(Problem::not_found(format!("Gmail does not provide part {}", attachment.part_id))
                .hint(phrase![
                    "Read the whole message: ",
                    command(ToolId::FetchMessage),
                    " with ",
                    with(&BODY_KIND, "raw"),
                    "."
                ]));
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

    /// Requests an attachment; the response is `{"data":"..."}`.
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
            if !refusal.temporary || !backoff.again(refusal.problem.wait()) {
                return Err(refusal.problem);
            }
        }
    }
}

/// Decodes a stream of base64url that is the only string value in a JSON object.
struct Decoder<'w> {
    out: &'w mut dyn Write,
    state: State,
    /// The bits that do not make a byte yet, and their number.
    bits: u32,
    count: u32,
    decoded: Vec<u8>,
    size: u64,
    hash: Sha256,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before the value, with the number of quotation marks until it starts.
    Before(u8),
    Inside,
    /// After a backslash.
    Escape,
    /// After `\u`, with the number of missing digits and the value so far.
    Code(u8, u32),
    After,
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
                // An object: the quotation marks of its only name come before the value. Without a brace, the
                // stream is the value alone.
                (State::Before(_), b'{') => State::Before(3),
                (State::Before(1), b'"') => State::Inside,
                (State::Before(left), b'"') => State::Before(left - 1),
                (State::Inside, b'"') => State::After,
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
            Problem::new(Code::Failed, format!("cannot write the attachment: {e}"))
                .hint("Free some disk space, or write to another location.")
        })?;
        self.hash.update(&self.decoded);
        self.size += self.decoded.len() as u64;
        self.decoded.clear();
        Ok(())
    }

    /// Fails if the string was not closed, which means that the response is incomplete.
    fn finish(self) -> Result<Written> {
        match self.state {
            State::After => Ok(Written { size: self.size, sha256: hexadecimal(&self.hash.finalize()) }),
            _ => Err(Problem::temporary("the attachment in Gmail's response is incomplete")
                .hint("Try again; the connection may have been cut.")),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn rewind(file: &mut File) -> bool {
    file.set_len(0).and_then(|()| file.rewind()).is_ok()
}

/// Creates a new file that only this user can read, and returns its name. If the name is taken, a number is added.
fn create(directory: &OpenDirectory, name: &str) -> io::Result<(File, String)> {
    for number in 1..10_000 {
        let name = numbered(name, number);
        match directory.create(&name) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (file, name)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
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
    Problem::new(Code::Failed, format!("cannot write {}: {error}", path.display())).hint(phrase![
        "Free some disk space, or set ",
        name(&OUT_DIR),
        " to another directory."
    ])
}

/// A file name that any file system accepts, that cannot lead to another directory, and that no shell or program takes
/// for anything else.
pub(crate) fn safe_name(name: &str) -> String {
    let is_seen = |c: &char| !breaks_header(*c) && !reorders(*c) && !is_invisible(*c);
    let plain = |c: char| if FORBIDDEN.contains(&c) { '_' } else { c };
    let name: String = name.chars().filter(is_seen).map(plain).collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let mut name = if name.is_empty() { "attachment".to_owned() } else { shortened(name) };
    if name.starts_with(NOT_FIRST) {
        let rest: String = name.chars().skip(1).collect();
        name = format!("_{rest}");
    }
    if is_special(&name) { format!("_{name}") } else { name }
}

/// Whether the name is that of a device of Windows, or of a file that a program reads by itself.
fn is_special(name: &str) -> bool {
    let name = name.to_lowercase();
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    READ_BY_PROGRAMS.contains(&name.as_str())
        || RESERVED.contains(&stem)
        || NUMBERED.iter().any(|n| {
            let number = stem.strip_prefix(n).map(|rest| rest.chars().collect::<Vec<_>>());
            matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
        })
}

/// Cuts a name to [`LONGEST_NAME`] bytes and keeps its extension.
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
