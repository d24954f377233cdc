use axum::Json;

use super::Message;
use crate::http::{
    extract::{ActsOnGet, SignedIn},
    problem::{Problem, Refusal},
};

/// Log out
///
/// Ends the session of the token: everywhere, for good.
#[utoipa::path(
    get, path = "/v1/{realm}/logout", tag = "Accounts", security(("bearer" = [])),
    params(("realm" = String, Path, description = "The realm", example = "User1")),
    responses(
        (status = 200, description = "Logged out", body = Message, example = json!({"message": "Logout successfully"})),
        (status = 401, description = "No good token", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn logout(signed_in: SignedIn, _: ActsOnGet) -> Result<Json<Message>, Refusal> {
    let SignedIn { call, principal } = signed_in;
    call.service.logout(&call.ctx, &call.realm, &principal).await?;
    Ok(Message::say("Logout successfully"))
}

/// Log out, by POST
///
/// The same as GET, for clients that know that GET should not act.
#[utoipa::path(
    post, path = "/v1/{realm}/logout", tag = "Accounts", security(("bearer" = [])),
    params(("realm" = String, Path, description = "The realm", example = "User1")),
    responses(
        (status = 200, description = "Logged out", body = Message, example = json!({"message": "Logout successfully"})),
        (status = 401, description = "No good token", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn logout_by_post(signed_in: SignedIn) -> Result<Json<Message>, Refusal> {
    logout(signed_in, ActsOnGet).await
}
