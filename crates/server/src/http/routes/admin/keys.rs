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

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminKeyAnswer {
    #[schema(example = "k7k0v6sq7t2m8g4c9e5r3n1h0j")]
    id: String,
    #[schema(example = "billing")]
    name: String,
    #[schema(example = json!(["support@User1"]))]
    grants: Vec<String>,
    /// Verbs that it may use like a recent proof of identity.
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
    /// The key itself, once.
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

/// A page of keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminKeys {
    items: Vec<AdminKeyAnswer>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

refusals!(ListRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// List the keys
///
/// Those that have not ended, without their secrets. Needs `owner@*`; no key may.
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

/// A new key.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field so that every fault is named at once")]
struct NewKey {
    /// 1 to 64 characters.
    #[schema(example = "billing")]
    name: String,
    /// Grants that the caller holds.
    #[schema(example = json!(["support@User1"]))]
    grants: Vec<String>,
    /// Verbs that it may use like a recent proof of identity: `erase`, `impersonate`, `remove_factor`, `end_realm_sessions`,
    /// `rotate_keys`, `deliver_reset`, `change_contact`.
    allow: Option<Vec<String>>,
    /// Networks from which it is accepted; all, if there are none.
    networks: Option<Vec<String>>,
    /// In 90 days if it is missing, in a year at the latest.
    expires_at: Option<String>,
}

refusals!(CreateRefusals: Problem [ADMIN, JSON, &[AUTH_STALE], Fields(&[field("name", FIELD_MISSING), field("grants", GRANT_INVALID), field("allow", VALUE_INVALID), field("networks", VALUE_INVALID), field("expires_at", TIME_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Make a key
///
/// For programs. The key is answered once. It manages neither administrators nor keys, has never more than its maker has now, and
/// ends with the account of its maker. Needs `owner@*` and a recent proof of
/// identity; no key may.
#[utoipa::path(
    operation_id = "admin_keys_create",
    post, path = "/v1/admin/admin-keys", tag = "Administration", security(("admin_session" = [])),
    request_body = NewKey,
    responses((status = 201, description = "Made", body = AdminKeyAnswer), CreateRefusals)
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

/// Revoke a key
///
/// Its next request is refused. Needs `owner@*` and a recent proof of identity; no key may.
#[utoipa::path(
    operation_id = "admin_keys_revoke",
    delete, path = "/v1/admin/admin-keys/{id}", tag = "Administration", security(("admin_session" = [])),
    params(("id" = String, Path, description = "From the list", example = "k7k0v6sq7t2m8g4c9e5r3n1h0j")),
    responses(
        (status = 200, description = "Revoked", body = Message, example = json!({"message": "Key revoked"})),
        RevokeRefusals,
    )
)]
pub(crate) async fn revoke(request: AdminRequest<Administer>) -> Result<Json<Message>, ApiError> {
    request.verbs().revoke_key(request.id()).await?;
    Ok(Message::say("Key revoked"))
}
