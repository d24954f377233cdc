use axum::http::StatusCode;
use portcullis_core::error::catalogue::NO_TOKEN;

use super::TokenForm;
use crate::http::{
    extract::{ClientHeader, RealmRequest, TokenBody},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

refusals!(RevokeRefusals: OAuth [&[LIMITED, CLIENT_AUTH_FAILED, NO_TOKEN, WRONG_TYPE, WRONG_ENCODING, UNREADABLE, NOT_AN_OBJECT, REPEATED, INTERNAL, UNAVAILABLE], TOKEN_BODY], Problem [&[NOT_FOUND, TIMEOUT]]);

/// Revoke a token
///
/// Permanently ends the session of an access token or refresh token (RFC 7009). This is the logout for OAuth 2.0
/// clients. The token itself is the only required credential, except for tokens of OpenID Connect clients, which
/// require the client's authentication. The response is the same for unknown tokens and ended sessions. The body may
/// also be JSON.
#[utoipa::path(
    post, path = "/v1/{realm}/revoke", tag = "Accounts",
    params(RealmPath),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token is not valid, or no longer valid. The body is empty"),
        RevokeRefusals,
    )
)]
pub(crate) async fn revoke(
    request: RealmRequest,
    header: ClientHeader,
    form: TokenBody,
) -> Result<StatusCode, ApiError> {
    let revoked = async {
        let mut form = form.0?;
        let (token, presented) = (form.take("token"), header.presented(&mut form));
        request.oauth().revoke(token.text().ok_or(NO_TOKEN)?, &presented).await
    };
    revoked.await.map_err(ApiError::for_token_endpoint)?;
    Ok(StatusCode::OK)
}
