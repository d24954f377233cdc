//! Signing keys, each for a single algorithm.

use std::sync::Arc;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    error::Unspecified,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair},
};
use data_encoding::BASE32_DNSSEC;
use jsonwebtoken::{
    DecodingKey, EncodingKey, Validation,
    jwk::{Jwk, PublicKeyUse},
};
use zeroize::Zeroizing;

use super::Algorithm;

/// A signing key with its `kid`.
pub struct SigningKey {
    pub(super) kid: Arc<str>,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    pub(super) validation: Validation,
    /// Public key, if the algorithm has one.
    pub(super) public: Option<Jwk>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?} {})", self.algorithm, self.kid)
    }
}

/// Reason why key material is unusable.
#[derive(Debug, thiserror::Error)]
pub enum BadKey {
    /// The library could not parse the key.
    #[error("unreadable signing key")]
    Unreadable(#[from] jsonwebtoken::errors::Error),
    /// The library could not generate a key.
    #[error("generation of the signing key failed")]
    NotMade(#[from] Unspecified),
    /// The algorithm uses a shared secret instead of a key pair.
    #[error("HS256 has no key pair")]
    NoPair,
}

impl SigningKey {
    /// Creates an HS256 key from a shared secret. Its `kid` is derived from the secret, so that it is the same in every
    /// process.
    #[must_use]
    pub fn hs256(secret: &[u8]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"portcullis kid");
        let kid = BASE32_DNSSEC.encode(tag.as_ref().first_chunk::<10>().unwrap_or(&[0; 10]));
        let (encoding, decoding) = (EncodingKey::from_secret(secret), DecodingKey::from_secret(secret));
        Self::new(kid, Algorithm::Hs256, encoding, decoding, None)
    }

    /// Creates a key pair from a PKCS#8 private key.
    ///
    /// # Errors
    /// Returns [`BadKey`] if it is not a key of this algorithm.
    pub fn from_pkcs8(kid: String, algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, BadKey> {
        let encoding = match algorithm {
            Algorithm::Hs256 => return Err(BadKey::NoPair),
            Algorithm::Rs256 => EncodingKey::from_rsa_der(rsa_private_key(pkcs8)),
            Algorithm::Es256 => EncodingKey::from_ec_der(pkcs8),
            Algorithm::EdDsa => EncodingKey::from_ed_der(pkcs8),
        };
        let mut public = Jwk::from_encoding_key(&encoding, algorithm.in_library())?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let decoding = DecodingKey::from_jwk(&public)?;
        Ok(Self::new(kid, algorithm, encoding, decoding, Some(public)))
    }

    fn new(
        kid: String,
        algorithm: Algorithm,
        encoding: EncodingKey,
        decoding: DecodingKey,
        public: Option<Jwk>,
    ) -> Self {
        let mut validation = Validation::new(algorithm.in_library());
        // The caller validates time, issuer and audience, using the time of the request.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self { kid: kid.into(), algorithm, encoding, decoding, validation, public }
    }
}

/// Generates a key pair and returns its PKCS#8 private key. The library uses its own random number generator.
///
/// # Errors
/// Returns [`BadKey`] if the algorithm has no key pairs, or the generation fails.
pub fn new_private_key(algorithm: Algorithm) -> Result<Zeroizing<Vec<u8>>, BadKey> {
    let random = SystemRandom::new();
    let pkcs8 = match algorithm {
        Algorithm::Hs256 => return Err(BadKey::NoPair),
        Algorithm::Rs256 => {
            let der: Pkcs8V1Der<'static> = RsaKeyPair::generate(KeySize::Rsa2048)?.as_der()?;
            der.as_ref().to_vec()
        }
        Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)?.as_ref().to_vec(),
        Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8v1(&random)?.as_ref().to_vec(),
    };
    Ok(Zeroizing::new(pkcs8))
}

/// Extracts the `RSAPrivateKey` (RFC 8017 §A.1.2), which the library expects, from a 2,048-bit PKCS#8 key. It starts
/// after 26 bytes: the headers of the sequence and the octet string, the version and the algorithm identifier.
fn rsa_private_key(pkcs8: &[u8]) -> &[u8] {
    pkcs8.get(26..).unwrap_or_default()
}
