//! The client secret for Apple, which is signed for each request.

use data_encoding::BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{ClientSecret, Provider};
use crate::clock::Timestamp;

/// Lifetime of a signed secret, in seconds.
const LIFETIME: i64 = 300;

/// The key that signs the client secret is not a P-256 private key in PEM (PKCS#8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the private key is unreadable")]
pub struct UnreadableKey;

impl Provider {
    /// Returns the client secret for a request made now. Returns `None` if no secret is configured.
    ///
    /// # Errors
    /// Returns [`UnreadableKey`] if the key cannot be parsed.
    pub fn secret_at(&self, now: Timestamp) -> Result<Option<SecretString>, UnreadableKey> {
        match &self.client_secret {
            None => Ok(None),
            Some(ClientSecret::Fixed(secret)) => Ok(Some(secret.clone())),
            Some(ClientSecret::Signed { team_id, key_id, key }) => {
                let header = Header { kid: Some(key_id.clone()), ..Header::new(Algorithm::ES256) };
                let claims = json!({
                    "iss": team_id, "sub": self.client_id, "aud": self.base_url,
                    "iat": now.secs(), "exp": now.secs() + LIFETIME,
                });
                let key = EncodingKey::from_ec_der(&of_pem(key.expose_secret()).ok_or(UnreadableKey)?);
                // The cause is discarded, because it may contain the key.
                let signed = jsonwebtoken::encode(&header, &claims, &key).map_err(|_| UnreadableKey)?;
                Ok(Some(signed.into()))
            }
        }
    }
}

/// Extracts the PKCS#8 key from PEM (RFC 7468 §10).
fn of_pem(text: &str) -> Option<Vec<u8>> {
    let inner: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    BASE64.decode(inner.as_bytes()).ok()
}
