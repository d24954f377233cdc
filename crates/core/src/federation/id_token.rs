//! ID tokens of other providers (OpenID Connect Core 1.0 §3.1.3.7).

use std::time::Duration;

use aws_lc_rs::{constant_time, digest};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{Discovery, KeySet, Provider};
use crate::{clock::Timestamp, token::CLOCK_SKEW};

/// Maximum length of an ID token, in bytes.
const MAX_LENGTH: usize = 16 * 1024;
/// Maximum clock skew of a provider.
const AHEAD: Duration = Duration::from_secs(60);

/// Claims of a verified ID token. Personal data: never printed.
pub struct IdClaims {
    /// Issuer of the token, which matches the expected one.
    pub issuer: String,
    claims: Map<String, Value>,
}

/// Expected values of an ID token.
#[derive(Debug)]
pub struct IdTokenCheck<'a> {
    pub provider: &'a Provider,
    pub document: &'a Discovery,
    pub keys: &'a KeySet,
    /// Client ids that the token may be issued for.
    pub audience: &'a [String],
    pub nonce: ExpectedNonce<'a>,
    pub now: Timestamp,
}

/// Expected nonce of an ID token.
#[derive(Clone, Copy)]
pub enum ExpectedNonce<'a> {
    Exactly(&'a str),
    /// The nonce itself or its SHA-256, which the SDKs of some providers send.
    PlainOrHashed(&'a str),
}

impl std::fmt::Debug for ExpectedNonce<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExpectedNonce(…)")
    }
}

impl std::fmt::Debug for IdClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdClaims(…)")
    }
}

/// Reason why an ID token was rejected, for the log and the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIdToken {
    #[error("malformed")]
    Malformed,
    #[error("algorithm")]
    Algorithm,
    #[error("key")]
    Key,
    #[error("signature")]
    Signature,
    #[error("issuer")]
    Issuer,
    #[error("audience")]
    Audience,
    #[error("time")]
    Time,
    #[error("nonce")]
    Nonce,
    #[error("subject")]
    Subject,
}

impl BadIdToken {
    /// Returns the code used in the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::Algorithm => "token_algorithm",
            Self::Key => "token_key",
            Self::Signature => "token_signature",
            Self::Issuer => "token_issuer",
            Self::Audience => "token_audience",
            Self::Time => "token_time",
            Self::Nonce => "token_nonce",
            Self::Subject => "token_subject",
        }
    }
}

/// JOSE header. Parameters that embed or reference a key are ignored, because a token must not select its own key.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    // Critical header parameters change how a token is processed (RFC 7515 §4.1.11).
    #[serde(default)]
    crit: Option<IgnoredAny>,
    #[serde(default)]
    b64: Option<IgnoredAny>,
    #[serde(default)]
    zip: Option<IgnoredAny>,
    #[serde(default)]
    enc: Option<IgnoredAny>,
}

impl Header {
    fn of(token: &str) -> Result<Self, BadIdToken> {
        if token.len() > MAX_LENGTH || token.split('.').count() != 3 {
            return Err(BadIdToken::Malformed);
        }
        let encoded = token.split('.').next().unwrap_or_default();
        let bytes = BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| BadIdToken::Malformed)?;
        let header: Self = serde_json::from_slice(&bytes).map_err(|_| BadIdToken::Malformed)?;
        let is_plain = header.crit.is_none() && header.b64.is_none() && header.zip.is_none() && header.enc.is_none();
        // Providers sign other tokens with the same keys: access tokens, logout tokens, security events.
        let is_id_token = header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("jwt"));
        if is_plain && is_id_token { Ok(header) } else { Err(BadIdToken::Malformed) }
    }

    fn algorithm(&self) -> Result<Algorithm, BadIdToken> {
        match self.alg.as_str() {
            "RS256" => Ok(Algorithm::RS256),
            "PS256" => Ok(Algorithm::PS256),
            "ES256" => Ok(Algorithm::ES256),
            "EdDSA" => Ok(Algorithm::EdDSA),
            // `none` and algorithms with a shared secret.
            _ => Err(BadIdToken::Algorithm),
        }
    }
}

