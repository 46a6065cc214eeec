//! Random values for the services, and the register of every secret that was ever issued.

use std::sync::{Arc, Mutex};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{TryRng, rngs::SysRng};

use super::lock;

/// Issues secrets and remembers them, so that a test can search for them where they must not be.
#[derive(Clone, Default)]
pub struct Mint(Arc<Mutex<Vec<String>>>);

impl Mint {
    /// A new secret: the prefix and 32 random bytes in base64url.
    pub fn secret(&self, prefix: &str) -> String {
        let secret = format!("{prefix}{}", token::<32>());
        self.keep(&secret);
        secret
    }

    /// Registers a secret that came from somewhere else, such as the configuration.
    pub fn keep(&self, secret: &str) {
        let mut all = lock(&self.0);
        if !secret.is_empty() && !all.iter().any(|s| s == secret) {
            all.push(secret.to_owned());
        }
    }

    pub fn secrets(&self) -> Vec<String> {
        lock(&self.0).clone()
    }
}

/// `N` random bytes in base64url without padding.
pub fn token<const N: usize>() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random::<N>())
}

/// `len` characters of `alphabet`.
pub fn word(alphabet: &[u8], len: usize) -> String {
    random::<32>().iter().take(len).map(|b| char::from(alphabet[usize::from(*b) % alphabet.len()])).collect()
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("the system has random bytes");
    bytes
}
