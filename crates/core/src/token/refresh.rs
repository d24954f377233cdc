//! Refresh tokens: opaque, each the ancestor of the next, so that nothing but hashes need be kept.
//!
//! A token names its session and carries 128 bits of secret and a tag over both. The next token's secret is an HMAC of this
//! one's under the realm's key: whoever asks again with the same token, because the answer was lost, is given the same
//! successor. The tag tells a token that was once ours from one that never was: only the former may end a session.

use aws_lc_rs::{constant_time, digest};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::{
    ctx::Ctx,
    id::SessionId,
    seal::{self, RealmKeys},
    session::TokenHash,
};

/// A refresh token. Never printed.
#[derive(Clone)]
pub struct RefreshToken {
    session: SessionId,
    secret: Zeroizing<[u8; 16]>,
    tag: [u8; 16],
}

impl RefreshToken {
    /// The first of a session's family.
    #[must_use]
    pub fn first(ctx: &Ctx, keys: &RealmKeys, session: &SessionId) -> Self {
        Self::new(keys, session.clone(), Zeroizing::new(ctx.bytes()))
    }

    /// The one that follows; the same however often it is asked for.
    #[must_use]
    pub fn successor(&self, keys: &RealmKeys) -> Self {
        let secret = mac(keys, b"successor", &self.session, &self.secret);
        Self::new(keys, self.session.clone(), Zeroizing::new(secret))
    }

    /// Reads a token as it was sent. `None` for what we have never given out in this realm.
    #[must_use]
    pub fn parse(keys: &RealmKeys, raw: &str) -> Option<Self> {
        let (session, rest) = raw.split_once('.')?;
        let session = SessionId::parse(session)?;
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(rest.as_bytes()).ok()?);
        let (secret, tag) = bytes.split_first_chunk::<16>()?;
        let ours = Self::new(keys, session, Zeroizing::new(*secret));
        constant_time::verify_slices_are_equal(&ours.tag, tag).ok()?;
        Some(ours)
    }

    /// The session that it belongs to.
    #[must_use]
    pub const fn session(&self) -> &SessionId {
        &self.session
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        let digest = digest::digest(&digest::SHA256, self.expose().as_bytes());
        TokenHash(digest.as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// The text for the answer.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([self.secret.as_slice(), &self.tag].concat());
        Zeroizing::new(format!("{}.{}", self.session, BASE64URL_NOPAD.encode(&bytes)))
    }

    /// The `jti` of the access token that goes with it: the same however often the pair is given.
    pub(crate) fn access_token_id(&self, keys: &RealmKeys) -> String {
        data_encoding::BASE32_DNSSEC.encode(&mac(keys, b"access", &self.session, &self.secret))
    }

    fn new(keys: &RealmKeys, session: SessionId, secret: Zeroizing<[u8; 16]>) -> Self {
        let tag = mac(keys, b"tag", &session, &secret);
        Self { session, secret, tag }
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RefreshToken({}, …)", self.session)
    }
}

/// HMAC-SHA-256 under the realm's refresh key, cut to 128 bits.
fn mac(keys: &RealmKeys, purpose: &[u8], session: &SessionId, secret: &[u8; 16]) -> [u8; 16] {
    let tag = seal::mac(keys.refresh_key(), [purpose, session.as_str().as_bytes(), secret]);
    tag.as_ref().first_chunk().copied().unwrap_or_default()
}
