//! The client secret that Apple wants: signed for each use.

use data_encoding::BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{ClientSecret, Provider};
use crate::clock::Timestamp;

/// Lifetime of a signed secret, in seconds.
const LIFETIME: i64 = 300;

impl Provider {
    /// Returns the client secret for a request of now; `None` if there is none, or the key is unreadable.
    #[must_use]
    pub fn secret_at(&self, now: Timestamp) -> Option<SecretString> {
        match self.client_secret.as_ref()? {
            ClientSecret::Fixed(secret) => Some(secret.clone()),
            ClientSecret::Signed { team_id, key_id, key } => {
                let header = Header { kid: Some(key_id.clone()), ..Header::new(Algorithm::ES256) };
                let claims = json!({
                    "iss": team_id, "sub": self.client_id, "aud": self.base_url,
                    "iat": now.secs(), "exp": now.secs() + LIFETIME,
                });
                let key = EncodingKey::from_ec_der(&of_pem(key.expose_secret())?);
                jsonwebtoken::encode(&header, &claims, &key).ok().map(SecretString::from)
            }
        }
    }
}

/// Returns the PKCS#8 key of a PEM text (RFC 7468 §10).
fn of_pem(text: &str) -> Option<Vec<u8>> {
    let inner: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    BASE64.decode(inner.as_bytes()).ok()
}
