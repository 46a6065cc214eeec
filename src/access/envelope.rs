//! The encrypted envelope of a LinkAuth credential: RSA-OAEP-256 around an AES-256-GCM key.
//!
//! Pure functions over a key and bytes. Errors do not reveal any of the content.

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit},
};
use anyhow::{Context, Result, anyhow, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use rsa::{
    PrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding},
    sha2::Sha256,
};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The only algorithm that the broker uses.
pub(crate) const ALGORITHM: &str = "RSA-OAEP-256+AES-256-GCM";
/// Size of the key in bits; the broker refuses smaller ones.
const KEY_BITS: usize = 2048;

/// The length of [`KeyPair::public`]: the modulus has exactly [`KEY_BITS`] bits, and the exponent is 65537.
pub(crate) const PUBLIC_LENGTH: usize = 392;

pub(crate) struct KeyPair {
    /// Unencrypted PKCS#8 PEM.
    pub(crate) pem: Secret,
    /// As [`public_key`] returns it.
    pub(crate) public: String,
}

/// A new key pair. This takes as long as several round trips.
pub(crate) fn generate() -> Result<KeyPair> {
    let key = PrivateKey::new(&mut rand::rngs::SysRng, KEY_BITS).context("cannot generate an RSA key")?;
    let public = encoded(&key)?;
    ensure!(public.len() == PUBLIC_LENGTH, "the public key has another length than expected");
    Ok(KeyPair { pem: Secret::new(key.to_pkcs8_pem(LineEnding::LF)?.as_str()), public })
}

/// The public key as the broker expects it: DER SubjectPublicKeyInfo (RFC 5280 4.1) in padded base64.
pub(crate) fn public_key(pem: &Secret) -> Result<String> {
    encoded(&parse(pem)?)
}

fn encoded(key: &PrivateKey) -> Result<String> {
    let der = key.to_public_key().to_public_key_der()?;
    Ok(BASE64_STANDARD.encode(der.as_bytes()))
}

/// Opens an envelope, which always contains a JSON object.
pub(crate) fn open(pem: &Secret, envelope: &str) -> Result<Map<String, Value>> {
    let envelope = BASE64_STANDARD.decode(envelope.trim()).context("the envelope is not base64")?;
    let parts: Map<String, Value> =
        serde_json::from_slice(&envelope).map_err(|_| anyhow!("the envelope is not a JSON object"))?;
    let part = |name: &str| -> Result<Vec<u8>> {
        let text =
            parts.get(name).and_then(Value::as_str).with_context(|| format!("the envelope has no {name}"))?;
        BASE64_STANDARD.decode(text).with_context(|| format!("{name} is not base64"))
    };
    let wrapped = part("wrapped_key")?;
    let key = parse(pem)?.oaep_decrypt::<Sha256>(&wrapped).map_err(|_| anyhow!("cannot decrypt"))?;
    let key = Zeroizing::new(key);
    ensure!(key.len() == 32, "cannot decrypt");
    let cipher = Aes256Gcm::new_from_slice(&key).map_err(|_| anyhow!("cannot decrypt"))?;
    let iv = part("iv")?;
    let nonce = Nonce::try_from(iv.as_slice()).map_err(|_| anyhow!("iv does not have 12 bytes"))?;
    let plain =
        cipher.decrypt(&nonce, part("ciphertext")?.as_slice()).map_err(|_| anyhow!("cannot decrypt"))?;
    let plain = Zeroizing::new(plain);
    serde_json::from_slice(&plain).map_err(|_| anyhow!("the credential is not a JSON object"))
}

fn parse(pem: &Secret) -> Result<PrivateKey> {
    // The parser's own error is dropped: it says nothing useful about the key.
    PrivateKey::from_pkcs8_pem(pem.expose()).map_err(|_| anyhow!("the private key is not PKCS#8 PEM"))
}