impl IdTokenCheck<'_> {
    /// Returns the key ID of a token.
    ///
    /// # Errors
    /// Returns [`BadIdToken`] if the header is malformed or the algorithm is not allowed.
    pub fn kid(token: &str) -> Result<Option<String>, BadIdToken> {
        let header = Header::of(token)?;
        header.algorithm()?;
        Ok(header.kid)
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// Returns [`BadIdToken`] with the reason if the token is not valid.
    pub fn verify(&self, token: &str) -> Result<IdClaims, BadIdToken> {
        let header = Header::of(token)?;
        let algorithm = header.algorithm()?;
        // Reads Microsoft's tenant before the signature is verified. It is only used to choose the expected issuer.
        let unverified: Map<String, Value> =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| BadIdToken::Malformed)?;
        let tenant = unverified.get("tid").and_then(Value::as_str);
        let issuer = self.document.issuer_of(self.provider, tenant).ok_or(BadIdToken::Issuer)?;
        let key = self.keys.key(header.kid.as_deref(), algorithm, &issuer, tenant).ok_or(BadIdToken::Key)?;
        let decoded = jsonwebtoken::decode(token, &key, &validation(algorithm));
        let claims: Map<String, Value> = decoded.map_err(|_| BadIdToken::Signature)?.claims;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(issuer.as_str()) {
            return Err(BadIdToken::Issuer);
        }
        if !self.is_for_us(&claims) {
            return Err(BadIdToken::Audience);
        }
        self.check_time(&claims)?;
        if !text("nonce").is_some_and(|nonce| self.nonce.is(nonce)) {
            return Err(BadIdToken::Nonce);
        }
        if text("sub").is_none_or(|subject| subject.is_empty() || subject.len() > 255) {
            return Err(BadIdToken::Subject);
        }
        Ok(IdClaims { issuer, claims })
    }

    /// Returns whether the token was issued to one of our clients: as the only audience, or named in `azp` (OpenID
    /// Connect Core 1.0 §3.1.3.7, steps 3 to 5).
    fn is_for_us(&self, claims: &Map<String, Value>) -> bool {
        let is_ours = |client: &str| self.audience.iter().any(|ours| ours == client);
        let party = match claims.get("azp") {
            None => None,
            Some(Value::String(party)) if is_ours(party) => Some(party),
            Some(_) => return false,
        };
        match claims.get("aud") {
            Some(Value::String(one)) => is_ours(one),
            Some(Value::Array(all)) => {
                let names_us = all.iter().filter_map(Value::as_str).any(is_ours);
                names_us && (all.len() == 1 || party.is_some())
            }
            _ => false,
        }
    }

    fn check_time(&self, claims: &Map<String, Value>) -> Result<(), BadIdToken> {
        let time = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => {
                let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
                let is_possible = |seconds: &i64| (0..=253_402_300_799).contains(seconds);
                seconds.filter(is_possible).map(|seconds| Some(Timestamp::from_secs(seconds))).ok_or(BadIdToken::Time)
            }
        };
        let latest = self.now.plus(AHEAD);
        let expires_at = time("exp")?.ok_or(BadIdToken::Time)?;
        let issued_at = time("iat")?.ok_or(BadIdToken::Time)?;
        let begins_at = time("nbf")?.unwrap_or(issued_at);
        let is_valid = expires_at.plus(CLOCK_SKEW) > self.now && issued_at <= latest && begins_at <= latest;
        if is_valid { Ok(()) } else { Err(BadIdToken::Time) }
    }
}

impl ExpectedNonce<'_> {
    fn is(&self, found: &str) -> bool {
        let is = |expected: &str| constant_time::verify_slices_are_equal(expected.as_bytes(), found.as_bytes()).is_ok();
        match self {
            Self::Exactly(expected) => is(expected),
            Self::PlainOrHashed(expected) => {
                let hash = digest::digest(&digest::SHA256, expected.as_bytes());
                is(expected) || is(&HEXLOWER.encode(hash.as_ref())) || is(&BASE64URL_NOPAD.encode(hash.as_ref()))
            }
        }
    }
}

impl IdClaims {
    /// Returns a claim that is a non-empty string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Returns a claim.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// Adds claims from `userinfo` about the same subject. Claims in the token take precedence. `email` and
    /// `email_verified` are taken from the same source.
    #[must_use]
    pub fn with_userinfo(mut self, more: &Map<String, Value>) -> Self {
        const NAMES: [&str; 5] = ["name", "given_name", "family_name", "preferred_username", "nickname"];
        let mut taken: Vec<&str> = NAMES.to_vec();
        if self.text("email").is_none() {
            self.claims.remove("email_verified");
            taken.extend(["email", "email_verified"]);
        } else if self.claims.get("email") == more.get("email") {
            taken.push("email_verified");
        }
        for name in taken {
            if let Some(value) = more.get(name) {
                self.claims.entry(name).or_insert_with(|| value.clone());
            }
        }
        self
    }
}

/// The caller validates the claims, using the time of the request.
fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}
