//! JSON representation of a credential, as created by the browser's `toJSON` (WebAuthn Level 3 §5.1).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

use super::{CredentialId, PasskeyRefusal};

/// Bytes in base64url without padding.
#[derive(Default)]
pub(super) struct Base64Url(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Base64Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        BASE64URL_NOPAD.decode(text.as_bytes()).map(Self).map_err(|_| D::Error::custom("not base64url"))
    }
}

impl fmt::Debug for Base64Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Base64Url(…)")
    }
}

/// A credential with the response to one ceremony. Unknown members are permitted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential<R> {
    id: String,
    raw_id: String,
    r#type: String,
    response: R,
    /// Client extension results. They must be an object, and are otherwise ignored.
    #[serde(default)]
    #[allow(dead_code, reason = "its form is checked by being read")]
    client_extension_results: Option<Map<String, Value>>,
}

/// Parses a credential. Its two identifiers must be equal.
pub(super) fn read<R: for<'de> Deserialize<'de>>(json: &Value) -> Result<(CredentialId, R), PasskeyRefusal> {
    let read = Credential::<R>::deserialize(json).map_err(|_| PasskeyRefusal::Malformed)?;
    if read.r#type != "public-key" {
        return Err(PasskeyRefusal::Malformed);
    }
    let id = CredentialId::parse(&read.id).filter(|_| read.id == read.raw_id).ok_or(PasskeyRefusal::CredentialId)?;
    Ok((id, read.response))
}
