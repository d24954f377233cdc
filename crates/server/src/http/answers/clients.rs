//! Client tokens.

use portcullis_core::service::ClientTokens;
use serde::Serialize;

/// Response of `token` to an OpenID Connect client.
#[derive(Serialize)]
pub(crate) struct ClientTokenAnswer {
    access_token: String,
    token_type: &'static str,
    /// Lifetime in seconds.
    expires_in: u64,
    /// Granted scopes.
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

impl From<ClientTokens> for ClientTokenAnswer {
    fn from(tokens: ClientTokens) -> Self {
        Self {
            access_token: tokens.access.expose().to_owned(),
            token_type: "bearer",
            expires_in: tokens.access.lifetime.as_secs(),
            scope: tokens.scopes.to_text(),
            id_token: tokens.id_token.map(|token| token.expose().to_owned()),
            refresh_token: tokens.refresh.map(|token| token.expose().to_string()),
        }
    }
}
