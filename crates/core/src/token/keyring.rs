//! Keys that sign and verify access tokens. They can be replaced at runtime.

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::jwk::Jwk;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Algorithm, BadToken, SigningKey, header,
    verified::{TokenDigest, Verified, VerifiedTokens},
};

/// Signing keys of the server's own tokens and of client tokens, keys that only verify, and a cache of recently
/// verified tokens.
#[derive(Debug, Default)]
pub struct Keyring {
    keys: RwLock<Arc<Keys>>,
    verified: VerifiedTokens,
}

#[derive(Debug, Default)]
struct Keys {
    /// Key that signs the server's own tokens.
    current: Option<Arc<SigningKey>>,
    /// Keys that sign client tokens, one per algorithm.
    of_clients: Vec<Arc<SigningKey>>,
    others: Vec<Arc<SigningKey>>,
}

/// Reason why a token could not be signed.
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
        let keyring = Self::default();
        keyring.replace(current, others);
        keyring
    }

    /// Replaces all keys.
    pub fn replace(&self, current: SigningKey, others: Vec<SigningKey>) {
        let others = others.into_iter().map(Arc::new).collect();
        self.put(Keys { current: Some(Arc::new(current)), of_clients: Vec::new(), others });
    }

    /// Replaces the key pairs: all of them, the `kid` of the key that signs the server's own tokens, unless a shared
    /// secret does, and the `kid`s of those that sign client tokens.
    pub fn replace_pairs(&self, own: Option<&str>, of_clients: &[&str], pairs: Vec<SigningKey>) {
        let before = self.keys();
        let pairs: Vec<Arc<SigningKey>> = pairs.into_iter().map(Arc::new).collect();
        let named = |kid: &str| pairs.iter().find(|key| *key.kid == *kid).cloned();
        let is_secret = |key: &&Arc<SigningKey>| key.algorithm == Algorithm::Hs256;
        let current = match own {
            Some(kid) => named(kid),
            None => before.current.as_ref().filter(is_secret).cloned(),
        };
        let secrets = before.others.iter().filter(|key| own.is_none() && is_secret(key)).cloned();
        let others = secrets.chain(pairs.iter().filter(|key| own != Some(&*key.kid)).cloned()).collect();
        self.put(Keys { current, of_clients: of_clients.iter().filter_map(|kid| named(kid)).collect(), others });
    }

    fn put(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Returns whether it contains key pairs.
    #[must_use]
    pub fn has_pairs(&self) -> bool {
        self.keys().all().any(|key| key.public.is_some())
    }

    /// Returns whether there is a key that signs client tokens with this algorithm.
    #[must_use]
    pub fn signs_for_clients(&self, algorithm: Algorithm) -> bool {
        self.keys().of_clients.iter().any(|key| key.algorithm == algorithm)
    }

    /// Returns the public keys. Shared secrets have no public key.
    #[must_use]
    pub fn public(&self) -> Vec<Jwk> {
        self.keys().all().filter_map(|key| key.public.clone()).collect()
    }

    pub(super) fn sign<C: Serialize>(&self, claims: &C) -> Result<String, NotSigned> {
        let keys = self.keys();
        sign(keys.current.as_ref().ok_or(NotSigned::NoKey)?, header::TYPE, claims)
    }

    /// Signs a client token. `kind` is its `typ`.
    pub(super) fn sign_for_client<C: Serialize>(
        &self,
        algorithm: Algorithm,
        kind: &str,
        claims: &C,
    ) -> Result<String, NotSigned> {
        let keys = self.keys();
        let key = keys.of_clients.iter().find(|key| key.algorithm == algorithm);
        sign(key.ok_or(NotSigned::NoKey)?, kind, claims)
    }

    /// Verifies the signature of a token of this type. Returns its claims and the `kid` of its key.
    pub(super) fn verify<C: DeserializeOwned>(&self, token: &str, kind: &str) -> Result<(C, Arc<str>), BadToken> {
        self.verify_with(token, kind, |_| true)
    }

    /// Verifies the signature of a token of a client. A shared secret signs none: services that have it could forge
    /// them.
    pub(super) fn verify_pair<C: DeserializeOwned>(&self, token: &str, kind: &str) -> Result<C, BadToken> {
        self.verify_with(token, kind, |key| key.public.is_some()).map(|(claims, _)| claims)
    }

    fn verify_with<C: DeserializeOwned>(
        &self,
        token: &str,
        kind: &str,
        is_fit: impl Fn(&SigningKey) -> bool,
    ) -> Result<(C, Arc<str>), BadToken> {
        let header = header::Header::of(token, kind)?;
        let keys = self.keys();
        let is_named = |key: &&SigningKey| {
            header.kid.as_deref() == Some(&*key.kid) && header.alg.as_deref() == Some(key.algorithm.as_str())
        };
        let key = keys.all().find(is_named).filter(|key| is_fit(key)).ok_or(BadToken::Form)?;
        let token = jsonwebtoken::decode(token, &key.decoding, &key.validation).map_err(BadToken::Signature)?;
        Ok((token.claims, Arc::clone(&key.kid)))
    }

    /// Returns the cached claims of a token, if it was verified recently and its key is still valid.
    pub(super) fn recall(&self, digest: &TokenDigest) -> Option<Verified> {
        let verified = self.verified.get(digest)?;
        // A `kid` is random or derived from its secret, so that no two keys share one.
        self.keys().all().any(|key| key.kid == verified.kid).then_some(verified)
    }

    /// Caches the claims of a verified token.
    pub(super) fn keep(&self, digest: TokenDigest, verified: Verified) {
        self.verified.insert(digest, verified);
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keys {
    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        self.current.iter().chain(&self.others).map(Arc::as_ref)
    }
}

fn sign<C: Serialize>(key: &SigningKey, kind: &str, claims: &C) -> Result<String, NotSigned> {
    let mut head = jsonwebtoken::Header::new(key.algorithm.in_library());
    head.typ = Some(kind.to_owned());
    head.kid = Some(key.kid.to_string());
    Ok(jsonwebtoken::encode(&head, claims, &key.encoding)?)
}
