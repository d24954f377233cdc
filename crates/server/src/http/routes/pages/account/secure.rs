use axum::{extract::State, response::Response};

use super::turned;
use crate::http::{
    extract::{PageForm, Says, SignedIn, Turned},
    openapi::RealmPath,
    state::AppState,
};

/// Secure the account
///
/// Ends all sessions, marks the password as compromised and sends an email with a password reset link.
#[utoipa::path(post, path = "/v1/{realm}/account/secure", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn secure(
    State(state): State<AppState>,
    signed_in: SignedIn,
    _: PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let secured = signed_in.visit.request.accounts().secure_own(&owner).await;
    secured.map_err(|error| turned(&signed_in, error))?;
    Ok(signed_in.visit.leave_saying(&state, "signin", Says::Done("secured")))
}
