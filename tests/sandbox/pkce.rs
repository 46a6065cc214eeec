//! PKCE (RFC 7636) with S256, the only method the services of the world accept.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rsa::sha2::{Digest, Sha256};

pub fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

pub fn matches(wanted: &str, verifier: &str) -> bool {
    (43..=128).contains(&verifier.len()) && challenge(verifier) == wanted
}
