//! One key that signs and verifies, by one algorithm.

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

/// A key and its name.
pub struct SigningKey {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    pub(super) validation: Validation,
    /// The public half, where there is one.
    pub(super) public: Option<Jwk>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?} {})", self.algorithm, self.kid)
    }
}

/// Key material that is no key.
#[derive(Debug, thiserror::Error)]
pub enum BadKey {
    /// The library cannot read it.
    #[error("not usable as a signing key")]
    Unreadable(#[from] jsonwebtoken::errors::Error),
    /// The machine cannot make one.
    #[error("no signing key can be made")]
    NotMade(#[from] Unspecified),
    /// A shared secret is given, not made.
    #[error("a shared secret has no private and public half")]
    NoPair,
}

impl SigningKey {
    /// A shared secret for HS256. Its `kid` is derived from the secret, so that every process names it alike.
    #[must_use]
    pub fn hs256(secret: &[u8]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"portcullis kid");
        let kid = BASE32_DNSSEC.encode(tag.as_ref().first_chunk::<10>().unwrap_or(&[0; 10]));
        let (encoding, decoding) = (EncodingKey::from_secret(secret), DecodingKey::from_secret(secret));
        Self::new(kid, Algorithm::Hs256, encoding, decoding, None)
    }

    /// A key pair from its private half in PKCS#8.
    ///
    /// # Errors
    /// [`BadKey`] when it is none of this algorithm.
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
        // Time, issuer and audience are judged by the caller, against the request's own clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self { kid, algorithm, encoding, decoding, validation, public }
    }
}

/// The private half of a new key pair, in PKCS#8. The library draws it from its own generator.
///
/// # Errors
/// [`BadKey`] for an algorithm without pairs, or when the machine has no chance to give.
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

/// The `RSAPrivateKey` (RFC 8017 §A.1.2) inside a PKCS#8 of 2,048 bits, which is what the library asks for: behind the
/// outer sequence, the version, the algorithm's identifier and the head of the octet string, 26 bytes in all.
fn rsa_private_key(pkcs8: &[u8]) -> &[u8] {
    pkcs8.get(26..).unwrap_or_default()
}
