//! Keys that sign and verify access tokens. They can be replaced at runtime.

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::jwk::Jwk;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    BadToken, SigningKey, header,
    verified::{TokenDigest, Verified, VerifiedTokens},
};

/// One signing key, any number of keys that only verify, and the tokens that they verified recently.
#[derive(Debug, Default)]
pub struct Keyring {
    keys: RwLock<Arc<Keys>>,
    verified: VerifiedTokens,
}

#[derive(Debug, Default)]
struct Keys {
    current: Option<SigningKey>,
    others: Vec<SigningKey>,
}

/// Why a token could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum NotSigned {
    /// The keyring is empty.
    #[error("no signing key")]
    NoKey,
    /// The library failed to sign.
    #[error("signing failed")]
    Refused(#[from] jsonwebtoken::errors::Error),
}

impl Keyring {
    /// Creates a keyring with a key that signs and verifies, and keys that only verify.
    #[must_use]
    pub fn new(current: SigningKey, others: Vec<SigningKey>) -> Self {
        let keys = RwLock::new(Arc::new(Keys { current: Some(current), others }));
        Self { keys, verified: VerifiedTokens::default() }
    }

    /// Replaces all keys.
    pub fn replace(&self, current: SigningKey, others: Vec<SigningKey>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Keys { current: Some(current), others });
    }

    /// Returns the public keys. A shared secret has none.
    #[must_use]
    pub fn public(&self) -> Vec<Jwk> {
        self.keys().all().filter_map(|key| key.public.clone()).collect()
    }

    pub(super) fn sign<C: Serialize>(&self, claims: &C) -> Result<String, NotSigned> {
        let keys = self.keys();
        let key = keys.current.as_ref().ok_or(NotSigned::NoKey)?;
        let mut head = jsonwebtoken::Header::new(key.algorithm.in_library());
        head.typ = Some(header::TYPE.to_owned());
        head.kid = Some(key.kid.to_string());
        Ok(jsonwebtoken::encode(&head, claims, &key.encoding)?)
    }

    /// Verifies the signature of a token. Returns its claims and the `kid` of its key.
    pub(super) fn verify<C: DeserializeOwned>(&self, token: &str) -> Result<(C, Arc<str>), BadToken> {
        let header = header::Header::of(token)?;
        let keys = self.keys();
        let key = keys
            .all()
            .find(|key| {
                header.kid.as_deref() == Some(&*key.kid) && header.alg.as_deref() == Some(key.algorithm.as_str())
            })
            .ok_or(BadToken::Form)?;
        let token = jsonwebtoken::decode(token, &key.decoding, &key.validation).map_err(BadToken::Signature)?;
        Ok((token.claims, Arc::clone(&key.kid)))
    }

    /// Returns what a token has proved, if it was verified recently and its key is still valid.
    pub(super) fn recall(&self, digest: &TokenDigest) -> Option<Verified> {
        let verified = self.verified.get(digest)?;
        // A `kid` is random or derived from its secret: another key never has the same.
        self.keys().all().any(|key| key.kid == verified.kid).then_some(verified)
    }

    /// Keeps what a token has proved.
    pub(super) fn keep(&self, digest: TokenDigest, verified: Verified) {
        self.verified.insert(digest, verified);
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keys {
    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        self.current.iter().chain(&self.others)
    }
}
