use axum::{Json, http::StatusCode};
use portcullis_core::{
    admin::Administer,
    clock::Timestamp,
    service::{ListedAdminKey, ListedAdminKeys, NewAdminKey},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::{PageQuery, page};
use crate::http::{
    extract::{AdminRequest, JsonBody, Query},
    openapi::refusals,
    problem::ApiError,
    routes::Message,
};

/// An API key without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminKeyAnswer {
    #[schema(example = "k7k0v6sq7t2m8g4c9e5r3n1h0j")]
    id: String,
    #[schema(example = "billing")]
    name: String,
    #[schema(example = json!(["support@User1"]))]
    grants: Vec<String>,
    /// Actions that the key may perform without recent authentication.
    #[schema(example = json!(["erase"]))]
    allow: Vec<&'static str>,
    #[schema(example = json!(["10.0.0.0/8"]))]
    networks: Vec<String>,
    #[schema(example = "2026-11-01T00:00:00Z", format = DateTime)]
    created_at: String,
    #[schema(example = "2027-01-30T00:00:00Z", format = DateTime)]
    expires_at: String,
    #[schema(example = "2026-11-28", format = Date, required)]
    last_used_on: Option<String>,
    /// The key itself. Only returned on creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl From<ListedAdminKey> for AdminKeyAnswer {
    fn from(key: ListedAdminKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            grants: key.grants,
            allow: key.allow,
            networks: key.networks,
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.to_string(),
            last_used_on: key.last_used_on.map(Timestamp::date),
            key: None,
        }
    }
}

/// A page of API keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminKeys {
    items: Vec<AdminKeyAnswer>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

refusals!(ListRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// List API keys
///
/// Returns the keys that have not expired, without their secrets. Requires `owner@*`. Not available to API keys.
#[utoipa::path(
    operation_id = "admin_keys_keys",
    get, path = "/v1/admin/admin-keys", tag = "Administration", security(("admin_session" = [])),
    params(PageQuery),
    responses((status = 200, description = "The keys", body = AdminKeys), ListRefusals)
)]
pub(crate) async fn keys(request: AdminRequest<Administer>, query: Query) -> Result<Json<AdminKeys>, ApiError> {
    let (limit, cursor) = page(query)?;
    let ListedAdminKeys { items, next, prev } = request.verbs().admin_keys(&limit, &cursor).await?;
    Ok(Json(AdminKeys { items: items.into_iter().map(Into::into).collect(), next, prev }))
}

/// A new API key.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct NewKey {
    /// 1 to 64 characters.
    #[schema(example = "billing")]
    name: String,
    /// Grants of the key. The caller must have all of them.
    #[schema(example = json!(["support@User1"]))]
    grants: Vec<String>,
    /// Actions that the key may perform without recent authentication: `erase`, `impersonate`, `remove_factor`,
    /// `end_realm_sessions`, `rotate_keys`, `deliver_reset`, `change_contact`.
    allow: Option<Vec<String>>,
    /// Allowed client networks. All networks are allowed if empty.
    networks: Option<Vec<String>>,
    /// Defaults to 90 days from now. At most one year from now.
    expires_at: Option<String>,
}

refusals!(CreateRefusals: Problem [ADMIN, JSON, &[AUTH_STALE], Fields(&[field("name", FIELD_MISSING), field("grants", GRANT_INVALID), field("allow", VALUE_INVALID), field("networks", VALUE_INVALID), field("expires_at", TIME_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Create an API key
///
/// The secret is returned only once. A key cannot manage administrators or keys. Its grants are limited to the
/// current grants of its creator, and it is deleted with the creator's account. Requires `owner@*` and recent
/// authentication. Not available to API keys.
#[utoipa::path(
    operation_id = "admin_keys_create",
    post, path = "/v1/admin/admin-keys", tag = "Administration", security(("admin_session" = [])),
    request_body = NewKey,
    responses((status = 201, description = "Created", body = AdminKeyAnswer), CreateRefusals)
)]
pub(crate) async fn create(
    request: AdminRequest<Administer>,
    JsonBody(mut fields): JsonBody,
) -> Result<(StatusCode, Json<AdminKeyAnswer>), ApiError> {
    let new = NewAdminKey {
        name: fields.take("name"),
        grants: fields.take("grants"),
        allow: fields.take("allow"),
        networks: fields.take("networks"),
        expires_at: fields.take("expires_at"),
    };
    let (listed, secret) = request.verbs().create_key(&new, fields.unknown()).await?;
    let mut answer = AdminKeyAnswer::from(listed);
    answer.key = Some(secret.expose().to_string());
    Ok((StatusCode::CREATED, Json(answer)))
}

refusals!(RevokeRefusals: Problem [ADMIN, &[AUTH_STALE]]);

/// Revoke an API key
///
/// The next request with the key is rejected. Requires `owner@*` and recent authentication. Not available to API keys.
#[utoipa::path(
    operation_id = "admin_keys_revoke",
    delete, path = "/v1/admin/admin-keys/{id}", tag = "Administration", security(("admin_session" = [])),
    params(("id" = String, Path, description = "Identifier of the API key", example = "k7k0v6sq7t2m8g4c9e5r3n1h0j")),
    responses(
        (status = 200, description = "Revoked", body = Message, example = json!({"message": "Key revoked"})),
        RevokeRefusals,
    )
)]
pub(crate) async fn revoke(request: AdminRequest<Administer>) -> Result<Json<Message>, ApiError> {
    request.verbs().revoke_key(request.id()).await?;
    Ok(Message::say("Key revoked"))
}
