//! The zip of the skill: one directory with its files, for Cowork and claude.ai. The same files give the same bytes.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{NAME, Part};
use crate::problem::{Code, Problem, Result};

/// What an upload may consist of.
const MAX_FILES: usize = 200;
const MAX_SIZE: usize = 30_000_000;
/// The names in a zip begin after the fixed part of its first header (APPNOTE.TXT 4.3.7).
const FIRST_NAME: usize = 30;

/// Refuses what claude.ai would refuse.
pub(crate) fn check_limits(parts: &[Part]) -> Result<()> {
    let size: usize = parts.iter().map(|part| part.content.len()).sum();
    if parts.len() > MAX_FILES {
        return Err(Problem::usage(format!(
            "the bundle would have {} files, and {MAX_FILES} are allowed",
            parts.len()
        ))
        .hint("Leave some files out."));
    }
    if size < MAX_SIZE {
        return Ok(());
    }
    let mut largest: Vec<&Part> = parts.iter().collect();
    largest.sort_by_key(|part| std::cmp::Reverse(part.content.len()));
    // The texts are never the reason.
    let largest = largest
        .iter()
        .take(2)
        .filter(|part| part.content.len() > MAX_SIZE / 100)
        .map(|part| format!("{} has {}", part.path, megabytes(part.content.len())));
    let message = format!(
        "the bundle would have {} uncompressed, and less than {} are allowed: {}",
        megabytes(size),
        megabytes(MAX_SIZE),
        largest.collect::<Vec<_>>().join(", ")
    );
    Err(Problem::usage(message)
        .hint("Use the binaries of a release, or build them with cargo build --release."))
}

/// The zip with these files.
pub(crate) fn bundle(parts: &[Part]) -> Result<Vec<u8>> {
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let write = || -> Result<Vec<u8>, ZipError> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for part in sorted {
            // Its time is 1980-01-01.
            let options = SimpleFileOptions::DEFAULT.compression_method(CompressionMethod::Deflated);
            zip.start_file(format!("{NAME}/{}", part.path), options.unix_permissions(part.mode))?;
            zip.write_all(&part.content)?;
        }
        Ok(zip.finish()?.into_inner())
    };
    write().map_err(|e| {
        Problem::new(Code::Failed, format!("cannot make the bundle: {e}")).hint("Report this as a bug.")
    })
}

/// Whether a file begins as a bundle of this skill does.
pub(crate) fn is_bundle(bytes: &[u8]) -> bool {
    let name = bytes.get(FIRST_NAME..).unwrap_or_default();
    bytes.starts_with(b"PK\x03\x04") && name.starts_with(format!("{NAME}/").as_bytes())
}

/// The number of bytes in megabytes, with one digit after the point.
fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(path: &str, size: usize) -> Part {
        Part { path: path.to_owned(), content: vec![0; size], mode: 0o644 }
    }

    #[test]
    fn the_limits_of_an_upload_are_kept() {
        let many: Vec<Part> = (0..=MAX_FILES).map(|number| part(&number.to_string(), 1)).collect();
        assert!(check_limits(&many[1..]).is_ok());
        let problem = check_limits(&many).unwrap_err();
        assert_eq!(problem.message(), "the bundle would have 201 files, and 200 are allowed");
        let mut large = vec![part("a", MAX_SIZE - 2), part("b", 1)];
        assert!(check_limits(&large).is_ok());
        large.push(part("c", 1));
        let problem = check_limits(&large).unwrap_err();
        assert!(problem.message().ends_with("less than 30.0 MB are allowed: a has 30.0 MB"), "{problem}");
    }
}
