//! JOSE headers, parsed strictly: unsupported parameters are rejected before any key is used (RFC 7515 §5.2, RFC 8725).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::BadToken;

/// `typ` header parameter of an access token (RFC 9068 §2.1).
pub(super) const TYPE: &str = "at+jwt";
/// `typ` header parameter of an ID token.
pub(super) const ID_TOKEN_TYPE: &str = "JWT";

/// Maximum length of a token, in bytes.
pub(super) const MAX_TOKEN: usize = 8 * 1024;

/// Supported header parameters. Parameters that embed or reference a key (`jku`, `x5u`, `jwk`, …) are ignored,
/// because a token must not select its own key.
#[derive(Default)]
pub(super) struct Header {
    pub(super) alg: Option<String>,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    /// Whether it contains `crit`, `zip`, `b64` or `enc`, which change how the token is processed.
    changes_meaning: bool,
}

impl Header {
    /// Parses the header of a token of this type in compact serialization.
    pub(super) fn of(token: &str, kind: &str) -> Result<Self, BadToken> {
        if token.len() > MAX_TOKEN {
            return Err(BadToken::Form);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(BadToken::Form);
        };
        let header = BASE64URL_NOPAD.decode(header.as_bytes()).map_err(|_| BadToken::Form)?;
        let header: Self = serde_json::from_slice(&header).map_err(|_| BadToken::Form)?;
        if header.changes_meaning || header.typ.as_deref() != Some(kind) {
            return Err(BadToken::Form);
        }
        Ok(header)
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JOSE header")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut header = Header::default();
        let mut seen: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "alg" => header.alg = Some(map.next_value()?),
                "typ" => header.typ = Some(map.next_value()?),
                "kid" => header.kid = Some(map.next_value()?),
                other => {
                    header.changes_meaning |= matches!(other, "crit" | "zip" | "b64" | "enc");
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if seen.contains(&name) {
                return Err(A::Error::custom("duplicate header parameter"));
            }
            seen.push(name);
        }
        Ok(header)
    }
}
