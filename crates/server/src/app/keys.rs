//! The keys of access tokens, from the configuration.

use portcullis_core::{
    ExposeSecret,
    token::{AccessTokens, Keyring, SigningKey},
};

use crate::config::{self, JwtAlgorithm, Signing};

/// The signing algorithm cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("JWT_ALGORITHM {0:?} is not there yet: this version signs with HS256")]
pub struct KeyError(JwtAlgorithm);

pub(super) fn access_tokens(token: &config::Token) -> Result<AccessTokens, KeyError> {
    let keys = match &token.signing {
        Signing::Shared { secret, previous } => {
            let key = |secret: &portcullis_core::SecretString| SigningKey::hs256(secret.expose_secret().as_bytes());
            Keyring::new(key(secret), previous.iter().map(key).collect())
        }
        Signing::KeyPair(algorithm) => return Err(KeyError(*algorithm)),
    };
    Ok(AccessTokens {
        issuer: token.issuer.clone(),
        audience: token.audience.clone(),
        lifetime: token.access_ttl,
        keys,
    })
}
