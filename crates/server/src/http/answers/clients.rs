//! Client tokens, and consents to clients.

use portcullis_core::service::{ClientTokens, ListedGrant};
use serde::Serialize;
use utoipa::ToSchema;

/// Response of `token` to an OpenID Connect client.
#[derive(Serialize)]
pub(crate) struct ClientTokenAnswer {
    access_token: String,
    token_type: &'static str,
    /// Lifetime in seconds.
    expires_in: u64,
    /// Granted scopes, separated by spaces.
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

/// Permissions that a user gave to an application.
#[derive(Serialize, ToSchema)]
#[schema(as = Grant)]
pub(crate) struct GrantAnswer {
    /// Identifier of the application.
    #[schema(example = "shop")]
    client: String,
    #[schema(example = "Shop")]
    name: String,
    #[schema(example = json!(["openid", "profile"]))]
    scopes: Vec<String>,
    #[schema(example = "2026-10-03T10:00:00Z", format = DateTime)]
    created_at: String,
    #[schema(example = "2026-11-28T07:30:00Z", format = DateTime)]
    last_used_at: String,
}

impl From<ListedGrant> for GrantAnswer {
    fn from(grant: ListedGrant) -> Self {
        Self {
            client: grant.client.as_str().to_owned(),
            name: grant.name,
            scopes: grant.scopes.iter().map(str::to_owned).collect(),
            created_at: grant.created_at.to_string(),
            last_used_at: grant.last_used_at.to_string(),
        }
    }
}
