use axum::{
    Json,
    http::{HeaderValue, header::ETAG},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    account::{Account, country::CountryCode, locale::Locale, name::PersonName, phone::PhoneNumber},
    clock::Timestamp,
    error::catalogue::{EMAIL_ELSEWHERE, PASSWORD_ELSEWHERE, PHONE_ELSEWHERE},
    service::ProfilePatch,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, IfMatch, JsonBody, Query, Viewing},
    openapi::{self, RealmPath, refusals},
    problem::ApiError,
};

/// A user, as shown to the account owner. Fields without a value are `null`.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserAnswer<'a> {
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    id: &'a str,
    #[schema(example = "John", required)]
    first_name: Option<&'a str>,
    #[schema(example = "Doe", required)]
    last_name: Option<&'a str>,
    #[schema(example = "john.doe@example.com")]
    email: &'a str,
    #[schema(example = "+1234567890", required)]
    phone: Option<&'a str>,
    #[schema(example = "US", required)]
    country_code: Option<&'a str>,
    /// The country's common English name.
    #[schema(example = "United States", required)]
    country: Option<&'static str>,
    /// Language tag (BCP 47).
    #[schema(example = "en-GB", required)]
    locale: Option<&'a str>,
    #[schema(schema_with = openapi::attributes)]
    attributes: &'a Map<String, Value>,
    /// Roles in the application. Only administrators set them.
    #[schema(example = json!(["editor"]))]
    roles: Vec<&'a str>,
    /// Always true, because a user is only created after the address is verified.
    #[schema(example = true)]
    is_email_verified: bool,
    /// Whether the number was verified with a code.
    #[schema(example = false)]
    is_phone_verified: bool,
    /// New address that is not verified yet.
    #[schema(example = json!(null), required)]
    pending_email: Option<&'a str>,
    /// Time at which the password was set; null if the account has no password.
    #[schema(example = "2026-01-01T00:00:00Z", format = DateTime, required)]
    password_set_at: Option<String>,
    #[schema(example = "2026-01-01T00:00:00Z", format = DateTime)]
    created_at: String,
    /// Revision of the account, also sent as `ETag`.
    #[schema(example = 1)]
    revision: u64,
}

/// Responds with the user and its revision as `ETag`.
impl IntoResponse for UserAnswer<'_> {
    fn into_response(self) -> Response {
        let tag = HeaderValue::from_str(&format!("\"{}\"", self.revision));
        let mut response = Json(self).into_response();
        if let Ok(tag) = tag {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

impl<'a> UserAnswer<'a> {
    /// Returns the representation of an account at this time.
    pub(super) fn of(account: &'a Account, now: Timestamp) -> Self {
        let profile = &account.profile;
        let pending = account.pending_email.as_ref().filter(|pending| pending.shown_until > now);
        Self {
            id: account.id.as_str(),
            first_name: profile.first_name.as_ref().map(PersonName::as_str),
            last_name: profile.last_name.as_ref().map(PersonName::as_str),
            email: profile.email.as_str(),
            phone: profile.phone.as_ref().map(PhoneNumber::as_str),
            country_code: profile.country.as_ref().map(CountryCode::as_str),
            country: profile.country.as_ref().map(CountryCode::name),
            locale: profile.locale.as_ref().map(Locale::as_str),
            attributes: profile.attributes.members(),
            roles: account.roles.iter().map(|role| role.as_str()).collect(),
            // With an unverified address there is only a registration, not a user.
            is_email_verified: true,
            is_phone_verified: account.is_phone_verified,
            pending_email: pending.map(|pending| pending.email.as_str()),
            password_set_at: account.has_password.then(|| account.password_set_at.to_string()),
            created_at: account.created_at.to_string(),
            revision: account.revision,
        }
    }
}

refusals!(ProfileRefusals: Problem [REALM, BEARER]);

/// Get a user
///
/// Returns the caller's own record. For any other ID, the response is 404.
#[utoipa::path(
    get, path = "/v1/{realm}", tag = "Accounts", security(("bearer" = [])),
    params(
        RealmPath,
        ("id" = Option<String>, Query, description = "The caller's own id; optional", example = "1k0v6sq7t2m8g4c9e5r3n1h0ja"),
    ),
    responses(
        (status = 200, description = "The caller's record", body = UserAnswer),
        ProfileRefusals,
    )
)]
pub(crate) async fn profile(viewing: Viewing, mut query: Query) -> Result<Response, ApiError> {
    let account = viewing.viewer.own_account(query.take("id").text())?;
    Ok(UserAnswer::of(account, viewing.request.ctx.now).into_response())
}

