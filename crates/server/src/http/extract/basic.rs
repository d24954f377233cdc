use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};
use data_encoding::BASE64;
use portcullis_core::{SecretString, oauth::ClientCredentials};

use super::fields::decode;
use crate::http::state::AppState;

/// Credentials of a service (HTTP Basic), in each possible reading: as sent, and URL-decoded, because RFC 6749 §2.3.1 requires
/// that encoding but many clients omit it. Empty if there are none.
#[derive(Debug)]
pub(in crate::http) struct BasicCredentials(pub(in crate::http) Vec<ClientCredentials>);

impl FromRequestParts<AppState> for BasicCredentials {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(Self(read(parts).unwrap_or_default()))
    }
}

fn read(parts: &Parts) -> Option<Vec<ClientCredentials>> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next().filter(|_| headers.next().is_none())?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let plain = ClientCredentials { id: id.to_owned(), secret: SecretString::from(secret) };
    let decoded = decode(id, 0).ok().zip(decode(secret, 0).ok());
    let decoded = decoded.map(|(id, secret)| ClientCredentials { id, secret: SecretString::from(secret) });
    Some(std::iter::once(plain).chain(decoded).collect())
}
