//! Access token keys, from the settings.

use portcullis_core::{
    ExposeSecret, SecretString,
    service::{KeyRotation, Service},
    token::{AccessTokens, Algorithm, Keyring, SigningKey},
};

use super::BuildError;
use crate::config::{self, JwtAlgorithm, Signing};

/// Returns the access token issuer. The server's key pairs are read or generated later.
pub(super) fn access_tokens(config: &config::Config) -> AccessTokens {
    let token = &config.token;
    let keys = match &token.signing {
        Signing::Shared { secret, previous } => {
            let key = |secret: &SecretString| SigningKey::hs256(secret.expose_secret().as_bytes());
            Keyring::new(key(secret), previous.iter().map(key).collect())
        }
        Signing::KeyPair(_) => Keyring::default(),
    };
    let (issuer, audience) = (token.jwt_issuer.clone(), token.jwt_audience.clone());
    AccessTokens { issuer, audience, actor_issuer: format!("{}/admin", config.public_url), keys }
}

/// Returns the key rotation settings.
pub(super) fn rotation(config: &config::Config) -> KeyRotation {
    let own = match &config.token.signing {
        Signing::Shared { .. } | Signing::KeyPair(JwtAlgorithm::Hs256) => None,
        Signing::KeyPair(JwtAlgorithm::Rs256) => Some(Algorithm::Rs256),
        Signing::KeyPair(JwtAlgorithm::Es256) => Some(Algorithm::Es256),
        Signing::KeyPair(JwtAlgorithm::EdDsa) => Some(Algorithm::EdDsa),
    };
    KeyRotation { own, rotation: config.token.jwt_key_rotation, sealed_by: config.store.encryption_keys.clone() }
}

/// Returns an error if there are clients that require `JWT_AUDIENCE` and it is not set.
pub(super) async fn check_audience(service: &Service, is_serving: bool) -> Result<(), BuildError> {
    if !is_serving {
        return Ok(());
    }
    match service.client_without_audience().await.map_err(BuildError::Keys)? {
        Some(client) => Err(BuildError::Audience(client)),
        None => Ok(()),
    }
}
