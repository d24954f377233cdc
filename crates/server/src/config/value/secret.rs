//! Secrets. An error never quotes the value.

use data_encoding::BASE64_NOPAD;
use portcullis_core::{SecretString, oauth::ApiClients, seal::EncryptionKey};

use super::format::{ValueFormat, items};

pub(crate) const SECRET: ValueFormat<SecretString> = ValueFormat::new("SECRET", |text| Ok(SecretString::from(text)));

/// Keys of 32 bytes in base64, newest first.
pub(crate) const KEYS: ValueFormat<Vec<EncryptionKey>> = ValueFormat::new("KEYS", |text| {
    let keys: Option<Vec<[u8; 32]>> = items(text).map(decode_key).collect();
    match keys {
        Some(keys) if !keys.is_empty() => Ok(keys.into_iter().map(EncryptionKey::from_bytes).collect()),
        _ => {
            Err("must be 32 random bytes in base64 (`openssl rand -base64 32`), several separated by commas".to_owned())
        }
    }
});

/// Services that may introspect tokens: `id:secret` pairs, separated by commas.
pub(crate) const CLIENTS: ValueFormat<ApiClients> = ValueFormat::new("ID:SECRET", |text| {
    let mut clients = ApiClients::default();
    for (id, secret) in client_pairs(text) {
        if id.is_empty() || secret.is_empty() {
            return Err("must be pairs `id:secret`, separated by commas".to_owned());
        }
        clients.add(id, secret);
    }
    Ok(clients)
});

/// Splits a list into pairs of ID and secret. A missing part is empty. Secrets may contain colons.
pub(crate) fn client_pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    items(text).map(|item| item.split_once(':').unwrap_or((item, "")))
}

/// Decodes one key, in standard or URL-safe base64, with or without padding.
pub(crate) fn decode_key(text: &str) -> Option<[u8; 32]> {
    let standard = |byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    };
    let text: Vec<u8> = text.trim_end_matches('=').bytes().map(standard).collect();
    BASE64_NOPAD.decode(&text).ok()?.try_into().ok()
}
