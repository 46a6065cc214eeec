//! Random bytes from the operating system.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::TryRng;

use crate::problem::{Code, Problem, Result};

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes).map_err(|e| {
        Problem::new(Code::Failed, format!("cannot read random bytes from the operating system: {e}"))
            .hint("Allow this process to use the operating system's random number generator.")
    })?;
    Ok(bytes)
}

/// `N` random bytes as base64url text without padding (RFC 4648 5).
pub(crate) fn text<const N: usize>() -> Result<String> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes::<N>()?))
}

/// A number from 0 to 1, to spread retries; 0.5 if there are no random bytes.
pub(crate) fn fraction() -> f64 {
    bytes::<4>().map_or(0.5, |b| f64::from(u32::from_be_bytes(b)) / f64::from(u32::MAX))
}