refusals!(MeRefusals: Problem [REALM, BEARER]);

/// Get the current user
///
/// Returns the caller's own record.
#[utoipa::path(
    get, path = "/v1/{realm}/me", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "The caller's record", body = UserAnswer),
        MeRefusals,
    )
)]
pub(crate) async fn me(viewing: Viewing) -> Response {
    UserAnswer::of(viewing.viewer.account(), viewing.request.ctx.now).into_response()
}

/// Changes to the caller's profile. Absent members are unchanged, and `null` removes a value.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct ProfileChange {
    #[schema(example = "Ada")]
    first_name: Option<String>,
    #[schema(example = "Lovelace")]
    last_name: Option<String>,
    /// ISO 3166 code or calling code of the country.
    #[schema(example = "GB")]
    country_code: Option<String>,
    /// Language tag (BCP 47).
    #[schema(example = "en-GB")]
    locale: Option<String>,
    /// Merge patch of the attributes.
    #[schema(schema_with = openapi::optional_attributes)]
    attributes: Option<Map<String, Value>>,
}

refusals!(EditRefusals: Problem [REALM, OWNER, JSON, &[REVISION_STALE, LIMITED], Fields(&[field("first_name", NAME_EMPTY), field("country_code", COUNTRY_UNKNOWN), field("locale", LOCALE_INVALID), field("attributes", ATTRIBUTES_INVALID), field("email", EMAIL_ELSEWHERE), field("phone", PHONE_ELSEWHERE), field("password", PASSWORD_ELSEWHERE), field("nickname", FIELD_UNKNOWN)])]);

/// Edit the current user
///
/// Accepts a merge patch (RFC 7396) of the caller's profile, as `application/json` or `application/merge-patch+json`.
/// With `If-Match`, the change is rejected if the account has changed since it was read.
#[utoipa::path(
    patch, path = "/v1/{realm}/me", tag = "Accounts", security(("bearer" = [])),
    params(
        RealmPath,
        ("If-Match" = Option<String>, Header, description = "Last fetched revision, as in `ETag`", example = "\"1\""),
    ),
    request_body = ProfileChange,
    responses(
        (status = 200, description = "The caller's record", body = UserAnswer),
        EditRefusals,
    )
)]
pub(crate) async fn edit(
    authenticated: Authenticated,
    IfMatch(expected): IfMatch,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let patch = ProfilePatch {
        first_name: fields.take_present("first_name"),
        last_name: fields.take_present("last_name"),
        country_code: fields.take_present("country_code"),
        locale: fields.take_present("locale"),
        attributes: fields.take_present("attributes"),
    };
    let elsewhere = [("email", EMAIL_ELSEWHERE), ("phone", PHONE_ELSEWHERE), ("password", PASSWORD_ELSEWHERE)];
    let elsewhere = elsewhere.map(|(name, refusal)| fields.take_present(name).map(|_| refusal.of(name)));
    let mut errors = fields.unknown();
    elsewhere.into_iter().flatten().for_each(|error| errors.add(error));
    let account = request.accounts().edit(&owner, &patch, &expected, errors).await?;
    Ok(UserAnswer::of(&account, request.ctx.now).into_response())
}
