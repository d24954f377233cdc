use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{FlowState, PendingIdentity};
use crate::{
    ctx::Ctx,
    error::{Error, Result},
    link::{Challenge, HAND_OVER_WITHIN},
    seal::{self, DataKey, Sealed},
};

/// Content of an emailed link: one identity, valid only in the browser that requested it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LinkNote {
    pub pending: PendingIdentity,
    /// Hash of a random value that only that browser has.
    browser: String,
}

/// Cookie of a browser that requested an emailed link. Its value is a secret and never printed.
pub struct LinkCookie {
    /// Name, which sorts by time like the names of flow cookies.
    pub id: String,
    pub value: String,
    pub lifetime: Duration,
}

impl std::fmt::Debug for LinkCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkCookie(…)")
    }
}

impl LinkCookie {
    /// Creates a cookie that does not expire before the link, whose lifetime starts when its email is sent.
    #[must_use]
    pub fn new(ctx: &Ctx, lifetime: Duration) -> Self {
        let state = FlowState::begin(ctx);
        Self { id: state.id(), value: state.to_text(), lifetime: HAND_OVER_WITHIN + lifetime }
    }
}

/// Name that binds the note to challenges.
const KIND: &str = "link";

impl LinkNote {
    #[must_use]
    pub fn new(pending: PendingIdentity, browser: &str) -> Self {
        Self { pending, browser: hash(browser) }
    }

    /// Returns whether the browser with one of these values requested the link.
    #[must_use]
    pub fn is_of(&self, browser: &[&str]) -> bool {
        // The hash reveals nothing about the random value, so this comparison need not be constant-time.
        browser.iter().any(|value| !value.is_empty() && self.browser == hash(value))
    }

    /// Encrypts the note, bound to its challenge.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be serialised.
    pub fn seal(&self, ctx: &Ctx, key: &DataKey, link: &Challenge) -> Result<Sealed> {
        let plain = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(key.seal_record(ctx, KIND, &seal::hex(&link.id.0), &plain))
    }

    /// Opens the note of a link.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted.
    pub fn open(key: &DataKey, link: &Challenge) -> Result<Self> {
        let note = link.note.as_ref().ok_or_else(|| Error::internal("a challenge has no note"))?;
        let plain = key.open_record(KIND, &seal::hex(&link.id.0), note).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }
}

fn hash(browser: &str) -> String {
    seal::hex(&seal::digest([b"linking browser".as_slice(), browser.as_bytes()]))
}
