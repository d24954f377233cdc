use axum::{Json, http::StatusCode};
use portcullis_core::{
    admin::Administer,
    clock::Timestamp,
    service::{ListedAdmin, ListedAdmins, RawField},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::{PageQuery, page};
use crate::http::{
    extract::{AdminRequest, IfMatch, JsonBody, Query},
    openapi::refusals,
    problem::ApiError,
    routes::Message,
};

/// An administrator, or the pending invitation of one.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAnswer {
    #[schema(example = "b7k0v6sq7t2m8g4c9e5r3n1h0ja")]
    id: String,
    #[schema(example = "ada@example.com")]
    email: String,
    /// `active` or `invited`.
    #[schema(example = "active")]
    status: &'static str,
    #[schema(example = json!(["owner@*"]))]
    grants: Vec<String>,
    #[schema(example = true)]
    two_step: bool,
    #[schema(example = "2026-11-28", format = Date, required)]
    seen_on: Option<String>,
    /// Revision of the grants, for `If-Match`.
    #[schema(example = 3)]
    revision: u64,
    /// Link of the invitation. Only returned to the command line on the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_url: Option<String>,
}

impl From<ListedAdmin> for AdminAnswer {
    fn from(admin: ListedAdmin) -> Self {
        let ListedAdmin { id, email, status, grants, two_step, seen_on, revision, url } = admin;
        let seen_on = seen_on.map(Timestamp::date);
        Self { id, email, status, grants, two_step, seen_on, revision, invitation_url: url }
    }
}

/// A page of administrators.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminList {
    items: Vec<AdminAnswer>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

refusals!(ListRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// List administrators
///
/// Returns the administrators with their grants, followed by pending invitations. Requires `owner@*`. Not available
/// to API keys.
#[utoipa::path(
    operation_id = "admin_admins_admins",
    get, path = "/v1/admin/admins", tag = "Administration", security(("admin_session" = [])),
    params(PageQuery),
    responses((status = 200, description = "The administrators", body = AdminList), ListRefusals)
)]
pub(crate) async fn admins(request: AdminRequest<Administer>, query: Query) -> Result<Json<AdminList>, ApiError> {
    let (limit, cursor) = page(query)?;
    let ListedAdmins { items, next, prev } = request.verbs().admins(&limit, &cursor).await?;
    Ok(Json(AdminList { items: items.into_iter().map(Into::into).collect(), next, prev }))
}

/// An invitation for a new administrator.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct NewAdmin {
    #[schema(example = "ada@example.com")]
    email: String,
    /// Grants as `ROLE@REALM` or `ROLE@*`. The roles are `auditor`, `support`, `manager`, `owner` and `impersonate`.
    #[schema(example = json!(["support@User1"]))]
    grants: Vec<String>,
}

