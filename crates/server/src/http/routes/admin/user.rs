use axum::{
    Json,
    response::{IntoResponse, Response},
};
use portcullis_core::admin::{Look, Manage};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    answers::{AdminUser, UserPath},
    users::patch,
};
use crate::http::{
    answers::GrantAnswer,
    extract::{AdminRequest, IfMatch, JsonBody},
    openapi::{self, refusals},
    problem::ApiError,
};

refusals!(ShowRefusals: Problem [ADMIN, &[LIMITED]]);

/// Get a user
///
/// Returns a user, an invitation or a registration. The access is recorded in the audit trail. Requires the role
/// `auditor`, for which personal data is masked.
#[utoipa::path(
    operation_id = "admin_user_show",
    get, path = "/v1/admin/realms/{realm}/users/{id}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath),
    responses((status = 200, description = "The user", body = AdminUser), ShowRefusals)
)]
pub(crate) async fn show(request: AdminRequest<Look>) -> Result<Response, ApiError> {
    Ok(AdminUser::from(request.verbs().show(request.id()).await?).into_response())
}

/// Changes to a user. Absent members are unchanged, and `null` removes a value.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminUserChange {
    first_name: Option<String>,
    last_name: Option<String>,
    country_code: Option<String>,
    locale: Option<String>,
    #[schema(schema_with = openapi::optional_attributes)]
    attributes: Option<serde_json::Map<String, serde_json::Value>>,
    /// Replaces all roles.
    #[schema(example = json!(["editor", "reviewer"]))]
    roles: Option<Vec<String>>,
    /// Owners only: a new address, effective immediately.
    email: Option<String>,
    /// Owners only: a new phone number, effective immediately.
    phone: Option<String>,
    /// Reason for a new address or phone number.
    reason: Option<String>,
}

refusals!(EditRefusals: Problem [ADMIN, JSON, &[AUTH_STALE, REVISION_MISSING, REVISION_STALE, EMAIL_TAKEN, USER_STATUS], Fields(&[field("first_name", NAME_EMPTY), field("country_code", COUNTRY_UNKNOWN), field("locale", LOCALE_INVALID), field("attributes", ATTRIBUTES_INVALID), field("roles", ROLE_INVALID), field("email", EMAIL_INVALID), field("phone", PHONE_INVALID), field("reason", REASON_MISSING), field("nickname", FIELD_UNKNOWN)])]);

/// Edit a user
///
/// Accepts a merge patch (RFC 7396). `If-Match` is required. Requires the role `manager`. A new address or phone
/// number requires the role `owner`, recent authentication and a reason. It ends all sessions, and the previous
/// address is notified.
#[utoipa::path(
    operation_id = "admin_user_edit",
    patch, path = "/v1/admin/realms/{realm}/users/{id}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        UserPath,
        ("If-Match" = String, Header, description = "Last fetched revision, as in `ETag`", example = "\"9\""),
    ),
    request_body = AdminUserChange,
    responses((status = 200, description = "The user", body = AdminUser), EditRefusals)
)]
pub(crate) async fn edit(
    request: AdminRequest<Manage>,
    IfMatch(expected): IfMatch,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let mut patch = patch(&mut fields);
    patch.email = fields.take_present("email");
    patch.phone = fields.take_present("phone");
    patch.reason = fields.take("reason");
    let sheet = request.verbs().edit(request.id(), &expected, &patch, fields.unknown()).await?;
    Ok(AdminUser::from(sheet).into_response())
}

/// Consents of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminGrants {
    items: Vec<GrantAnswer>,
    /// Always null, because the response contains all consents.
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

/// List the consents of a user
///
/// Returns the third-party applications that may use the account, newest first. First-party applications need no
/// consent and are not listed. The access is recorded in the audit trail. Requires the role `auditor`.
#[utoipa::path(
    operation_id = "admin_user_grants",
    get, path = "/v1/admin/realms/{realm}/users/{id}/grants", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(UserPath),
    responses((status = 200, description = "The consents", body = AdminGrants), ShowRefusals)
)]
pub(crate) async fn grants(request: AdminRequest<Look>) -> Result<Json<AdminGrants>, ApiError> {
    let grants = request.verbs().grants_of_user(request.id()).await?;
    Ok(Json(AdminGrants { items: grants.into_iter().map(Into::into).collect(), next: None, prev: None }))
}
