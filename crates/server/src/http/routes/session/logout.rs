use axum::Json;

use crate::http::{
    extract::{ActsOnGet, SignedIn},
    openapi::{RealmPath, refusals},
    problem::Refusal,
    routes::Message,
};

refusals!(LogoutRefusals: Problem [REALM, BEARER]);

/// Log out
///
/// Ends the session of the token: everywhere, for good.
#[utoipa::path(
    get, path = "/v1/{realm}/logout", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "Logged out", body = Message, example = json!({"message": "Logout successfully"})),
        LogoutRefusals,
    )
)]
pub(crate) async fn logout(signed_in: SignedIn, _: ActsOnGet) -> Result<Json<Message>, Refusal> {
    let SignedIn { call, principal } = signed_in;
    call.service.logout(&call.ctx, &call.realm, &principal).await?;
    Ok(Message::say("Logout successfully"))
}

refusals!(LogoutByPostRefusals: Problem [REALM, BEARER]);

/// Log out, by POST
///
/// The same as GET, for clients that know that GET should not act.
#[utoipa::path(
    post, path = "/v1/{realm}/logout", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "Logged out", body = Message, example = json!({"message": "Logout successfully"})),
        LogoutByPostRefusals,
    )
)]
pub(crate) async fn logout_by_post(signed_in: SignedIn) -> Result<Json<Message>, Refusal> {
    logout(signed_in, ActsOnGet).await
}
