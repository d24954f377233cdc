use std::time::Instant;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    admin::{Look, Manage},
    service::{NewUser, ProfilePatch, RawField, UserFilters, UserPatch},
};
use utoipa::ToSchema;

use super::answers::{AdminUser, AdminUsers};
use crate::http::{
    extract::{AdminRequest, Fields, JsonBody, Query},
    openapi::{self, RealmPath, refusals},
    problem::ApiError,
    state::AppState,
};

fn filters(fields: &mut Fields) -> UserFilters {
    UserFilters {
        id: fields.take("id"),
        status: fields.take("status"),
        role: fields.take("role"),
        two_step: fields.take("two_step"),
        created_after: fields.take("created_after"),
        created_before: fields.take("created_before"),
        seen_before: fields.take("seen_before"),
        limit: fields.take("limit"),
        cursor: fields.take("cursor"),
    }
}

refusals!(ListRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID), field("id", VALUE_INVALID), field("status", VALUE_INVALID), field("role", ROLE_INVALID), field("created_after", TIME_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// List users
///
/// Newest first. All pages have the same cost, and no user is skipped or repeated if others are created or deleted
/// in the meantime. Without `status`, returns users but no invitations. Requires the role `auditor`, for which personal
/// data is masked.
#[utoipa::path(
    operation_id = "admin_users_list",
    get, path = "/v1/admin/realms/{realm}/users", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        RealmPath,
        ("id" = Option<String>, Query, description = "Identifier, or its first 6 or more characters", example = "1k0v6s"),
        ("status" = Option<String>, Query, description = "`active`, `locked` or `invited`", example = "locked"),
        ("role" = Option<String>, Query, description = "A role in the application", example = "editor"),
        ("two_step" = Option<bool>, Query, description = "Whether two-step verification is on", example = true),
        ("created_after" = Option<String>, Query, description = "Earliest registration (RFC 3339)", example = "2026-01-01T00:00:00Z"),
        ("created_before" = Option<String>, Query, description = "Exclusive upper bound of the registration", example = "2027-01-01T00:00:00Z"),
        ("seen_before" = Option<String>, Query, description = "Users who were last seen before, or never", example = "2026-06-01T00:00:00Z"),
        ("limit" = Option<u32>, Query, description = "Number of users of a page, at most 200", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`next` or `prev` of another page", example = "AZt22qgAfR-KUgwfb28_Ebn0Xq3bq0mJYwq0d3o5m2Q"),
    ),
    responses((status = 200, description = "A page of users", body = AdminUsers), ListRefusals)
)]
pub(crate) async fn list(request: AdminRequest<Look>, query: Query) -> Result<Json<AdminUsers>, ApiError> {
    let Query(mut fields) = query;
    let filters = filters(&mut fields);
    fields.refuse_unknown()?;
    Ok(Json(request.verbs().list(&filters).await?.into()))
}

/// A search. Personal data is part of the body, never of the URL.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminSearch {
    /// Full email address to search for.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// One to four search terms. Each must occur in a name or in the address.
    q: Option<String>,
    status: Option<String>,
    role: Option<String>,
    two_step: Option<bool>,
    created_after: Option<String>,
    created_before: Option<String>,
    seen_before: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

refusals!(SearchRefusals: Problem [ADMIN, JSON, &[LIMITED, CURSOR_INVALID], Fields(&[field("email", EMAIL_INVALID), field("q", WORDS_INVALID), field("limit", LIMIT_INVALID), field("status", VALUE_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Search users
///
/// Accepts the filters of the list, and either `email` (exact match) or `q` (terms in any order, ignoring case and
/// accents). A search with `q` decrypts users, newest first, for at most SEARCH_BUDGET. If it does not finish,
/// `complete` is false, and `next` continues it. Filters require the role `auditor`, `email` and `q` the role
/// `support`.
#[utoipa::path(
    operation_id = "admin_users_search",
    post, path = "/v1/admin/realms/{realm}/users/search", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(RealmPath),
    request_body = AdminSearch,
    responses((status = 200, description = "What was found", body = AdminUsers), SearchRefusals)
)]
pub(crate) async fn search(
    State(state): State<AppState>,
    request: AdminRequest<Look>,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<AdminUsers>, ApiError> {
    let (email, words) = (fields.take("email"), fields.take("q"));
    let filters = filters(&mut fields);
    fields.refuse_unknown()?;
    let began = Instant::now();
    let has_time = || began.elapsed() < state.admin.search_budget;
    Ok(Json(request.verbs().search(&filters, (&email, &words), has_time).await?.into()))
}

/// A new user. Administrators cannot set passwords.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminNewUser {
    #[schema(example = "ada@example.com")]
    email: String,
    #[schema(example = "Ada")]
    first_name: Option<String>,
    #[schema(example = "Lovelace")]
    last_name: Option<String>,
    phone: Option<String>,
    country_code: Option<String>,
    locale: Option<String>,
    #[schema(schema_with = openapi::optional_attributes)]
    attributes: Option<serde_json::Map<String, serde_json::Value>>,
    #[schema(example = json!(["editor"]))]
    roles: Option<Vec<String>>,
    /// Whether the address is already verified. The user is then created immediately.
    email_verified: Option<bool>,
    /// `invite` (default) or `nothing`.
    send: Option<String>,
}

/// Takes the profile fields and the roles.
pub(super) fn patch(fields: &mut Fields) -> UserPatch {
    UserPatch {
        profile: ProfilePatch {
            first_name: fields.take_present("first_name"),
            last_name: fields.take_present("last_name"),
            country_code: fields.take_present("country_code"),
            locale: fields.take_present("locale"),
            attributes: fields.take_present("attributes"),
        },
        roles: fields.take_present("roles"),
        email: None,
        phone: None,
        reason: RawField::Missing,
    }
}

refusals!(CreateRefusals: Problem [ADMIN, JSON, &[LIMITED, EMAIL_TAKEN, SIGNUP_CLOSED], Fields(&[field("email", EMAIL_INVALID), field("phone", PHONE_INVALID), field("roles", ROLE_INVALID), field("send", VALUE_INVALID), field("email_verified", FIELD_NOT_BOOLEAN), field("nickname", FIELD_UNKNOWN)])]);

/// Create or invite a user
///
/// Sends an invitation with a link to a form for a password. The user is created when the form is submitted. With
/// `email_verified`, the user is created immediately, without a password. Requires the role `manager`.
#[utoipa::path(
    operation_id = "admin_users_create",
    post, path = "/v1/admin/realms/{realm}/users", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(RealmPath),
    request_body = AdminNewUser,
    responses((status = 201, description = "Created or invited", body = AdminUser), CreateRefusals)
)]
pub(crate) async fn create(
    request: AdminRequest<Manage>,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let new = NewUser {
        email: fields.take("email"),
        phone: fields.take("phone"),
        patch: patch(&mut fields),
        email_verified: fields.take("email_verified"),
        send: fields.take("send"),
    };
    let sheet = request.verbs().create(&new, fields.unknown()).await?;
    let location = format!("/v1/admin/realms/{}/users/{}", sheet.realm, sheet.id);
    let mut response = (StatusCode::CREATED, AdminUser::from(sheet)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}
