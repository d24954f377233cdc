//! Domain separation: every part of a MAC, digest or associated data is prefixed with its length.

use aws_lc_rs::{digest as sha, hmac};

/// Returns the HMAC of the length-prefixed parts. Different lists of parts never produce the same input.
pub fn mac<'a>(key: &hmac::Key, parts: impl IntoIterator<Item = &'a [u8]>) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    frame(parts, |chunk| context.update(chunk));
    context.sign()
}

/// Returns the SHA-256 digest of the length-prefixed parts. Different lists of parts never produce the same input.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut context = sha::Context::new(&sha::SHA256);
    frame(parts, |chunk| context.update(chunk));
    context.finish().as_ref().first_chunk().copied().unwrap_or_default()
}

/// Writes each part with its length as an 8-byte big-endian prefix.
pub(super) fn frame<'a>(parts: impl IntoIterator<Item = &'a [u8]>, mut feed: impl FnMut(&[u8])) {
    for part in parts {
        feed(&(part.len() as u64).to_be_bytes());
        feed(part);
    }
}
