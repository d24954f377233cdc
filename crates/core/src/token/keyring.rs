//! The keys that sign and verify access tokens.

use aws_lc_rs::hmac;
use data_encoding::BASE32_DNSSEC;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use serde::{Serialize, de::DeserializeOwned};

use super::{BadToken, header};

/// One key that signs and verifies, by one algorithm.
pub struct SigningKey {
    kid: String,
    alg: Algorithm,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

/// Key material that is no key.
#[derive(Debug, thiserror::Error)]
#[error("not usable as a signing key")]
pub struct BadKey(#[from] jsonwebtoken::errors::Error);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?} {})", self.alg, self.kid)
    }
}

impl SigningKey {
    /// A shared secret for HS256. Its `kid` is derived from the secret, so that every process names it alike.
    #[must_use]
    pub fn hs256(secret: &[u8]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"portcullis kid");
        let kid = BASE32_DNSSEC.encode(tag.as_ref().first_chunk::<10>().unwrap_or(&[0; 10]));
        Self::new(kid, Algorithm::HS256, EncodingKey::from_secret(secret), DecodingKey::from_secret(secret))
    }

    fn new(kid: String, alg: Algorithm, encoding: EncodingKey, decoding: DecodingKey) -> Self {
        let mut validation = Validation::new(alg);
        // Time, issuer and audience are judged by the caller, against the request's own clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self { kid, alg, encoding, decoding, validation }
    }
}

/// The key that signs, and those that still verify.
#[derive(Debug)]
pub struct Keyring {
    current: SigningKey,
    previous: Vec<SigningKey>,
}

impl Keyring {
    /// One key that signs and verifies, and others that only verify.
    #[must_use]
    pub const fn new(current: SigningKey, previous: Vec<SigningKey>) -> Self {
        Self { current, previous }
    }

    pub(super) fn sign<C: Serialize>(&self, claims: &C) -> Result<String, jsonwebtoken::errors::Error> {
        let mut head = jsonwebtoken::Header::new(self.current.alg);
        head.typ = Some(header::TYPE.to_owned());
        head.kid = Some(self.current.kid.clone());
        jsonwebtoken::encode(&head, claims, &self.current.encoding)
    }

    pub(super) fn verify<C: DeserializeOwned>(&self, token: &str) -> Result<C, BadToken> {
        let header = header::Header::of(token)?;
        let key = self
            .all()
            .find(|key| header.kid.as_deref() == Some(&key.kid) && header.alg.as_deref() == Some(name(key.alg)))
            .ok_or(BadToken::Form)?;
        let token = jsonwebtoken::decode(token, &key.decoding, &key.validation).map_err(BadToken::Signature)?;
        Ok(token.claims)
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

const fn name(alg: Algorithm) -> &'static str {
    match alg {
        Algorithm::HS256 => "HS256",
        Algorithm::RS256 => "RS256",
        Algorithm::ES256 => "ES256",
        Algorithm::EdDSA => "EdDSA",
        _ => "",
    }
}
