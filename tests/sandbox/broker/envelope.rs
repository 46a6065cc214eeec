//! The envelope of a credential: RSA-OAEP-SHA256 around an AES-256-GCM key.

use std::sync::OnceLock;

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use rsa::{PrivateKey, PublicKey, pkcs8::EncodePublicKey, sha2::Sha256};
use serde_json::{Value, json};

use crate::sandbox::mint::random;

/// What is wrong with it on purpose.
#[derive(Clone, Copy)]
pub(super) struct Flaws {
    pub(super) wrong_key: bool,
    pub(super) garbage: bool,
    pub(super) unknown_algorithm: bool,
}

/// The ciphertext and the name of the algorithm, as a poll answers them.
pub(super) fn seal(key: &PublicKey, credential: &Value, flaws: Flaws) -> (String, &'static str) {
    let algorithm =
        if flaws.unknown_algorithm { "RSA-OAEP-512+XChaCha20" } else { "RSA-OAEP-256+AES-256-GCM" };
    if flaws.garbage {
        return (BASE64_STANDARD.encode("this is not an envelope"), algorithm);
    }
    let key = if flaws.wrong_key { strangers_key() } else { key };
    let (aes, iv) = (random::<32>(), random::<12>());
    let wrapped = key.oaep_encrypt::<Sha256>(&aes).expect("a 2048-bit key wraps 32 bytes");
    let cipher = Aes256Gcm::new_from_slice(&aes).expect("32 bytes");
    let nonce = Nonce::try_from(iv.as_slice()).expect("12 bytes");
    let sealed = cipher.encrypt(&nonce, credential.to_string().as_bytes()).expect("it fits into memory");
    let envelope = json!({
        "wrapped_key": BASE64_STANDARD.encode(wrapped),
        "iv": BASE64_STANDARD.encode(iv),
        "ciphertext": BASE64_STANDARD.encode(sealed),
    });
    (BASE64_STANDARD.encode(envelope.to_string()), algorithm)
}

/// The key as the client sent it.
pub(super) fn spki(key: &PublicKey) -> String {
    BASE64_STANDARD.encode(key.to_public_key_der().expect("it came as DER").as_bytes())
}

fn strangers_key() -> &'static PublicKey {
    static KEY: OnceLock<PublicKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = PrivateKey::new(&mut rand::rngs::SysRng, 2048).expect("the system has random bytes");
        key.to_public_key()
    })
}
