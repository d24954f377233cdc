use axum::Json;
use portcullis_core::account::{Account, country::CountryCode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, Query},
    openapi::{self, RealmPath, refusals},
    problem::ApiError,
};

/// A user, as their owner may see them. Fields that were not given are `null`.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserAnswer {
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    id: String,
    #[schema(example = "John", required)]
    first_name: Option<String>,
    #[schema(example = "Doe", required)]
    last_name: Option<String>,
    #[schema(example = "john.doe@example.com")]
    email: String,
    #[schema(example = "+1234567890", required)]
    phone: Option<String>,
    #[schema(example = "US", required)]
    country_code: Option<String>,
    /// The country's common English name.
    #[schema(example = "United States", required)]
    country: Option<&'static str>,
    #[schema(schema_with = openapi::attributes)]
    attributes: Map<String, Value>,
    /// Always true: an address is verified before there is a user.
    #[schema(example = true)]
    is_email_verified: bool,
    /// Whether a code has proved it.
    #[schema(example = false)]
    is_phone_verified: bool,
    /// When the password was chosen.
    #[schema(example = "2026-01-01T00:00:00Z", format = DateTime)]
    password_set_at: String,
    #[schema(example = "2026-01-01T00:00:00Z", format = DateTime)]
    created_at: String,
}

impl From<&Account> for UserAnswer {
    fn from(account: &Account) -> Self {
        let profile = &account.profile;
        Self {
            id: account.id.to_string(),
            first_name: profile.first_name.as_ref().map(|name| name.as_str().to_owned()),
            last_name: profile.last_name.as_ref().map(|name| name.as_str().to_owned()),
            email: profile.email.as_str().to_owned(),
            phone: profile.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            country_code: profile.country.as_ref().map(|country| country.as_str().to_owned()),
            country: profile.country.as_ref().map(CountryCode::name),
            attributes: profile.attributes.members().clone(),
            // Without a verified address there is a registration, not a user.
            is_email_verified: true,
            is_phone_verified: account.is_phone_verified,
            password_set_at: account.password_set_at.to_string(),
            created_at: account.created_at.to_string(),
        }
    }
}

refusals!(ProfileRefusals: Problem [REALM, BEARER]);

/// See a user
///
/// One's own record; any other id is not found.
#[utoipa::path(
    get, path = "/v1/{realm}", tag = "Accounts", security(("bearer" = [])),
    params(
        RealmPath,
        ("id" = Option<String>, Query, description = "The caller's own id; may be left out", example = "1k0v6sq7t2m8g4c9e5r3n1h0ja"),
    ),
    responses(
        (status = 200, description = "The caller's record", body = UserAnswer),
        ProfileRefusals,
    )
)]
pub(crate) async fn profile(authenticated: Authenticated, mut query: Query) -> Result<Json<UserAnswer>, ApiError> {
    let account = authenticated.owner.own_account(query.take("id").text())?;
    Ok(Json(account.into()))
}

refusals!(MeRefusals: Problem [REALM, BEARER]);

/// Get the current user
///
/// The caller's own record.
#[utoipa::path(
    get, path = "/v1/{realm}/me", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "The caller's record", body = UserAnswer),
        MeRefusals,
    )
)]
pub(crate) async fn me(authenticated: Authenticated) -> Json<UserAnswer> {
    Json(authenticated.owner.account().into())
}
