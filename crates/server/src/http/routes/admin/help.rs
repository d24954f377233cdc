use axum::{
    Json,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    admin::{Assist, Manage},
    session::{ListedSession, device_name},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::{AdminUser, UserPath};
use crate::http::{
    extract::{AdminRequest, OptionalJsonBody},
    openapi::refusals,
    problem::ApiError,
    routes::Message,
};

refusals!(InviteRefusals: Problem [ADMIN, &[LIMITED, USER_STATUS]]);

/// Resend an invitation
///
/// Sends an email with a new link, which invalidates the previous one. Requires the role `manager`.
#[utoipa::path(
    operation_id = "admin_help_invite",
    post, path = "/v1/admin/realms/{realm}/users/{id}/invite", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath),
    responses((status = 200, description = "The invitation", body = AdminUser), InviteRefusals)
)]
pub(crate) async fn invite(request: AdminRequest<Manage>) -> Result<Response, ApiError> {
    Ok(AdminUser::from(request.verbs().invite_again(request.id()).await?).into_response())
}

refusals!(ResendRefusals: Problem [ADMIN, &[LIMITED, USER_STATUS]]);

/// Resend the verification email
///
/// Only for pending registrations. Requires the role `support`.
#[utoipa::path(
    operation_id = "admin_help_resend",
    post, path = "/v1/admin/realms/{realm}/users/{id}/resend", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath),
    responses(
        (status = 200, description = "Sent", body = Message, example = json!({"message": "Verification email sent"})),
        ResendRefusals,
    )
)]
pub(crate) async fn resend(request: AdminRequest<Assist>) -> Result<Json<Message>, ApiError> {
    request.verbs().resend(request.id()).await?;
    Ok(Message::say("Verification email sent"))
}

/// Delivery of the reset link.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminReset {
    /// `mail` (default) or `answer`, which requires the role `owner` and a reason.
    #[schema(example = "mail")]
    deliver: Option<String>,
    reason: Option<String>,
}

/// Result of creating a reset link.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResetStarted {
    #[schema(example = "Reset link sent")]
    message: &'static str,
    /// The link, if `deliver` is `answer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_url: Option<String>,
}

refusals!(ResetRefusals: Problem [ADMIN, JSON, &[LIMITED, AUTH_STALE, USER_STATUS], Fields(&[field("deliver", VALUE_INVALID), field("reason", REASON_MISSING), field("nickname", FIELD_UNKNOWN)])]);

/// Send a password reset link
///
/// Sends an email with a link to set a new password. Requires the role `support`. Returning the link in the response
/// requires the role `owner`, recent authentication and a reason.
#[utoipa::path(
    operation_id = "admin_help_reset",
    post, path = "/v1/admin/realms/{realm}/users/{id}/reset", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath),
    request_body(content = Option<AdminReset>, content_type = "application/json"),
    responses((status = 200, description = "Started", body = ResetStarted), ResetRefusals)
)]
pub(crate) async fn reset(
    request: AdminRequest<Assist>,
    OptionalJsonBody(mut fields): OptionalJsonBody,
) -> Result<Json<ResetStarted>, ApiError> {
    let (deliver, reason) = (fields.take("deliver"), fields.take("reason"));
    fields.refuse_unknown()?;
    let reset_url = request.verbs().reset(request.id(), &deliver, &reason).await?;
    let message = if reset_url.is_some() { "Reset link made" } else { "Reset link sent" };
    Ok(Json(ResetStarted { message, reset_url }))
}

/// Clear failed attempts
///
/// Clears the failed password and second-factor attempts of a user, so that the user can try again immediately.
/// Requires the role `support`.
#[utoipa::path(
    operation_id = "admin_help_unthrottle",
    post, path = "/v1/admin/realms/{realm}/users/{id}/unthrottle", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath),
    responses((status = 200, description = "The user", body = AdminUser), ResendRefusals)
)]
pub(crate) async fn unthrottle(request: AdminRequest<Assist>) -> Result<Response, ApiError> {
    Ok(AdminUser::from(request.verbs().unthrottle(request.id()).await?).into_response())
}

/// A session of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminSession {
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms")]
    id: String,
    #[schema(format = DateTime, example = "2026-01-01T09:00:00Z")]
    created_at: String,
    #[schema(format = DateTime, example = "2026-01-01T10:02:11Z")]
    last_used_at: String,
    #[schema(example = "urn:portcullis:aal1")]
    acr: &'static str,
    #[schema(example = "Firefox on Linux", required)]
    device: Option<String>,
    #[schema(example = "203.0.113.7", required)]
    ip: Option<String>,
    #[schema(example = false)]
    impersonated: bool,
    #[schema(format = DateTime, example = "2026-04-01T09:00:00Z")]
    expires_at: String,
}

impl From<ListedSession> for AdminSession {
    fn from(session: ListedSession) -> Self {
        Self {
            id: session.id.to_string(),
            created_at: session.created_at.to_string(),
            last_used_at: session.last_used_at.to_string(),
            acr: session.acr,
            device: session.client.agent.as_deref().and_then(device_name),
            ip: session.client.ip,
            impersonated: session.is_impersonated,
            expires_at: session.expires_at.to_string(),
        }
    }
}

/// Live sessions of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminSessions {
    items: Vec<AdminSession>,
    /// Always null, because the response contains all sessions.
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

impl AdminSessions {
    pub(super) fn of(items: Vec<AdminSession>) -> Self {
        Self { items, next: None, prev: None }
    }
}

/// List the sessions of a user
///
/// Returns all live sessions, most recently used first. The access is recorded in the audit trail. Requires the role
/// `support`.
#[utoipa::path(
    operation_id = "admin_help_sessions",
    get, path = "/v1/admin/realms/{realm}/users/{id}/sessions", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath),
    responses((status = 200, description = "The sessions", body = AdminSessions), ResendRefusals)
)]
pub(crate) async fn sessions(request: AdminRequest<Assist>) -> Result<Json<AdminSessions>, ApiError> {
    let sessions = request.verbs().sessions_of_user(request.id()).await?;
    Ok(Json(AdminSessions::of(sessions.into_iter().map(Into::into).collect())))
}

/// Number of sessions ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminEnded {
    #[schema(example = 2)]
    pub(super) ended: usize,
}

/// End all sessions of a user
///
/// Also revokes the trusted devices. Requires the role `support`.
#[utoipa::path(
    operation_id = "admin_help_end_sessions",
    delete, path = "/v1/admin/realms/{realm}/users/{id}/sessions", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath),
    responses((status = 200, description = "Ended", body = AdminEnded), ResendRefusals)
)]
pub(crate) async fn end_sessions(request: AdminRequest<Assist>) -> Result<Json<AdminEnded>, ApiError> {
    Ok(Json(AdminEnded { ended: request.verbs().end_sessions_of_user(request.id(), None).await? }))
}

/// End a session of a user
///
/// Requires the role `support`.
#[utoipa::path(
    operation_id = "admin_help_end_session",
    delete, path = "/v1/admin/realms/{realm}/users/{id}/sessions/{sid}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath, ("sid" = String, Path, description = "Identifier of the session", example = "qgfhl13dmdmn04qh7oqttabfms")),
    responses((status = 200, description = "Ended", body = AdminEnded), ResendRefusals)
)]
pub(crate) async fn end_session(request: AdminRequest<Assist>) -> Result<Json<AdminEnded>, ApiError> {
    Ok(Json(AdminEnded { ended: request.verbs().end_sessions_of_user(request.id(), Some(request.part("sid"))).await? }))
}
