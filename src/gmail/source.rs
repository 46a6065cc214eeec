//! A message with its bytes, made from the answer to a request for its source. The bytes take the place of the answer,
//! since a message can have 35 MB.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Gmail, MAILBOX, document, drafts::raw_of, incomplete, messages::named, target};
use crate::{
    http::{Call, MAX_MAIL},
    problem::Result,
    url::segment,
};

/// Gmail pads or does not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Characters that are decoded at once, a multiple of four.
const AT_ONCE: usize = 64 << 10;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    raw: Option<&'a str>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl Gmail<'_> {
    /// The members of a message, and its bytes (RFC 5322).
    pub(super) fn with_source(&self, id: &str) -> Result<(Map<String, Value>, Vec<u8>)> {
        let url = format!("{MAILBOX}{}", target(&format!("/messages/{}", segment(id)), &[("format", "raw")]));
        let call = || Call::new("GET", &*url).bearer(self.token).limit(MAX_MAIL).of_mail();
        let mut reply = self.repeat(call).map_err(|p| named(p, id))?;
        let found = match serde_json::from_slice(&reply.body) {
            Ok(Answer { raw: Some(raw), members }) => Some((members, place(&reply.body, raw), raw.len())),
            _ => None,
        };
        let Some((members, start, length)) = found else {
            let mut message = document(&reply)?;
            let raw = raw_of(&message)?;
            return Ok((message.as_object_mut().map(std::mem::take).unwrap_or_default(), raw));
        };
        let mut bytes = std::mem::take(&mut reply.body);
        decode(&mut bytes, start, length)?;
        Ok((members, bytes))
    }
}

/// Where a part of these bytes begins.
fn place(bytes: &[u8], part: &str) -> usize {
    part.as_ptr().addr() - bytes.as_ptr().addr()
}

/// Replaces the bytes by what their base64 in this place means.
fn decode(bytes: &mut Vec<u8>, start: usize, length: usize) -> Result<()> {
    let (mut from, mut to) = (start, 0);
    let mut part = Vec::with_capacity(AT_ONCE);
    while from < start + length {
        let end = (start + length).min(from + AT_ONCE);
        part.clear();
        BASE64.decode_vec(&bytes[from..end], &mut part).map_err(|_| incomplete())?;
        bytes[to..to + part.len()].copy_from_slice(&part);
        (from, to) = (end, to + part.len());
    }
    bytes.truncate(to);
    bytes.shrink_to_fit();
    Ok(())
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn the_bytes_take_the_place_of_the_answer_with_and_without_padding() {
        for size in [0, 1, 2, 3, AT_ONCE / 4 * 3 - 1, AT_ONCE / 4 * 3, AT_ONCE / 4 * 3 + 1, 100_000] {
            let message: Vec<u8> = (0..size).map(|n| (n ^ (n >> 8)) as u8).collect();
            for raw in [BASE64_URL_SAFE.encode(&message), BASE64_URL_SAFE_NO_PAD.encode(&message)] {
                let mut answer =
                    format!("{{\"id\":\"1\",\"raw\":\"{raw}\",\"threadId\":\"2\"}}").into_bytes();
                let read: Answer<'_> = serde_json::from_slice(&answer).unwrap();
                assert_eq!((read.members["id"].as_str(), read.members.len()), (Some("1"), 2));
                let (start, length) = (place(&answer, read.raw.unwrap()), raw.len());
                decode(&mut answer, start, length).unwrap();
                assert!(answer == message, "{size}");
            }
        }
        assert!(decode(&mut b"ab!c".to_vec(), 0, 4).is_err());
    }
}
