//! Saves attachments and messages to disk: they are fetched, decoded and hashed as a stream, so that a large one needs
//! little memory, and written under safe names. A file that could not be written completely is removed.

mod decoder;
mod ledger;
mod name;
mod pattern;

use std::{
    fs::File,
    io::{self, ErrorKind, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde_json::Value;

use self::decoder::Decoder;
pub(crate) use self::{
    ledger::Ledger,
    name::safe_name,
    pattern::{Named, Pattern},
};
use super::{Gmail, MAILBOX, broken, incomplete, messages::named, read, refusal, target};
use crate::{
    disk::{Destination, OpenDirectory},
    http::{Call, Flow, Streamed},
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{BODY_KIND, ToolId},
    spelling::{command, with},
    url::segment,
};

const AT_ONCE: usize = 64 * 1024;

/// The number of bytes that were written, and their SHA-256 in hexadecimal.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

/// The attachments of a message, with the ids to fetch them in this run.
pub(crate) struct MessageFiles {
    pub(crate) from: String,
    pub(crate) subject: String,
    /// In epoch milliseconds.
    pub(crate) received: Option<i64>,
    pub(crate) attachments: Vec<read::Attachment>,
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
        let mut file = NewFile::numbered(destination, &safe_name(&attachment.filename))?;
        let written = file.append(self, |out| self.write_attachment(message, attachment, out));
        let written = written.map_err(|p| p.detail("part_id", attachment.part_id.as_str()))?;
        Ok((file.keep()?, written))
    }

    /// Writes an attachment to a new file with this name, or finds it in the directory. Returns its path, and whether it was
    /// there.
    pub(crate) fn save_once(
        &self,
        message: &str,
        attachment: &read::Attachment,
        name: &str,
        destination: &Destination,
        ledger: &mut Ledger,
    ) -> Result<(PathBuf, Written, bool)> {
        let part = attachment.part_id.as_str();
        if let Some((path, written)) = ledger.saved(message, part) {
            return Ok((path, written, true));
        }
        let mut file = NewFile::numbered(destination, name)?;
        let written = file.append(self, |out| self.write_attachment(message, attachment, out));
        let written = written.map_err(|p| p.detail("part_id", part))?;
        let same = ledger.same(&written, name);
        let was_there = same.is_some();
        let path = match same {
            Some(path) => path,
            None => file.keep()?,
        };
        ledger.note(message, part, &path, &written)?;
        Ok((path, written, was_there))
    }

    /// The attachments of each of these messages, with what a name can be made from.
    pub(crate) fn files_of(&self, ids: &[String]) -> Result<Vec<Result<MessageFiles>>> {
        let path = |id: &String| {
            let query = [("format", "full"), ("fields", "internalDate,payload")];
            target(&format!("/gmail/v1/users/me/messages/{}", segment(id)), &query)
        };
        let paths: Vec<String> = ids.iter().map(path).collect();
        let found = self.get_each(&paths, &mut self.pace())?;
        let files = |(id, found): (&String, Result<Value>)| {
            let message = found.map_err(|p| named(p, id))?;
            if !message.get("payload").is_some_and(Value::is_object) {
                return Err(incomplete());
            }
            Ok(MessageFiles {
                from: read::header(&message, "From"),
                subject: read::header(&message, "Subject"),
                received: message["internalDate"].as_str().and_then(|time| time.parse().ok()),
                attachments: read::attachments(&message),
            })
        };
        Ok(ids.iter().zip(found).map(files).collect())
    }

    /// Writes the bytes of an attachment to `out`.
    pub(crate) fn write_attachment(
        &self,
        message: &str,
        attachment: &read::Attachment,
        out: &mut dyn Write,
    ) -> Result<Written> {
        if let Some(data) = &attachment.data {
            let mut decoder = Decoder::new(out);
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
        let path = format!("/messages/{}/attachments/{}", segment(message), segment(attachment_id));
        self.write_bytes(&target(&path, &[("fields", "data")]), Decoder::new(out))
    }

    /// Writes a message to `out` as it was received (RFC 5322).
    pub(crate) fn write_message(&self, id: &str, out: &mut dyn Write) -> Result<Written> {
        self.write_bytes(&source_path(id), Decoder::new(out)).map_err(|p| named(p, id))
    }

    /// The same without a hash.
    pub(super) fn copy_message(&self, id: &str, out: &mut dyn Write) -> Result<()> {
        let decoder = Decoder::new(out).without_hash();
        self.write_bytes(&source_path(id), decoder).map(drop).map_err(|p| named(p, id))
    }

    /// Decodes the bytes that a response has as its only string.
    fn write_bytes(&self, path: &str, mut decoder: Decoder<'_>) -> Result<Written> {
        let mut flow = self.open(path)?;
        let mut buffer = vec![0; AT_ONCE];
        loop {
            match flow.more(&mut buffer).map_err(|fault| broken(fault).problem)? {
                0 => return decoder.finish(),
                count => decoder.take(&buffer[..count])?,
            }
        }
    }

    fn open(&self, path: &str) -> Result<Flow<'_>> {
        let url = format!("{MAILBOX}{path}");
        let mut backoff = self.http.backoff();
        loop {
            let refusal = match self.http.stream(Call::new("GET", &*url).bearer(self.token)) {
                Ok(Streamed::Flowing(flow)) => return Ok(flow),
                Ok(Streamed::Whole(reply)) => refusal(&reply),
                Err(fault) => broken(fault),
            };
            if !refusal.temporary || !backoff.again_after(&refusal.problem) {
                return Err(refusal.problem);
            }
        }
    }
}

fn source_path(id: &str) -> String {
    target(&format!("/messages/{}", segment(id)), &[("format", "raw"), ("fields", "raw")])
}

/// A file that only this user can read. It has a name of its own until it is complete, and is removed if it is not kept.
pub(super) struct NewFile {
    directory: OpenDirectory,
    file: File,
    /// Its name until it is complete; empty then.
    partial: String,
    name: String,
    /// Whether a number may be added to the name: `report (2).pdf`.
    is_numbered: bool,
    path: PathBuf,
}

impl NewFile {
    /// A file whose name gets a number if it is taken.
    pub(super) fn numbered(destination: &Destination, name: &str) -> Result<NewFile> {
        NewFile::create(destination, name, true)
    }

    /// A file with this name. An error if the name is taken.
    pub(super) fn named(destination: &Destination, name: &str) -> Result<NewFile> {
        NewFile::create(destination, name, false)
    }

    fn create(destination: &Destination, name: &str, is_numbered: bool) -> Result<NewFile> {
        let directory = destination.open()?;
        if !is_numbered && directory.has(name) {
            return Err(destination.taken(name));
        }
        let created = first_free(&format!("{name}.part"), |name| directory.create(name));
        let (file, partial) = created.map_err(|e| destination.unusable(&e))?;
        let path = destination.path_of(name);
        Ok(NewFile { directory, file, partial, name: name.to_owned(), is_numbered, path })
    }

    /// Appends what `write` writes. If the connection breaks, it is written again from the same place.
    pub(super) fn append(
        &mut self,
        gmail: &Gmail<'_>,
        write: impl Fn(&mut dyn Write) -> Result<Written>,
    ) -> Result<Written> {
        let start = self.file.stream_position().map_err(|e| unwritable(&self.path, &e))?;
        let mut backoff = gmail.http.backoff();
        loop {
            let outcome = write(&mut self.file);
            if outcome.is_ok() {
                return outcome;
            }
            let cut = self.file.set_len(start).and_then(|()| self.file.seek(SeekFrom::Start(start)));
            cut.map_err(|e| unwritable(&self.path, &e))?;
            match outcome {
                Err(p) if p.code() == Code::Temporary && backoff.again_after(&p) => {}
                outcome => return outcome,
            }
        }
    }

    /// Completes the file and returns its path.
    pub(super) fn keep(mut self) -> Result<PathBuf> {
        let name = self.complete().map_err(|e| unwritable(&self.path, &e))?;
        Ok(self.path.with_file_name(name))
    }

    /// Gives the file its name, which is reserved first: a renamed file would replace another one.
    fn complete(&mut self) -> io::Result<String> {
        self.file.sync_all()?;
        let reserve = |name: &str| self.directory.create(name);
        let name = match self.is_numbered {
            true => first_free(&self.name, reserve)?.1,
            false => reserve(&self.name).map(|_| self.name.clone())?,
        };
        match self.directory.rename(&self.partial, &name) {
            Ok(()) => self.partial.clear(),
            Err(e) => {
                let _ = self.directory.remove(&name);
                return Err(e);
            }
        }
        Ok(name)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.partial.is_empty() {
            let _ = self.directory.remove(&self.partial);
        }
    }
}

/// Creates a file with this name, or with a number in it if the name is taken.
fn first_free(name: &str, create: impl Fn(&str) -> io::Result<File>) -> io::Result<(File, String)> {
    for number in 1..10_000 {
        let name = numbered(name, number);
        match create(&name) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (file, name)),
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
    Problem::new(Code::Failed, format!("cannot write {}: {error}", path.display()))
        .hint("Free some disk space, or save to another directory.")
}

#[cfg(test)]
mod tests;
