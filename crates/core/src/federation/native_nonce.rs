use std::time::Duration;

use aws_lc_rs::constant_time;
use data_encoding::BASE64URL_NOPAD;

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    link::SpentProof,
    seal::{self, RealmKeys},
};

/// Lifetime of a nonce.
pub const NATIVE_NONCE_TTL: Duration = Duration::from_secs(600);

/// Nonce for ID tokens that applications obtain from a provider's SDK: 8 bytes of time, 8 random bytes, and a MAC of
/// both and the provider under a key of the realm. Nothing is stored when one is issued.
#[derive(Clone, Copy)]
pub struct NativeNonce([u8; 32]);

impl std::fmt::Debug for NativeNonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NativeNonce(…)")
    }
}

impl NativeNonce {
    /// Issues a nonce.
    #[must_use]
    pub fn issue(ctx: &Ctx, keys: &RealmKeys, provider: &str) -> Self {
        let (at, random): ([u8; 8], [u8; 8]) = (ctx.now.millis().to_be_bytes(), ctx.bytes());
        let tag = tag(keys, provider, &at, &random);
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(at.iter().chain(&random).chain(&tag)).for_each(|(byte, value)| *byte = *value);
        Self(bytes)
    }

    /// Verifies a nonce. Returns `None` unless this realm issued it for this provider within the last ten minutes.
    #[must_use]
    pub fn open(keys: &RealmKeys, provider: &str, text: &str, now: Timestamp) -> Option<Self> {
        let bytes: [u8; 32] = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?;
        let nonce = Self(bytes);
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (random, found) = rest.split_first_chunk::<8>()?;
        let is_ours = constant_time::verify_slices_are_equal(&tag(keys, provider, at, random), found).is_ok();
        let issued_at = nonce.issued_at();
        // The clock of the issuing server may be ahead.
        (is_ours && now.since(issued_at).max(issued_at.since(now)) < NATIVE_NONCE_TTL).then_some(nonce)
    }

    /// Returns base64url without padding.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Returns the record that marks the nonce as used. Each ID token has one nonce and can be exchanged once. The
    /// token itself cannot serve as the key, because some signatures have several valid encodings.
    #[must_use]
    pub fn spent(&self) -> SpentProof {
        SpentProof::new(&[b"native nonce", &self.0], self.issued_at().plus(NATIVE_NONCE_TTL))
    }

    fn issued_at(&self) -> Timestamp {
        Timestamp::from_millis(i64::from_be_bytes(self.0.first_chunk().copied().unwrap_or_default()))
    }
}

fn tag(keys: &RealmKeys, provider: &str, at: &[u8; 8], random: &[u8; 8]) -> [u8; 16] {
    let tag = seal::mac(keys.link_key(), [b"native nonce".as_slice(), provider.as_bytes(), at, random]);
    tag.as_ref().first_chunk().copied().unwrap_or_default()
}
