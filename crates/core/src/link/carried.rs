//! State that a page carries in its URL, so that each tab has its own and nothing is stored. It is sealed, expires,
//! and is bound to its purpose and, if necessary, to the browser.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    seal::{RealmKeys, Sealed},
};

/// Maximum length of a carried value, in characters.
pub const MAX_CARRIED_LENGTH: usize = 6 * 1024;

/// Purpose of a carried value. It cannot be opened for another purpose.
#[derive(Debug, Clone, Copy)]
pub struct CarriedFor<'a> {
    pub purpose: &'static str,
    /// Random value known only to this browser. Empty if any browser may open the value.
    pub browser: &'a str,
}

#[derive(Serialize, Deserialize)]
struct Dated<T> {
    until: i64,
    value: T,
}

impl CarriedFor<'_> {
    /// Seals a value for a URL. Returns `None` if the result is too long.
    pub fn seal(self, ctx: &Ctx, keys: &RealmKeys, lifetime: Duration, value: &impl Serialize) -> Option<String> {
        let plain = serde_json::to_vec(&Dated { until: ctx.now.plus(lifetime).millis(), value }).ok()?;
        let sealed = keys.seal_page(ctx, self.purpose, self.browser, &plain);
        Some(BASE64URL_NOPAD.encode(sealed.as_bytes())).filter(|text| text.len() <= MAX_CARRIED_LENGTH)
    }

    /// Opens a value. Returns `None` if it is forged, expired, or bound to another purpose, realm or browser.
    pub fn open<T: DeserializeOwned>(self, now: Timestamp, keys: &RealmKeys, text: &str) -> Option<T> {
        if text.len() > MAX_CARRIED_LENGTH {
            return None;
        }
        let sealed = Sealed::from_bytes(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
        let plain = keys.open_page(self.purpose, self.browser, &sealed).ok()?;
        let Dated { until, value } = serde_json::from_slice(&plain).ok()?;
        (Timestamp::from_millis(until) > now).then_some(value)
    }
}
