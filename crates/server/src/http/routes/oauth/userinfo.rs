use axum::Json;
use portcullis_core::{
    error::catalogue::{TOKEN_MISSING, TOKEN_TWICE},
    service::UserInfo,
    token::UserClaims,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{ClientBearer, OptionalForm},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// Claims about the user, according to the scopes of the client.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserInfoAnswer {
    /// Identifier of the user.
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    sub: String,
    /// `name`, `given_name`, `family_name`, `updated_at` (scope `profile`), `email`, `email_verified` (`email`),
    /// `phone_number`, `phone_number_verified` (`phone`), if the account has them.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    claims: UserClaims,
}

impl From<UserInfo> for UserInfoAnswer {
    fn from(info: UserInfo) -> Self {
        Self { sub: info.user.as_str().to_owned(), claims: info.claims }
    }
}

refusals!(UserinfoRefusals: Problem [REALM, &[TOKEN_MISSING, TOKEN_INVALID, TOKEN_TWICE, SCOPE_MISSING]]);

/// Get claims about the user
///
/// Accepts only access tokens of clients with the scope `openid`.
#[utoipa::path(
    get, path = "/v1/{realm}/userinfo", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "Claims about the user", body = UserInfoAnswer, example = json!({
            "sub": "1k0v6sq7t2m8g4c9e5r3n1h0ja", "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
            "updated_at": 1_795_960_000, "email": "ada@example.com", "email_verified": true,
        })),
        UserinfoRefusals,
    )
)]
pub(crate) async fn userinfo(bearer: ClientBearer) -> Result<Json<UserInfoAnswer>, ApiError> {
    answer(bearer).await
}

/// Form body that carries the access token if the header does not.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read field by field")]
struct PostedToken {
    /// Access token of a client.
    access_token: Option<String>,
}

refusals!(UserinfoFormRefusals: Problem [REALM, OPTIONAL_FORM, &[TOKEN_MISSING, TOKEN_INVALID, TOKEN_TWICE, SCOPE_MISSING]]);

/// Get claims about the user, by POST
///
/// The same; the token is in the header, or in the form (RFC 6750 §2.2).
#[utoipa::path(
    post, path = "/v1/{realm}/userinfo", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    request_body(content = Option<PostedToken>, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Claims about the user", body = UserInfoAnswer, example = json!({
            "sub": "1k0v6sq7t2m8g4c9e5r3n1h0ja", "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
            "updated_at": 1_795_960_000, "email": "ada@example.com", "email_verified": true,
        })),
        UserinfoFormRefusals,
    )
)]
pub(crate) async fn userinfo_form(
    bearer: ClientBearer,
    OptionalForm(mut form): OptionalForm,
) -> Result<Json<UserInfoAnswer>, ApiError> {
    let ClientBearer { request, token } = bearer;
    let token = match (token, form.take("access_token").text()) {
        (Some(_), Some(_)) => return Err(TOKEN_TWICE.into()),
        (token, posted) => token.or_else(|| posted.map(str::to_owned)),
    };
    answer(ClientBearer { request, token }).await
}

async fn answer(ClientBearer { request, token }: ClientBearer) -> Result<Json<UserInfoAnswer>, ApiError> {
    let token = token.ok_or(TOKEN_MISSING)?;
    Ok(Json(request.oauth().userinfo(&token).await?.into()))
}
