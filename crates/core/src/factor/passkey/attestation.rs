use super::{PasskeyRefusal, authenticator_data::AuthenticatorData, cbor};

/// Parses the authenticator data of an attestation object (WebAuthn Level 3 §6.5). Attestation is neither requested
/// nor evaluated: the statement only has to be a map.
pub(super) fn authenticator_data(object: &[u8]) -> Result<AuthenticatorData, PasskeyRefusal> {
    let (object, rest) = cbor::read(object).ok_or(PasskeyRefusal::Malformed)?;
    if !rest.is_empty() {
        return Err(PasskeyRefusal::TrailingBytes);
    }
    let map = object.as_map().ok_or(PasskeyRefusal::Malformed)?;
    let has_format = cbor::member(map, "fmt").is_some_and(|format| format.is_text());
    let has_statement = cbor::member(map, "attStmt").is_some_and(|statement| statement.is_map());
    let data = cbor::member(map, "authData").and_then(|data| data.as_bytes());
    let data = data.filter(|_| has_format && has_statement).ok_or(PasskeyRefusal::Malformed)?;
    AuthenticatorData::read(data)
}
