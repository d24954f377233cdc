//! Refresh tokens. They are opaque, and each is derived from its predecessor, so that only hashes are stored.
//!
//! A token consists of its session ID, a 128-bit secret and a tag over both. The secret of the next token is an HMAC
//! of this secret under the realm's key, so that a client that repeats a request after a lost response gets the same
//! successor. The tag proves that a token was issued by this server. Only reuse of such a token revokes the session.

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
    /// Creates the first token of a session's family.
    #[must_use]
    pub fn first(ctx: &Ctx, keys: &RealmKeys, session: &SessionId) -> Self {
        Self::new(keys, session.clone(), Zeroizing::new(ctx.bytes()))
    }

    /// Derives the next token deterministically.
    #[must_use]
    pub fn successor(&self, keys: &RealmKeys) -> Self {
        let secret = mac(keys, b"successor", &self.session, &self.secret);
        Self::new(keys, self.session.clone(), Zeroizing::new(secret))
    }

    /// Parses a token. Returns `None` if it was not issued in this realm.
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

    /// Returns the token's session.
    #[must_use]
    pub const fn session(&self) -> &SessionId {
        &self.session
    }

    /// Returns the stored hash.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        let digest = digest::digest(&digest::SHA256, self.expose().as_bytes());
        TokenHash(digest.as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// Returns the text for the response.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([self.secret.as_slice(), &self.tag].concat());
        Zeroizing::new(format!("{}.{}", self.session, BASE64URL_NOPAD.encode(&bytes)))
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

/// Returns HMAC-SHA-256 under the realm's refresh key, truncated to 128 bits.
fn mac(keys: &RealmKeys, purpose: &[u8], session: &SessionId, secret: &[u8; 16]) -> [u8; 16] {
    let tag = seal::mac(keys.refresh_key(), [purpose, session.as_str().as_bytes(), secret]);
    tag.as_ref().first_chunk().copied().unwrap_or_default()
}
