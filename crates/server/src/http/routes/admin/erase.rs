use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portcullis_core::admin::{Impersonate, Manage};
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::{AdminUser, Reason, UserPath};
use crate::http::{
    extract::{AdminRequest, IfMatch, JsonBody},
    openapi::refusals,
    problem::ApiError,
    routes::Message,
};

/// Deletion of a user.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct Erasure {
    #[schema(example = "Asked for by the owner of the account")]
    reason: String,
    /// `false` to send no email.
    notify: Option<bool>,
}

refusals!(EraseRefusals: Problem [ADMIN, JSON, &[AUTH_STALE, REVISION_MISSING, REVISION_STALE], Fields(&[field("reason", REASON_MISSING), field("notify", FIELD_NOT_BOOLEAN), field("nickname", FIELD_UNKNOWN)])]);

/// Delete a user
///
/// Permanently deletes all data of a user, or withdraws an invitation or registration. Requires the role `manager`
/// and recent authentication.
#[utoipa::path(
    operation_id = "admin_erase_erase",
    delete, path = "/v1/admin/realms/{realm}/users/{id}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath, ("If-Match" = String, Header, description = "Last fetched revision, as in `ETag`", example = "\"9\"")),
    request_body = Erasure,
    responses(
        (status = 200, description = "Erased", body = Message, example = json!({"message": "User erased"})),
        EraseRefusals,
    )
)]
pub(crate) async fn erase(
    request: AdminRequest<Manage>,
    IfMatch(expected): IfMatch,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<Message>, ApiError> {
    let (reason, notify) = (fields.take("reason"), fields.take("notify"));
    fields.refuse_unknown()?;
    request.verbs().erase(request.id(), &expected, &reason, &notify).await?;
    Ok(Message::say("User erased"))
}

refusals!(FactorRefusals: Problem [ADMIN, JSON, &[AUTH_STALE, REVISION_STALE, USER_STATUS], Fields(&[field("reason", REASON_MISSING), field("nickname", FIELD_UNKNOWN)])]);

/// Remove a second factor of a user
///
/// Notifies the user by email. Removing the last factor turns off two-step verification. Requires the role `manager`
/// and recent authentication.
#[utoipa::path(
    operation_id = "admin_erase_remove_factor",
    delete, path = "/v1/admin/realms/{realm}/users/{id}/factors/{fid}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath, ("fid" = String, Path, description = "Identifier of the factor", example = "qgfhl13dmdmn04qh7oqttabfms")),
    request_body = Reason,
    responses((status = 200, description = "The user", body = AdminUser), FactorRefusals)
)]
pub(crate) async fn remove_factor(
    request: AdminRequest<Manage>,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let reason = fields.take("reason");
    fields.refuse_unknown()?;
    let sheet = request.verbs().remove_factor(request.id(), request.part("fid"), &reason).await?;
    Ok(AdminUser::from(sheet).into_response())
}

/// Request for an impersonation session.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct Impersonation {
    #[schema(example = "Ticket 4711: the user sees an empty page")]
    reason: String,
    /// Duration in minutes. At most 60, default 10.
    #[schema(example = 10)]
    minutes: Option<u32>,
}

/// Access token of an impersonation session.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImpersonationAnswer {
    /// The token is read-only. Its `act` claim identifies the administrator, and its `amr` is `imp`.
    #[schema(example = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxazB2NnNxN3QybTgifQ.c2lnbmF0dXJl")]
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Lifetime in seconds.
    #[schema(example = 600)]
    expires_in: u64,
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms")]
    session: String,
    /// URL of the account page. Always null.
    #[schema(required, example = json!(null))]
    url: Option<String>,
}

refusals!(ImpersonateRefusals: Problem [ADMIN, JSON, &[LIMITED, AUTH_STALE, REVISION_STALE, USER_STATUS], Fields(&[field("reason", REASON_MISSING), field("minutes", VALUE_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Impersonate a user
///
/// Returns an access token without a refresh token. It grants read-only access to everything the user can see. The
/// user is notified by email. Requires the grant `impersonate` in addition to a role, and recent authentication.
#[utoipa::path(
    operation_id = "admin_erase_impersonate",
    post, path = "/v1/admin/realms/{realm}/users/{id}/impersonate", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath),
    request_body = Impersonation,
    responses((status = 201, description = "Opened", body = ImpersonationAnswer), ImpersonateRefusals)
)]
pub(crate) async fn impersonate(
    request: AdminRequest<Impersonate>,
    JsonBody(mut fields): JsonBody,
) -> Result<(StatusCode, Json<ImpersonationAnswer>), ApiError> {
    let (reason, minutes) = (fields.take("reason"), fields.take("minutes"));
    fields.refuse_unknown()?;
    let opened = request.verbs().impersonate(request.id(), &reason, &minutes).await?;
    let answer = ImpersonationAnswer {
        access_token: opened.access.expose().to_owned(),
        token_type: "bearer",
        expires_in: opened.access.lifetime.as_secs(),
        session: opened.session.to_string(),
        url: None,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}
