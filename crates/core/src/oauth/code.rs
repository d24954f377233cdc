//! Authorization codes: challenges with an encrypted note that binds them to the request (RFC 6749 §4.1.2).

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
/// How long a used code is stored in order to detect a second use.
pub(crate) const CODE_KEPT: Duration = Duration::from_secs(600);

/// Name of the encrypted field. The ciphertext is bound to it.
const FIELD: &str = "code";

/// Data that a code is bound to. Never printed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CodeNote {
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) challenge: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    pub(crate) scope: String,
    /// Identifier of the browser session that created the code.
    pub(crate) session: String,
    /// Requested authentication context class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<String>,
    pub(crate) issued_at: i64,
    pub(crate) password_set_at: i64,
    /// Session opened by the first use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opened: Option<String>,
}

impl fmt::Debug for CodeNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeNote({}, …)", self.client)
    }
}

impl CodeNote {
    /// Encrypts the note with the data key of the user.
    pub(crate) fn seal(&self, ctx: &Ctx, key: &DataKey) -> Sealed {
        key.seal(ctx, FIELD, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// Decrypts the note of a code.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another user or is unreadable.
    pub(crate) fn open(key: &DataKey, code: &Challenge) -> Result<Self, Unsealable> {
        let sealed = code.note.as_ref().ok_or(Unsealable)?;
        serde_json::from_slice(&key.open(FIELD, sealed)?).map_err(|_| Unsealable)
    }

    /// Returns whether the code has expired.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        now > Timestamp::from_millis(self.issued_at).plus(CODE_TTL)
    }

    /// Returns whether the verifier proves that the same client sent the request (RFC 7636 §4.6). A verifier without
    /// a challenge is rejected, because an attacker may have removed the challenge (RFC 9700 §2.1.1).
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

/// Returns whether a text is a valid code verifier (RFC 7636 §4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Returns whether a text is a valid code challenge: a SHA-256 hash in base64url.
pub(crate) fn is_challenge(text: &str) -> bool {
    text.len() == 43 && BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|hash| hash.len() == 32)
}
