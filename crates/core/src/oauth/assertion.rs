//! Assertions: signed tokens with which clients authenticate in place of a secret (`private_key_jwt`, RFC 7523 §3).

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::ClientId;
use crate::{clock::Timestamp, link::SpentProof, token::CLOCK_SKEW};

/// `client_assertion_type` of an assertion.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Algorithms of assertions.
pub const ASSERTION_ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

/// Maximum length of an assertion in bytes.
const MAX_LENGTH: usize = 8 * 1024;
/// Maximum lifetime of an assertion.
const LIFETIME: Duration = Duration::from_secs(300);
/// How far the clock of a client may be ahead.
const AHEAD: Duration = Duration::from_secs(60);
/// Maximum number of keys of a client.
const MAX_KEYS: usize = 10;

/// Public keys of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKeys(Vec<Jwk>);

impl ClientKeys {
    /// Reads a JWK set; `None` if it is malformed, has no key or too many, a key that is private or of an unknown kind,
    /// or several keys that their names do not tell apart.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let set: Value = serde_json::from_str(text).ok()?;
        let is_private = |key: &Value| ["d", "k", "p", "q"].iter().any(|name| key.get(name).is_some());
        if set.get("keys")?.as_array()?.iter().any(is_private) {
            return None;
        }
        let JwkSet { keys } = serde_json::from_value(set).ok()?;
        let mut names: Vec<Option<&str>> = keys.iter().map(|key| key.common.key_id.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        let are_named = keys.len() == 1 || (names.len() == keys.len() && !names.contains(&None));
        let are_known = keys.iter().all(|key| is_sized(key) && DecodingKey::from_jwk(key).is_ok());
        ((1..=MAX_KEYS).contains(&keys.len()) && are_named && are_known).then_some(Self(keys))
    }

    /// Returns the JWK set.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(JwkSet { keys: self.0.clone() }).unwrap_or_default()
    }

    /// Returns the key with this name. If there is only one key, it needs no name.
    fn key(&self, kid: Option<&str>) -> Option<&Jwk> {
        match (kid, self.0.as_slice()) {
            (Some(kid), [only]) => Some(only).filter(|key| key.common.key_id.as_deref().is_none_or(|name| name == kid)),
            (Some(kid), keys) => keys.iter().find(|key| key.common.key_id.as_deref() == Some(kid)),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

/// Returns whether a key is of a known kind and has the size of that; RSA keys have at least 2,048 bits.
fn is_sized(key: &Jwk) -> bool {
    let bytes = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_or(0, |bytes| bytes.len());
    algorithm_of(key).is_some()
        && match &key.algorithm {
            AlgorithmParameters::RSA(key) => (256..=1024).contains(&bytes(&key.n)),
            AlgorithmParameters::EllipticCurve(key) => bytes(&key.x) == 32 && bytes(&key.y) == 32,
            AlgorithmParameters::OctetKeyPair(key) => bytes(&key.x) == 32,
            _ => false,
        }
}

/// Returns the algorithm that a key is for. Each kind has one, so that a token cannot choose.
fn algorithm_of(key: &Jwk) -> Option<Algorithm> {
    match &key.algorithm {
        AlgorithmParameters::RSA(_) => Some(Algorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Some(Algorithm::ES256),
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Some(Algorithm::EdDSA),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    alg: String,
    // These change the meaning of a token (RFC 7515 §4.1.11).
    #[serde(default)]
    crit: Option<IgnoredAny>,
    #[serde(default)]
    b64: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    nbf: Option<i64>,
    jti: String,
}

/// Returns the client that an assertion names, unverified.
#[must_use]
pub(crate) fn named_in(assertion: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        sub: String,
    }
    let payload = assertion.split('.').nth(1).filter(|_| assertion.len() <= MAX_LENGTH)?;
    let named: Named = serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?).ok()?;
    Some(named.sub)
}

/// Verifies an assertion of a client for one of these audiences. Returns the mark of its use.
///
/// # Errors
/// Returns the reason for the log.
pub(crate) fn verify(
    assertion: &str,
    (client, keys): (&ClientId, &ClientKeys),
    audiences: &[String],
    now: Timestamp,
) -> Result<SpentProof, &'static str> {
    let header = header_of(assertion).ok_or("assertion malformed")?;
    let key = keys.key(header.kid.as_deref()).ok_or("assertion with an unknown key")?;
    let algorithm = algorithm_of(key).ok_or("key of an unknown kind")?;
    if !ASSERTION_ALGORITHMS.contains(&header.alg.as_str()) || format!("{algorithm:?}") != header.alg {
        return Err("assertion with another algorithm");
    }
    let decoding = DecodingKey::from_jwk(key).map_err(|_| "key unreadable")?;
    let mut validation = Validation::new(algorithm);
    // The claims are checked below, at the time of the request.
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Claims>(assertion, &decoding, &validation);
    let claims = decoded.map_err(|_| "assertion with an invalid signature or claims")?.claims;
    if claims.iss != client.as_str() || claims.sub != client.as_str() {
        return Err("assertion of another client");
    }
    // One that is also for another server could be replayed by it.
    let is_ours = |one: &Value| one.as_str().is_some_and(|one| audiences.iter().any(|ours| ours == one));
    let is_for_us = match &claims.aud {
        Value::Array(all) => !all.is_empty() && all.iter().all(is_ours),
        one => is_ours(one),
    };
    if !is_for_us {
        return Err("assertion for another server");
    }
    let (expires_at, latest) = (Timestamp::from_secs(claims.exp), now.plus(AHEAD));
    let begins = [claims.iat, claims.nbf].into_iter().flatten().map(Timestamp::from_secs);
    let is_late = expires_at.plus(CLOCK_SKEW) <= now || expires_at > now.plus(LIFETIME).plus(CLOCK_SKEW);
    if is_late || begins.into_iter().any(|at| at > latest) {
        return Err("assertion expired, not yet valid, or valid for too long");
    }
    if !(1..=255).contains(&claims.jti.len()) {
        return Err("assertion without jti");
    }
    let parts = [b"assertion".as_slice(), client.as_str().as_bytes(), claims.jti.as_bytes()];
    Ok(SpentProof::new(&parts, expires_at.plus(CLOCK_SKEW)))
}

fn header_of(assertion: &str) -> Option<Header> {
    let encoded = assertion.split('.').next().filter(|_| assertion.len() <= MAX_LENGTH)?;
    let header: Header = serde_json::from_slice(&BASE64URL_NOPAD.decode(encoded.as_bytes()).ok()?).ok()?;
    let is_kind = |typ: &str| ["jwt", "client-authentication+jwt"].iter().any(|kind| typ.eq_ignore_ascii_case(kind));
    let is_plain = header.crit.is_none() && header.b64.is_none() && header.typ.as_deref().is_none_or(is_kind);
    is_plain.then_some(header)
}
