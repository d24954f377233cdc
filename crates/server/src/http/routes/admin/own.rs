//! An administrator's own account: sessions, events, password and second factors.

use axum::{Json, extract::Path, http::StatusCode};
use portcullis_core::service::ListedEvents;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

use super::{
    answers::{PageQuery, page, without_filters},
    help::{AdminEnded, AdminSession, AdminSessions},
};
use crate::http::{
    answers::EventAnswer,
    extract::{AdminSelf, CurrentPassword, JsonBody, Query},
    openapi::refusals,
    problem::ApiError,
    routes::Message,
};

refusals!(SessionsRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// List the own sessions
///
/// Returns all live sessions, most recently used first.
#[utoipa::path(
    operation_id = "admin_own_sessions",
    get, path = "/v1/admin/me/sessions", tag = "Administration", security(("admin_session" = [])),
    responses((status = 200, description = "The sessions", body = AdminSessions), SessionsRefusals)
)]
pub(crate) async fn sessions(request: AdminSelf, query: Query) -> Result<Json<AdminSessions>, ApiError> {
    without_filters(query)?;
    let listed = request.sessions()?.list(&request.viewer()?).await?;
    Ok(Json(AdminSessions::of(listed.into_iter().map(AdminSession::from).collect())))
}

refusals!(EndRefusals: Problem [ADMIN]);

/// End the other own sessions
///
/// Ends all sessions except the current one.
#[utoipa::path(
    operation_id = "admin_own_end_others",
    delete, path = "/v1/admin/me/sessions", tag = "Administration", security(("admin_session" = [])),
    responses((status = 200, description = "Ended", body = AdminEnded), EndRefusals)
)]
pub(crate) async fn end_others(request: AdminSelf) -> Result<Json<AdminEnded>, ApiError> {
    Ok(Json(AdminEnded { ended: request.sessions()?.end_others(request.owner()?).await? }))
}

/// End an own session
///
/// Ending the current session signs out.
#[utoipa::path(
    operation_id = "admin_own_end",
    delete, path = "/v1/admin/me/sessions/{id}", tag = "Administration", security(("admin_session" = [])),
    params(("id" = String, Path, description = "Identifier of the session", example = "qgfhl13dmdmn04qh7oqttabfms")),
    responses(
        (status = 200, description = "Ended", body = Message, example = json!({"message": "Session ended"})),
        EndRefusals,
    )
)]
pub(crate) async fn end(
    request: AdminSelf,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Json<Message>, ApiError> {
    request.sessions()?.end_own(request.owner()?, path.get("id").map_or("", String::as_str)).await?;
    Ok(Message::say("Session ended"))
}

/// A page of events.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminEvents {
    items: Vec<EventAnswer>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
}

refusals!(EventsRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// List the own events
///
/// Returns the events of the own account in the last 90 days, newest first.
#[utoipa::path(
    operation_id = "admin_own_events",
    get, path = "/v1/admin/me/events", tag = "Administration", security(("admin_session" = [])),
    params(PageQuery),
    responses((status = 200, description = "A page of events", body = AdminEvents), EventsRefusals)
)]
pub(crate) async fn events(request: AdminSelf, query: Query) -> Result<Json<AdminEvents>, ApiError> {
    let (limit, cursor) = page(query)?;
    let ListedEvents { events, next } = request.audit_trail()?.events(&request.viewer()?, &limit, &cursor).await?;
    Ok(Json(AdminEvents { items: events.into_iter().map(Into::into).collect(), next }))
}

/// A change of the own password.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminPasswordChange {
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
    #[schema(example = "violet-teapot-hammer", format = Password)]
    new_password: String,
}

refusals!(PasswordRefusals: Problem [ADMIN, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG], Fields(&[field("current_password", FIELD_MISSING), field("new_password", PASSWORD_UNCHANGED), field("nickname", FIELD_UNKNOWN)])]);

/// Change the own password
///
/// Ends all other sessions, and sends an email with a link that undoes the change.
#[utoipa::path(
    operation_id = "admin_own_password",
    post, path = "/v1/admin/me/password", tag = "Administration", security(("admin_session" = [])),
    request_body = AdminPasswordChange,
    responses(
        (status = 200, description = "Changed", body = Message, example = json!({"message": "Password changed"})),
        PasswordRefusals,
    )
)]
pub(crate) async fn password(request: AdminSelf, JsonBody(mut fields): JsonBody) -> Result<Json<Message>, ApiError> {
    let (current, new) = (fields.take("current_password"), fields.take("new_password"));
    fields.refuse_unknown()?;
    request.accounts()?.change_password(request.owner()?, &current, &new).await?;
    Ok(Message::say("Password changed"))
}

refusals!(RemoveRefusals: Problem [ADMIN, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, MFA_REQUIRED_BY_POLICY], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Remove an own second factor
///
/// Removing the last one turns two-step verification off. With ADMIN_MFA=required, the administrator can then only
/// add a factor.
#[utoipa::path(
    operation_id = "admin_own_remove_factor",
    delete, path = "/v1/admin/me/mfa/{id}", tag = "Administration", security(("admin_session" = [])),
    params(("id" = String, Path, description = "Identifier of the factor", example = "qgfhl13dmdmn04qh7oqttabfms")),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses(
        (status = 200, description = "Removed", body = Message, example = json!({"message": "Factor removed"})),
        RemoveRefusals,
    )
)]
pub(crate) async fn remove_factor(
    request: AdminSelf,
    Path(path): Path<HashMap<String, String>>,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<Json<Message>, ApiError> {
    let id = path.get("id").map_or("", String::as_str);
    request.second_factors()?.remove(request.owner()?, &current_password, id).await?;
    Ok(Message::say("Factor removed"))
}

/// New recovery codes, shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminRecoveryCodes {
    #[schema(example = json!(["4kq7m-x2v9r-0b3nd", "9c0tz-6hw1e-s8pfa"]))]
    recovery_codes: Vec<String>,
}

refusals!(RenewRefusals: Problem [ADMIN, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, MFA_NO_FACTOR], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Generate new recovery codes
///
/// Returns ten codes. Each of them replaces a second factor once. Earlier codes become invalid.
#[utoipa::path(
    operation_id = "admin_own_recovery_codes",
    post, path = "/v1/admin/me/mfa/recovery_codes", tag = "Administration", security(("admin_session" = [])),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses((status = 201, description = "The new codes", body = AdminRecoveryCodes), RenewRefusals)
)]
pub(crate) async fn recovery_codes(
    request: AdminSelf,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<(StatusCode, Json<AdminRecoveryCodes>), ApiError> {
    let codes = request.second_factors()?.renew_recovery_codes(request.owner()?, &current_password).await?;
    let recovery_codes = codes.expose().map(str::to_owned).collect();
    Ok((StatusCode::CREATED, Json(AdminRecoveryCodes { recovery_codes })))
}
