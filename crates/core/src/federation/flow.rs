use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    link::{CarriedFor, SpentProof},
    seal::{self, RealmKeys},
};

/// Lifetime of a flow.
pub const FLOW_TTL: Duration = Duration::from_secs(600);

/// The `state` parameter of an authorization request: 8 bytes of time and 24 random bytes. The flow's data is sealed
/// in a cookie that can only be opened with this state, so another browser or flow cannot complete it.
#[derive(Clone, Copy)]
pub struct FlowState([u8; 32]);

impl std::fmt::Debug for FlowState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FlowState(…)")
    }
}

/// Data of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Name of the provider. Callbacks from other providers are rejected.
    pub provider: String,
    pub purpose: FlowPurpose,
    /// Hash of the redirect target after the flow.
    next: Option<String>,
}

/// Purpose of a flow. The session of the browser at the end of the flow does not change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowPurpose {
    /// Sign in as the user of the external account.
    Login,
    /// Link the external account to this user.
    Link { user: String },
    /// Authenticate this user again.
    StepUp { user: String },
}

/// Maximum length of a redirect target that fits in a cookie. Browsers drop cookies of more than 4,096 bytes.
const MAX_NEXT_LENGTH: usize = 3 * 1024;

impl FlowState {
    /// Starts a flow.
    #[must_use]
    pub fn begin(ctx: &Ctx) -> Self {
        let (at, random): ([u8; 8], [u8; 24]) = (ctx.now.millis().to_be_bytes(), ctx.bytes());
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(at.iter().chain(&random)).for_each(|(byte, value)| *byte = *value);
        Self(bytes)
    }

    /// Parses a state.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// Returns base64url without padding.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Returns the name of the flow's cookie. Names sort by time.
    #[must_use]
    pub fn id(&self) -> String {
        seal::hex(self.0.get(2..12).unwrap_or_default())
    }

    /// Returns the expected nonce of the ID token.
    #[must_use]
    pub fn nonce(&self, keys: &RealmKeys) -> String {
        self.derived(keys, b"flow nonce")
    }

    /// Returns the PKCE code verifier (RFC 7636 §4.1).
    #[must_use]
    pub fn verifier(&self, keys: &RealmKeys) -> String {
        self.derived(keys, b"flow verifier")
    }

    /// Returns the PKCE code challenge (RFC 7636 §4.2).
    #[must_use]
    pub fn challenge(&self, keys: &RealmKeys) -> String {
        let verifier = self.verifier(keys);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        BASE64URL_NOPAD.encode(digest.as_ref())
    }

    /// Returns the cookie of the flow: the sealed flow, and the redirect target given by the page, which is omitted
    /// if it is too long for a cookie. Returns `None` if the rest is too long.
    #[must_use]
    pub fn seal(
        &self,
        ctx: &Ctx,
        keys: &RealmKeys,
        provider: &str,
        (purpose, next): (FlowPurpose, Option<&str>),
    ) -> Option<String> {
        let next = next.filter(|next| next.len() <= MAX_NEXT_LENGTH);
        let flow = Flow { provider: provider.to_owned(), purpose, next: next.map(hash) };
        let sealed = CarriedFor { purpose: "flow", browser: &self.to_text() }.seal(ctx, keys, FLOW_TTL, &flow)?;
        Some(next.map_or_else(|| sealed.clone(), |next| format!("{sealed}.{next}")))
    }

    /// Opens the flow's cookie, including the redirect target. Returns `None` if it belongs to another flow or has
    /// expired.
    #[must_use]
    pub fn open(&self, now: Timestamp, keys: &RealmKeys, cookie: &str) -> Option<(Flow, Option<String>)> {
        let (sealed, next) = cookie.split_once('.').map_or((cookie, None), |(sealed, next)| (sealed, Some(next)));
        let flow: Flow = CarriedFor { purpose: "flow", browser: &self.to_text() }.open(now, keys, sealed)?;
        (flow.next == next.map(hash)).then(|| (flow, next.map(str::to_owned)))
    }

    /// Returns the record that marks the flow as used.
    #[must_use]
    pub fn spent(&self) -> SpentProof {
        let at = self.0.first_chunk().copied().unwrap_or_default();
        SpentProof::new(&[b"flow", &self.0], Timestamp::from_millis(i64::from_be_bytes(at)).plus(FLOW_TTL))
    }

    fn derived(&self, keys: &RealmKeys, label: &[u8]) -> String {
        BASE64URL_NOPAD.encode(seal::mac(keys.link_key(), [label, &self.0]).as_ref())
    }
}

fn hash(next: &str) -> String {
    seal::hex(&seal::digest([b"flow next".as_slice(), next.as_bytes()]))
}
