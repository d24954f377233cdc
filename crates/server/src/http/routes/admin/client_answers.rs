use axum::{
    Json,
    http::{HeaderValue, header::ETAG},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    oauth::{NewClientSecret, RedirectUri, RegisteredClient},
    service::ListedClients,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::http::openapi::client_keys;

/// Path parameters of a client.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "describes the path, which the request reads")]
pub(super) struct ClientPath {
    /// Realm of the client.
    #[param(example = "User1", pattern = "^[A-Za-z][A-Za-z0-9_-]{0,31}$")]
    realm: String,
    /// Identifier of the client (`client_id`).
    #[param(example = "shop")]
    id: String,
}

/// An OpenID Connect client.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminClient {
    #[schema(example = "shop")]
    id: String,
    #[schema(example = "Shop")]
    name: String,
    /// `confidential` or `public`.
    #[serde(rename = "type")]
    #[schema(example = "confidential")]
    client_type: &'static str,
    /// Whether it is the operator's own application. Users are then not asked for consent.
    #[schema(example = false)]
    first_party: bool,
    #[schema(example = json!(["https://shop.example.com/callback"]))]
    redirect_uris: Vec<String>,
    #[schema(example = json!(["https://shop.example.com/bye"]))]
    post_logout_redirect_uris: Vec<String>,
    #[schema(example = json!(["authorization_code"]))]
    grants: Vec<&'static str>,
    #[schema(example = json!(["openid", "profile", "email"]))]
    scopes: Vec<String>,
    #[schema(example = "client_secret_basic")]
    auth: &'static str,
    /// Whether PKCE is required.
    #[schema(example = true)]
    pkce: bool,
    /// Signature algorithm of its tokens; null for `ID_TOKEN_ALGORITHM`.
    #[schema(example = json!(null), required)]
    id_token_alg: Option<&'static str>,
    /// Minimum assurance of its users.
    #[schema(example = json!(null), required)]
    acr: Option<&'static str>,
    #[schema(schema_with = client_keys, required)]
    jwks: Option<Value>,
    /// Number of valid secrets.
    #[schema(example = 1)]
    secrets: usize,
    /// Whether it is defined in the settings, which must then be changed instead.
    #[schema(example = false)]
    declared: bool,
    /// Null for clients in the settings.
    #[schema(example = "2026-10-03T10:00:00Z", format = DateTime, required)]
    created_at: Option<String>,
    /// Revision of the client, also sent as `ETag`. Null for clients in the settings.
    #[schema(example = 1, required)]
    revision: Option<u64>,
}

/// An OpenID Connect client whose secret was just generated, if it has one.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminClientWithSecret {
    #[serde(flatten)]
    client: AdminClient,
    /// The new secret, which no other response contains.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pcs_qgfhl13dmdmn04qh7oqttabfmsDeQcQCOk4ASJsaN6G")]
    client_secret: Option<String>,
}

impl AdminClientWithSecret {
    pub(super) fn new(client: &RegisteredClient, secret: Option<&NewClientSecret>) -> Self {
        Self { client: client.into(), client_secret: secret.map(|secret| secret.expose().to_owned()) }
    }
}

impl From<&RegisteredClient> for AdminClient {
    fn from(client: &RegisteredClient) -> Self {
        let uris = |uris: &[RedirectUri]| uris.iter().map(|uri| uri.as_str().to_owned()).collect();
        Self {
            id: client.id.as_str().to_owned(),
            name: client.name.clone(),
            client_type: client.client_type.as_str(),
            first_party: client.first_party,
            redirect_uris: uris(&client.redirect_uris),
            post_logout_redirect_uris: uris(&client.post_logout_redirect_uris),
            grants: client.grants.iter().map(|grant| grant.as_str()).collect(),
            scopes: client.scopes.iter().map(str::to_owned).collect(),
            auth: client.auth.as_str(),
            pkce: client.pkce,
            id_token_alg: client.id_token_alg.map(|algorithm| algorithm.as_str()),
            acr: client.acr.map(|assurance| assurance.acr()),
            jwks: client.keys.as_ref().map(|keys| keys.to_json()),
            secrets: client.secrets.len(),
            declared: client.is_declared,
            created_at: (!client.is_declared).then(|| client.created_at.to_string()),
            revision: (!client.is_declared).then_some(client.revision),
        }
    }
}

/// Responds with the client and its revision as `ETag`.
impl IntoResponse for AdminClient {
    fn into_response(self) -> Response {
        tagged(self.revision, &self)
    }
}

/// Responds with the client and its revision as `ETag`.
impl IntoResponse for AdminClientWithSecret {
    fn into_response(self) -> Response {
        tagged(self.client.revision, &self)
    }
}

fn tagged(revision: Option<u64>, answer: &impl Serialize) -> Response {
    let tag = revision.and_then(|revision| HeaderValue::from_str(&format!("\"{revision}\"")).ok());
    let mut response = Json(answer).into_response();
    if let Some(tag) = tag {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// A page of clients.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminClients {
    items: Vec<AdminClient>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

impl From<ListedClients> for AdminClients {
    fn from(page: ListedClients) -> Self {
        let ListedClients { items, next, prev } = page;
        Self { items: items.iter().map(Into::into).collect(), next, prev }
    }
}
