use axum::Json;
use portcullis_core::{admin::Administer, service::SigningKeyStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::without_filters;
use crate::http::{
    extract::{AdminRequest, OptionalJsonBody, Query},
    openapi::refusals,
    problem::ApiError,
    routes::Message,
};

/// A key that signs access tokens, without its private part.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningKeyAnswer {
    #[schema(example = "k7k0v6sq7t2m8g4c9e5r3n1h0j")]
    kid: String,
    #[schema(example = "ES256")]
    algorithm: &'static str,
    #[schema(example = "2026-11-01T00:00:00Z", format = DateTime)]
    created_at: String,
    #[schema(example = "2026-11-01T01:00:00Z", format = DateTime)]
    signs_from: String,
    /// `published`: known to those who verify, and signs later. `signing`. `retired`: verifies the rest of its tokens.
    #[schema(example = "signing")]
    state: &'static str,
}

impl From<SigningKeyStatus> for SigningKeyAnswer {
    fn from(key: SigningKeyStatus) -> Self {
        Self {
            kid: key.kid,
            algorithm: key.algorithm.as_str(),
            created_at: key.created_at.to_string(),
            signs_from: key.signs_from.to_string(),
            state: key.state,
        }
    }
}

/// All keys, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningKeys {
    items: Vec<SigningKeyAnswer>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

impl From<Vec<SigningKeyStatus>> for SigningKeys {
    fn from(keys: Vec<SigningKeyStatus>) -> Self {
        Self { items: keys.into_iter().map(Into::into).collect(), next: None, prev: None }
    }
}

refusals!(ListRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// List the signing keys
///
/// Those that the server makes itself; none, where JWT_SECRET signs. Needs `owner@*`.
#[utoipa::path(
    operation_id = "admin_signing_keys_list",
    get, path = "/v1/admin/signing-keys", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    responses((status = 200, description = "The keys", body = SigningKeys), ListRefusals)
)]
pub(crate) async fn list(request: AdminRequest<Administer>, query: Query) -> Result<Json<SigningKeys>, ApiError> {
    without_filters(query)?;
    Ok(Json(request.verbs().signing_keys().await?.into()))
}

refusals!(RotateRefusals: Problem [ADMIN, &[AUTH_STALE]]);

/// Make a new signing key
///
/// It is published at once, and signs an hour later. Needs `owner@*` and a recent proof of identity. 404 where JWT_SECRET signs.
#[utoipa::path(
    operation_id = "admin_signing_keys_rotate",
    post, path = "/v1/admin/signing-keys/rotate", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    responses((status = 200, description = "All keys", body = SigningKeys), RotateRefusals)
)]
pub(crate) async fn rotate(request: AdminRequest<Administer>) -> Result<Json<SigningKeys>, ApiError> {
    Ok(Json(request.verbs().rotate_signing_key().await?.into()))
}

/// Whether tokens may become invalid.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct Retirement {
    /// `true`: also while tokens of the key are valid.
    #[schema(example = false)]
    force: Option<bool>,
}

refusals!(RetireRefusals: Problem [ADMIN, JSON, &[AUTH_STALE, KEY_IN_USE], Fields(&[field("force", FIELD_NOT_BOOLEAN), field("nickname", FIELD_UNKNOWN)])]);

/// Remove a signing key
///
/// Its tokens are invalid on every server within a minute. While they may be valid, `force` is needed. Needs `owner@*` and a recent
/// proof of identity.
#[utoipa::path(
    operation_id = "admin_signing_keys_retire",
    delete, path = "/v1/admin/signing-keys/{kid}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(("kid" = String, Path, description = "From the list", example = "k7k0v6sq7t2m8g4c9e5r3n1h0j")),
    request_body(content = Option<Retirement>, content_type = "application/json"),
    responses(
        (status = 200, description = "Removed", body = Message, example = json!({"message": "Signing key removed"})),
        RetireRefusals,
    )
)]
pub(crate) async fn retire(
    request: AdminRequest<Administer>,
    OptionalJsonBody(mut fields): OptionalJsonBody,
) -> Result<Json<Message>, ApiError> {
    let force = fields.take("force");
    fields.refuse_unknown()?;
    request.verbs().retire_signing_key(request.part("kid"), &force).await?;
    Ok(Message::say("Signing key removed"))
}
