use axum::Json;

use crate::http::{
    extract::{SkipOnHead, Viewing},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

refusals!(LogoutRefusals: Problem [REALM, BEARER]);

/// Log out
///
/// Ends the session of the token permanently, on every server.
#[utoipa::path(
    get, path = "/v1/{realm}/logout", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "Logged out", body = Message, example = json!({"message": "Logout successfully"})),
        LogoutRefusals,
    )
)]
pub(crate) async fn logout(viewing: Viewing, _: SkipOnHead) -> Result<Json<Message>, ApiError> {
    let Viewing { request, viewer } = viewing;
    request.sessions().logout(&viewer).await?;
    Ok(Message::say("Logout successfully"))
}

refusals!(LogoutByPostRefusals: Problem [REALM, BEARER]);

/// Log out, by POST
///
/// Same as GET, for clients that do not use GET to change state.
#[utoipa::path(
    post, path = "/v1/{realm}/logout", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "Logged out", body = Message, example = json!({"message": "Logout successfully"})),
        LogoutByPostRefusals,
    )
)]
pub(crate) async fn logout_by_post(viewing: Viewing) -> Result<Json<Message>, ApiError> {
    logout(viewing, SkipOnHead).await
}
