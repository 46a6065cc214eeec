//! SHA-256 in the two encodings that the program uses.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rsa::sha2::{Digest, Sha256};

/// SHA-256 in base64url, 43 characters: for PKCE challenges (RFC 7636 4.2) and the names of identities.
pub(crate) fn base64url(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

/// SHA-256 in hexadecimal, 64 characters.
pub(crate) fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
