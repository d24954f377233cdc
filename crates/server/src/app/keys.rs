//! Access token keys, from the settings.

use portcullis_core::{
    ExposeSecret, SecretString,
    service::KeyRotation,
    token::{AccessTokens, Algorithm, Keyring, SigningKey},
};

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

/// Returns the key rotation settings, if the server uses key pairs.
pub(super) fn rotation(config: &config::Config) -> Option<KeyRotation> {
    let Signing::KeyPair(algorithm) = &config.token.signing else { return None };
    let algorithm = match algorithm {
        JwtAlgorithm::Hs256 => return None,
        JwtAlgorithm::Rs256 => Algorithm::Rs256,
        JwtAlgorithm::Es256 => Algorithm::Es256,
        JwtAlgorithm::EdDsa => Algorithm::EdDsa,
    };
    let sealed_by = config.store.encryption_keys.clone();
    Some(KeyRotation { algorithm, rotation: config.token.jwt_key_rotation, sealed_by })
}
