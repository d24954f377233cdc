//! Authorization codes: challenges whose sealed note binds them to the request (RFC 6749 §4.1.2).

use std::{fmt, time::Duration};

use aws_lc_rs::{constant_time, digest};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    link::Challenge,
    seal::{DataKey, Sealed, Unsealable},
};

/// Lifetime of a code.
pub(crate) const CODE_TTL: Duration = Duration::from_secs(60);
/// Time for which a used code is remembered, so that a second use is noticed.
pub(crate) const CODE_KEPT: Duration = Duration::from_secs(600);

/// Name of the sealed field; the ciphertext is bound to it.
const FIELD: &str = "code";

/// What a code is bound to. Never printed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CodeNote {
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) challenge: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    pub(crate) scope: String,
    /// Browser session.
    pub(crate) session: String,
    /// Class of the authentication, as it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<String>,
    pub(crate) issued_at: i64,
    pub(crate) password_set_at: i64,
    /// Session that the first use has opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opened: Option<String>,
}

impl fmt::Debug for CodeNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeNote({}, …)", self.client)
    }
}

impl CodeNote {
    /// Seals the note under the data key of the user.
    pub(crate) fn seal(&self, ctx: &Ctx, key: &DataKey) -> Sealed {
        key.seal(ctx, FIELD, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// Opens the note of a code.
    ///
    /// # Errors
    /// [`Unsealable`], if it belongs to another user or is unreadable.
    pub(crate) fn open(key: &DataKey, code: &Challenge) -> Result<Self, Unsealable> {
        let sealed = code.note.as_ref().ok_or(Unsealable)?;
        serde_json::from_slice(&key.open(FIELD, sealed)?).map_err(|_| Unsealable)
    }

    /// Returns whether the code has expired.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        now > Timestamp::from_millis(self.issued_at).plus(CODE_TTL)
    }

    /// Returns whether a verifier proves that the request was made by the same client (RFC 7636 §4.6). A verifier without a
    /// challenge proves that an attacker has removed the challenge (RFC 9700 §2.1.1).
    pub(crate) fn is_proved_by(&self, verifier: Option<&str>) -> bool {
        match (&self.challenge, verifier) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) if is_verifier(verifier) => {
                let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
                let derived = BASE64URL_NOPAD.encode(hash.as_ref());
                constant_time::verify_slices_are_equal(derived.as_bytes(), challenge.as_bytes()).is_ok()
            }
            _ => false,
        }
    }
}

/// Returns whether a text may be a code verifier (RFC 7636 §4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Returns whether a text may be a code challenge: a SHA-256 in base64url.
pub(crate) fn is_challenge(text: &str) -> bool {
    text.len() == 43 && BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|hash| hash.len() == 32)
}
