use std::fmt;

use aws_lc_rs::{
    encoding::AsDer,
    signature::{
        ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        VerificationAlgorithm,
    },
};
use coset::{
    Algorithm, AsCborValue, CoseKey, KeyType, Label, RegisteredLabelWithPrivate,
    cbor::Value,
    iana::{self, EnumI64},
};

use super::{PasskeyRefusal, cbor};

/// Accepted lengths of an RSA modulus, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// Length of an Ed25519 key and of a P-256 coordinate.
const COORDINATE: usize = 32;

/// Algorithm of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    Es256,
    EdDsa,
    Rs256,
}

impl KeyAlgorithm {
    /// All algorithms, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// Returns the COSE algorithm identifier (RFC 9053 §2, RFC 8812 §2).
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Es256 => &ECDSA_P256_SHA256_ASN1,
            Self::EdDsa => &ED25519,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

/// Public key of a credential, validated for its algorithm.
#[derive(Clone)]
pub struct CredentialKey {
    algorithm: KeyAlgorithm,
    /// Encoding sent by the authenticator.
    cose: Vec<u8>,
    /// Encoding for the cryptographic library.
    encoded: Vec<u8>,
}

impl CredentialKey {
    /// Parses and validates a COSE key (RFC 9052 §7): the algorithm must be one that was offered, and type, curve and
    /// length must match it. A P-256 point must be on the curve. An Ed25519 point is decoded at each verification.
    ///
    /// # Errors
    /// Returns the check that failed.
    pub fn parse(cose: &[u8]) -> Result<Self, PasskeyRefusal> {
        let (value, rest) = cbor::read(cose).ok_or(PasskeyRefusal::Key)?;
        if !rest.is_empty() {
            return Err(PasskeyRefusal::Key);
        }
        let key = CoseKey::from_cbor_value(value).map_err(|_| PasskeyRefusal::Key)?;
        let algorithm = algorithm(&key)?;
        let encoded = match algorithm {
            KeyAlgorithm::Es256 => p256(&key),
            KeyAlgorithm::EdDsa => ed25519(&key),
            KeyAlgorithm::Rs256 => rsa(&key),
        };
        let encoded = encoded.ok_or(PasskeyRefusal::Key)?;
        ParsedPublicKey::new(algorithm.verification(), &encoded).map_err(|_| PasskeyRefusal::Key)?;
        Ok(Self { algorithm, cose: cose.to_vec(), encoded })
    }

    /// Returns the algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Returns the encoding sent by the authenticator.
    #[must_use]
    pub fn as_cose(&self) -> &[u8] {
        &self.cose
    }

    /// Returns whether the signature of the message is valid.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = ParsedPublicKey::new(self.algorithm.verification(), &self.encoded);
        key.is_ok_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

/// Compares the keys, regardless of their encoding.
impl PartialEq for CredentialKey {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && self.encoded == other.encoded
    }
}

impl Eq for CredentialKey {}

impl fmt::Debug for CredentialKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialKey({:?})", self.algorithm)
    }
}

fn algorithm(key: &CoseKey) -> Result<KeyAlgorithm, PasskeyRefusal> {
    let number = match &key.alg {
        Some(Algorithm::Assigned(algorithm)) => algorithm.to_i64(),
        Some(RegisteredLabelWithPrivate::PrivateUse(number)) => *number,
        _ => return Err(PasskeyRefusal::Algorithm),
    };
    KeyAlgorithm::ALL.into_iter().find(|known| known.number() == number).ok_or(PasskeyRefusal::Algorithm)
}

/// Returns the uncompressed point (SEC 1 §2.3.3).
fn p256(key: &CoseKey) -> Option<Vec<u8>> {
    let curve = iana::EllipticCurve::P_256;
    is_of(key, iana::KeyType::EC2, iana::Ec2KeyParameter::Crv.to_i64(), curve).then_some(())?;
    let x = bytes(key, iana::Ec2KeyParameter::X.to_i64())?;
    let y = bytes(key, iana::Ec2KeyParameter::Y.to_i64())?;
    (x.len() == COORDINATE && y.len() == COORDINATE).then(|| [&[0x04], x, y].concat())
}

fn ed25519(key: &CoseKey) -> Option<Vec<u8>> {
    let curve = iana::EllipticCurve::Ed25519;
    is_of(key, iana::KeyType::OKP, iana::OkpKeyParameter::Crv.to_i64(), curve).then_some(())?;
    let x = bytes(key, iana::OkpKeyParameter::X.to_i64())?;
    (x.len() == COORDINATE).then(|| x.to_vec())
}

/// Returns the `SubjectPublicKeyInfo`.
fn rsa(key: &CoseKey) -> Option<Vec<u8>> {
    (key.kty == KeyType::Assigned(iana::KeyType::RSA)).then_some(())?;
    let n = bytes(key, iana::RsaKeyParameter::N.to_i64())?;
    let e = bytes(key, iana::RsaKeyParameter::E.to_i64())?;
    let unused = usize::try_from(n.first()?.leading_zeros()).ok()?;
    let bits = n.len().checked_mul(8)?.checked_sub(unused)?;
    RSA_BITS.contains(&bits).then_some(())?;
    let der = RsaPublicKeyComponents { n, e }.as_der().ok()?;
    Some(der.as_ref().to_vec())
}

fn is_of(key: &CoseKey, kind: iana::KeyType, curve_label: i64, curve: iana::EllipticCurve) -> bool {
    let found = parameter(key, curve_label).and_then(|value| value.as_integer());
    key.kty == KeyType::Assigned(kind) && found.is_some_and(|found| i128::from(found) == i128::from(curve.to_i64()))
}

fn bytes(key: &CoseKey, label: i64) -> Option<&[u8]> {
    parameter(key, label)?.as_bytes().map(Vec::as_slice)
}

fn parameter(key: &CoseKey, label: i64) -> Option<&Value> {
    key.params.iter().find(|(found, _)| *found == Label::Int(label)).map(|(_, value)| value)
}
