use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde_json::Value;

use super::preset::TENANT;

/// Public keys of a provider.
#[derive(Debug, Clone, Default)]
pub struct KeySet(Vec<PublicKey>);

#[derive(Debug, Clone)]
struct PublicKey {
    jwk: Jwk,
    /// Issuer that the key belongs to, if the provider has several (Microsoft).
    issuer: Option<String>,
}

/// Maximum number of keys.
const MAX: usize = 64;

impl KeySet {
    /// Parses a JWK set (RFC 7517 §5). Unsupported keys are ignored, as the RFC requires. Returns `None` if the set
    /// is unreadable.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let set: Value = serde_json::from_slice(body).ok()?;
        let key = |value: &Value| {
            let issuer = value.get("issuer").and_then(Value::as_str).map(str::to_owned);
            Some(PublicKey { jwk: serde_json::from_value(value.clone()).ok()?, issuer })
        };
        Some(Self(set.get("keys")?.as_array()?.iter().take(MAX).filter_map(key).collect()))
    }

    /// Returns whether a key has this ID.
    #[must_use]
    pub fn has(&self, kid: &str) -> bool {
        self.named(Some(kid)).next().is_some()
    }

    /// Returns the key with this ID for an algorithm and issuer. Each key has one type and shared secrets are not
    /// supported, so a token signed with a public key as an HMAC secret is rejected.
    pub(super) fn key(
        &self,
        kid: Option<&str>,
        algorithm: jsonwebtoken::Algorithm,
        issuer: &str,
        tenant: Option<&str>,
    ) -> Option<DecodingKey> {
        // Several keys of different kinds may have the same ID.
        self.named(kid).find_map(|key| key.usable(algorithm, issuer, tenant))
    }

    /// Returns the keys with this ID. Without an ID, returns the only key.
    fn named(&self, kid: Option<&str>) -> impl Iterator<Item = &PublicKey> {
        let is_only = self.0.len() == 1;
        self.0.iter().filter(move |key| match kid {
            Some(kid) => key.jwk.common.key_id.as_deref() == Some(kid),
            None => is_only,
        })
    }
}

impl PublicKey {
    fn usable(&self, algorithm: jsonwebtoken::Algorithm, issuer: &str, tenant: Option<&str>) -> Option<DecodingKey> {
        let Self { jwk, issuer: of } = self;
        let is_of_issuer = of.as_ref().is_none_or(|of| of.replace(TENANT, tenant.unwrap_or_default()) == issuer);
        let common = &jwk.common;
        let verifies = |operations: &Vec<KeyOperations>| operations.contains(&KeyOperations::Verify);
        let is_to_sign = common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature)
            && common.key_operations.as_ref().is_none_or(verifies);
        let is_for_algorithm = common.key_algorithm.is_none_or(|of| of == KeyAlgorithm::from(algorithm));
        let is_of_kind = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => {
                matches!(algorithm, jsonwebtoken::Algorithm::RS256 | jsonwebtoken::Algorithm::PS256)
            }
            AlgorithmParameters::EllipticCurve(key) => {
                algorithm == jsonwebtoken::Algorithm::ES256 && key.curve == EllipticCurve::P256
            }
            AlgorithmParameters::OctetKeyPair(key) => {
                algorithm == jsonwebtoken::Algorithm::EdDSA && key.curve == EllipticCurve::Ed25519
            }
            _ => false,
        };
        if is_of_issuer && is_to_sign && is_for_algorithm && is_of_kind {
            DecodingKey::from_jwk(jwk).ok()
        } else {
            None
        }
    }
}
