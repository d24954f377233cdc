use axum::response::{IntoResponse, Response};
use portcullis_core::admin::{Assist, Manage};
use utoipa::ToSchema;

use super::answers::{AdminUser, Reason, UserPath};
use crate::http::{
    extract::{AdminRequest, IfMatch, JsonBody},
    openapi::refusals,
    problem::ApiError,
};

/// Request to lock a user.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct NewLock {
    /// 10 to 500 characters. Stored encrypted.
    #[schema(example = "Reported stolen by the owner")]
    reason: String,
    /// Time at which the lock ends automatically (RFC 3339).
    until: Option<String>,
}

refusals!(ChangeRefusals: Problem [ADMIN, JSON, &[LIMITED, REVISION_MISSING, REVISION_STALE, USER_STATUS], Fields(&[field("reason", REASON_MISSING), field("until", TIME_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Lock a user
///
/// Ends all sessions. Until the lock ends, the response to a successful sign-in is 403 `account.locked`. The response
/// to a wrong password is unchanged. Requires the role `manager`.
#[utoipa::path(
    operation_id = "admin_lock_lock",
    post, path = "/v1/admin/realms/{realm}/users/{id}/lock", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath, ("If-Match" = String, Header, description = "Last fetched revision, as in `ETag`", example = "\"9\"")),
    request_body = NewLock,
    responses((status = 200, description = "The user", body = AdminUser), ChangeRefusals)
)]
pub(crate) async fn lock(
    request: AdminRequest<Manage>,
    IfMatch(expected): IfMatch,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let (reason, until) = (fields.take("reason"), fields.take("until"));
    fields.refuse_unknown()?;
    let sheet = request.verbs().lock(request.id(), &expected, &reason, &until).await?;
    Ok(AdminUser::from(sheet).into_response())
}

/// Unlock a user
///
/// Allows the user to sign in again. Requires the role `support`.
#[utoipa::path(
    operation_id = "admin_lock_unlock",
    post, path = "/v1/admin/realms/{realm}/users/{id}/unlock", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath, ("If-Match" = String, Header, description = "Last fetched revision, as in `ETag`", example = "\"9\"")),
    request_body = Reason,
    responses((status = 200, description = "The user", body = AdminUser), ChangeRefusals)
)]
pub(crate) async fn unlock(
    request: AdminRequest<Assist>,
    IfMatch(expected): IfMatch,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let reason = fields.take("reason");
    fields.refuse_unknown()?;
    Ok(AdminUser::from(request.verbs().unlock(request.id(), &expected, &reason).await?).into_response())
}

/// Mark a password as compromised
///
/// Ends all sessions and sends an email with a link to set a new password. Until then the user cannot sign in.
/// Requires the role `support`.
#[utoipa::path(
    operation_id = "admin_lock_compromised",
    post, path = "/v1/admin/realms/{realm}/users/{id}/compromised", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath, ("If-Match" = String, Header, description = "Last fetched revision, as in `ETag`", example = "\"9\"")),
    request_body = Reason,
    responses((status = 200, description = "The user", body = AdminUser), ChangeRefusals)
)]
pub(crate) async fn compromised(
    request: AdminRequest<Assist>,
    IfMatch(expected): IfMatch,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let reason = fields.take("reason");
    fields.refuse_unknown()?;
    Ok(AdminUser::from(request.verbs().compromised(request.id(), &expected, &reason).await?).into_response())
}

/// What to mark as verified.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct Verification {
    /// For a registration: the email address. The registration becomes a user.
    #[schema(example = true)]
    email: Option<bool>,
    /// For a user: the phone number.
    phone: Option<bool>,
    #[schema(example = "Identity card seen in the office")]
    reason: String,
}

refusals!(VerifiedRefusals: Problem [ADMIN, JSON, &[REVISION_MISSING, REVISION_STALE, USER_STATUS], Fields(&[field("reason", REASON_MISSING), field("email", FIELD_NOT_BOOLEAN), field("nickname", FIELD_UNKNOWN)])]);

/// Mark an address or phone number as verified
///
/// A registration becomes a user. If it is contested, the user has no password. Requires the role `manager`.
#[utoipa::path(
    operation_id = "admin_lock_verified",
    post, path = "/v1/admin/realms/{realm}/users/{id}/verified", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath, ("If-Match" = String, Header, description = "Last fetched revision, as in `ETag`", example = "\"1\"")),
    request_body = Verification,
    responses((status = 200, description = "The user", body = AdminUser), VerifiedRefusals)
)]
pub(crate) async fn verified(
    request: AdminRequest<Manage>,
    IfMatch(expected): IfMatch,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let (email, phone, reason) = (fields.take("email"), fields.take("phone"), fields.take("reason"));
    fields.refuse_unknown()?;
    let sheet = request.verbs().verified(request.id(), &expected, (&email, &phone), &reason).await?;
    Ok(AdminUser::from(sheet).into_response())
}
