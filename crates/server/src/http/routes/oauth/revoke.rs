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
/// Revokes the session of an access token or refresh token permanently (RFC 7009): a logout for clients that follow OAuth 2.0.
/// No authentication is needed in addition to the token, except for the tokens of clients of OpenID Connect, which need that of the client. The response is the same for unknown and ended tokens. The body may
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