refusals!(InviteRefusals: Problem [ADMIN, JSON, &[LIMITED, AUTH_STALE, EMAIL_TAKEN], Fields(&[field("email", EMAIL_INVALID), field("grants", GRANT_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Invite an administrator
///
/// Sends an email with a link to set a password. Requires `owner@*` and recent authentication. Not available to API
/// keys.
#[utoipa::path(
    operation_id = "admin_admins_invite",
    post, path = "/v1/admin/admins", tag = "Administration", security(("admin_session" = [])),
    request_body = NewAdmin,
    responses((status = 201, description = "Invited", body = AdminAnswer), InviteRefusals)
)]
pub(crate) async fn invite(
    request: AdminRequest<Administer>,
    JsonBody(mut fields): JsonBody,
) -> Result<(StatusCode, Json<AdminAnswer>), ApiError> {
    let (email, grants) = (fields.take("email"), fields.take("grants"));
    // Only the command line on the server may print a link.
    let deliver = if request.is_on_machine() { fields.take("deliver") } else { RawField::Missing };
    let invited = request.verbs().invite_admin(&email, &grants, &deliver, fields.unknown()).await?;
    Ok((StatusCode::CREATED, Json(invited.into())))
}

/// New grants of an administrator.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct NewGrants {
    #[schema(example = json!(["manager@User1", "impersonate@User1"]))]
    grants: Vec<String>,
}

refusals!(GrantRefusals: Problem [ADMIN, JSON, &[AUTH_STALE, REVISION_STALE, OWNER_LAST, USER_STATUS], Fields(&[field("grants", GRANT_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Replace the grants of an administrator
///
/// The new grants apply from the administrator's next request. With `If-Match`, they are only replaced at this
/// revision, so that no concurrent change is lost. The last owner cannot be demoted. Requires `owner@*` and recent
/// authentication. Not available to API keys.
#[utoipa::path(
    operation_id = "admin_admins_grants",
    put, path = "/v1/admin/admins/{id}/grants", tag = "Administration", security(("admin_session" = [])),
    params(
        ("id" = String, Path, description = "Identifier of the administrator or the invitation", example = "b7k0v6sq7t2m8g4c9e5r3n1h0ja"),
        ("If-Match" = Option<String>, Header, description = "Last fetched revision, as in `ETag`", example = "\"3\""),
    ),
    request_body = NewGrants,
    responses((status = 200, description = "The administrator", body = AdminAnswer), GrantRefusals)
)]
pub(crate) async fn grants(
    request: AdminRequest<Administer>,
    IfMatch(expected): IfMatch,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<AdminAnswer>, ApiError> {
    let grants = fields.take("grants");
    Ok(Json(request.verbs().grant(request.id(), &expected, &grants, fields.unknown()).await?.into()))
}

refusals!(AgainRefusals: Problem [ADMIN, &[LIMITED, AUTH_STALE, USER_STATUS]]);

/// Resend the invitation of an administrator
///
/// Sends an email with a new link, which invalidates the previous one. Requires `owner@*` and recent authentication.
/// Not available to API keys.
#[utoipa::path(
    operation_id = "admin_admins_invite_again",
    post, path = "/v1/admin/admins/{id}/invite", tag = "Administration", security(("admin_session" = [])),
    params(("id" = String, Path, description = "Identifier of the administrator or the invitation", example = "b7k0v6sq7t2m8g4c9e5r3n1h0ja")),
    responses((status = 200, description = "The invitation", body = AdminAnswer), AgainRefusals)
)]
pub(crate) async fn invite_again(request: AdminRequest<Administer>) -> Result<Json<AdminAnswer>, ApiError> {
    Ok(Json(request.verbs().invite_admin_again(request.id()).await?.into()))
}

refusals!(ResetRefusals: Problem [ADMIN, &[LIMITED, AUTH_STALE, USER_STATUS]]);

/// Send a password reset link to an administrator
///
/// Requires `owner@*` and recent authentication. Not available to API keys.
#[utoipa::path(
    operation_id = "admin_admins_reset",
    post, path = "/v1/admin/admins/{id}/reset", tag = "Administration", security(("admin_session" = [])),
    params(("id" = String, Path, description = "Identifier of the administrator or the invitation", example = "b7k0v6sq7t2m8g4c9e5r3n1h0ja")),
    responses(
        (status = 200, description = "Sent", body = Message, example = json!({"message": "Reset link sent"})),
        ResetRefusals,
    )
)]
pub(crate) async fn reset(request: AdminRequest<Administer>) -> Result<Json<Message>, ApiError> {
    request.verbs().reset_admin(request.id()).await?;
    Ok(Message::say("Reset link sent"))
}

refusals!(RemoveRefusals: Problem [ADMIN, &[AUTH_STALE, REVISION_STALE, OWNER_LAST]]);

/// Remove an administrator
///
/// Deletes the account and the API keys it created, or withdraws the invitation. The last owner cannot be removed.
/// Requires `owner@*` and recent authentication. Not available to API keys.
#[utoipa::path(
    operation_id = "admin_admins_remove",
    delete, path = "/v1/admin/admins/{id}", tag = "Administration", security(("admin_session" = [])),
    params(
        ("id" = String, Path, description = "Identifier of the administrator or the invitation", example = "b7k0v6sq7t2m8g4c9e5r3n1h0ja"),
        ("If-Match" = Option<String>, Header, description = "Last fetched revision, as in `ETag`", example = "\"3\""),
    ),
    responses(
        (status = 200, description = "Removed", body = Message, example = json!({"message": "Administrator removed"})),
        RemoveRefusals,
    )
)]
pub(crate) async fn remove(
    request: AdminRequest<Administer>,
    IfMatch(expected): IfMatch,
) -> Result<Json<Message>, ApiError> {
    request.verbs().remove_admin(request.id(), &expected).await?;
    Ok(Message::say("Administrator removed"))
}
