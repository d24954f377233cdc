use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{SessionId, UserId},
    link::{CarriedFor, SpentProof},
    seal::{self, RealmKeys},
};

/// Lifetime of the URL.
pub const LINKING_URL_TTL: Duration = Duration::from_secs(60);

/// Contents of a URL that starts linking an external account in a browser: the provider, and the user who requested
/// it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LinkingUrl {
    pub provider: String,
    pub user: String,
    /// Session that requested it.
    pub session: String,
    /// Random value, so that each URL can only be used once.
    once: String,
    until: i64,
}

const FOR: CarriedFor<'static> = CarriedFor { purpose: "link start", browser: "" };

impl LinkingUrl {
    #[must_use]
    pub fn new(ctx: &Ctx, provider: &str, user: &UserId, session: &SessionId) -> Self {
        Self {
            provider: provider.to_owned(),
            user: user.as_str().to_owned(),
            session: session.as_str().to_owned(),
            once: seal::hex(&ctx.bytes::<16>()),
            until: ctx.now.plus(LINKING_URL_TTL).millis(),
        }
    }

    /// Returns the sealed text for the URL. Returns `None` if it is too long.
    #[must_use]
    pub fn seal(&self, ctx: &Ctx, keys: &RealmKeys) -> Option<String> {
        FOR.seal(ctx, keys, LINKING_URL_TTL, self)
    }

    /// Opens the sealed text of a URL. Returns `None` if it is forged, expired, or from another realm.
    #[must_use]
    pub fn open(now: Timestamp, keys: &RealmKeys, text: &str) -> Option<Self> {
        FOR.open(now, keys, text)
    }

    /// Returns the marker that records its use.
    #[must_use]
    pub fn spent(&self) -> SpentProof {
        SpentProof::new(&[b"link start", self.once.as_bytes()], Timestamp::from_millis(self.until))
    }
}
