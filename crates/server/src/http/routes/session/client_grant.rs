//! Grants of OpenID Connect clients at the token endpoint.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    error::catalogue::CLIENT_GRANT_REFUSED,
    service::{CodeForm, PresentedClient},
};

use crate::http::{
    answers::ClientTokenAnswer,
    extract::{Fields, RealmRequest},
    problem::ApiError,
};

/// Responds to the grant of a client. Returns `None` if the request contains no registered client, so that it is
/// handled as a grant of the server.
pub(super) async fn of_client(
    request: &RealmRequest,
    presented: &PresentedClient,
    form: &mut Fields,
) -> Result<Option<Response>, ApiError> {
    let oauth = request.oauth();
    // Without clients, the grant is unknown, as in earlier versions.
    let is_code = form.peek("grant_type") == Some("authorization_code") && oauth.has_clients().await?;
    if !is_code && !oauth.names_client(presented).await? {
        return Ok(None);
    }
    let client = oauth.authenticate_client(presented).await?;
    let (token, scope) = (form.take("refresh_token"), form.take("scope"));
    let tokens = match form.peek("grant_type") {
        Some("authorization_code") => {
            let (code, uri, verifier) = (form.take("code"), form.take("redirect_uri"), form.take("code_verifier"));
            let form = CodeForm { code: code.text(), redirect_uri: uri.text(), code_verifier: verifier.text() };
            request.load_key_of(&client).await?;
            oauth.exchange(&client, &form).await?
        }
        Some("refresh_token") => {
            request.load_key_of(&client).await?;
            oauth.refresh_client(&client, token.text(), scope.text()).await?
        }
        _ => return Err(CLIENT_GRANT_REFUSED.into()),
    };
    Ok(Some(Json(ClientTokenAnswer::from(tokens)).into_response()))
}
