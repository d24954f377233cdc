use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};
use data_encoding::BASE64;
use portcullis_core::{
    SecretString,
    oauth::{ASSERTION_TYPE, ClientCredentials},
    service::{PresentedClient, RawField},
};

use super::fields::{Fields, decode};
use crate::http::state::AppState;

/// Client credentials in the `Authorization` header.
#[derive(Debug)]
pub(in crate::http) struct ClientHeader {
    is_sent: bool,
    basic: Vec<ClientCredentials>,
}

impl ClientHeader {
    /// Adds the credentials in the form and removes them from it.
    pub(in crate::http) fn presented(self, form: &mut Fields) -> PresentedClient {
        let (id, secret) = (form.take("client_id"), form.take("client_secret"));
        let is_text = |field: &RawField| matches!(field, RawField::Missing) || field.text().is_some();
        let (assertion, kind) = (form.take("client_assertion"), form.take("client_assertion_type"));
        let is_known = match kind.text() {
            Some(kind) => kind == ASSERTION_TYPE && assertion.text().is_some(),
            None => matches!((&assertion, &kind), (RawField::Missing, RawField::Missing)),
        };
        PresentedClient {
            assertion: assertion.text().filter(|_| is_known).map(SecretString::from),
            has_other: !is_known || !is_text(&id) || !is_text(&secret),
            has_header: self.is_sent,
            basic: self.basic,
            id: id.text().map(str::to_owned),
            secret: secret.text().map(SecretString::from),
        }
    }
}

impl FromRequestParts<AppState> for ClientHeader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(Self { is_sent: parts.headers.contains_key(AUTHORIZATION), basic: read(parts).unwrap_or_default() })
    }
}

/// Returns the HTTP Basic credentials, both raw and URL-decoded. RFC 6749 §2.3.1 requires the encoding, but many
/// clients omit it.
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
