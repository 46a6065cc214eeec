//! SHA-256 in the two encodings that the program uses.

use std::io::{self, Read};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rsa::sha2::{Digest, Sha256};

/// SHA-256 in base64url, 43 characters: for PKCE challenges (RFC 7636 4.2) and the names of identities.
pub(crate) fn base64url(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

/// SHA-256 in hexadecimal, 64 characters.
pub(crate) fn hex(text: &str) -> String {
    digits(&Sha256::digest(text.as_bytes()))
}

/// The same of everything that can be read.
pub(crate) fn of_reader(mut reader: impl Read) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(digits(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Hashes bytes as they come.
#[derive(Default)]
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In hexadecimal.
    pub(crate) fn finish(self) -> String {
        digits(&self.0.finalize())
    }
}

/// The digits of a digest that was computed elsewhere.
pub(crate) fn digits(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
