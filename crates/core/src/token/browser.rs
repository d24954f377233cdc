//! Cookie value of a browser session: the session and a 256-bit secret. Only a hash of the secret is stored.

use aws_lc_rs::digest;
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::{ctx::Ctx, id::SessionId, session::TokenHash};

/// Value of a browser session's cookie. Never printed.
#[derive(Clone)]
pub struct BrowserToken {
    session: SessionId,
    secret: Zeroizing<[u8; 32]>,
}

impl BrowserToken {
    /// Creates a new value for a session.
    #[must_use]
    pub fn new(ctx: &Ctx, session: &SessionId) -> Self {
        Self { session: session.clone(), secret: Zeroizing::new(ctx.bytes()) }
    }

    /// Parses a cookie. Returns `None` if the format is wrong.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let (session, secret) = raw.split_once('.')?;
        let secret = Zeroizing::new(BASE64URL_NOPAD.decode(secret.as_bytes()).ok()?);
        let secret = Zeroizing::new(<[u8; 32]>::try_from(secret.as_slice()).ok()?);
        Some(Self { session: SessionId::parse(session)?, secret })
    }

    /// Returns the session.
    #[must_use]
    pub const fn session(&self) -> &SessionId {
        &self.session
    }

    /// Returns the stored hash.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        let digest = digest::digest(&digest::SHA256, &*self.secret);
        TokenHash(digest.as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// Returns the text of the cookie.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}.{}", self.session, BASE64URL_NOPAD.encode(&*self.secret)))
    }
}

impl std::fmt::Debug for BrowserToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BrowserToken({}, …)", self.session)
    }
}
