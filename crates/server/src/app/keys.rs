//! Keys of access tokens, from the settings.

use portcullis_core::{
    ExposeSecret, SecretString,
    service::KeyRotation,
    token::{AccessTokens, Algorithm, Keyring, SigningKey},
};

use crate::config::{self, JwtAlgorithm, Signing};

/// Returns the issuer of access tokens. Key pairs of the server are read or made later.
pub(super) fn access_tokens(token: &config::Token) -> AccessTokens {
    let keys = match &token.signing {
        Signing::Shared { secret, previous } => {
            let key = |secret: &SecretString| SigningKey::hs256(secret.expose_secret().as_bytes());
            Keyring::new(key(secret), previous.iter().map(key).collect())
        }
        Signing::KeyPair(_) => Keyring::default(),
    };
    AccessTokens { issuer: token.jwt_issuer.clone(), audience: token.jwt_audience.clone(), keys }
}

/// Returns how the server makes its key pairs, if the settings ask for them.
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
