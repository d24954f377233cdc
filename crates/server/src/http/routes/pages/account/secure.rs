use axum::{
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};

use super::turned;
use crate::http::{
    extract::{PageForm, SignedIn, Turned},
    openapi::RealmPath,
    state::AppState,
};

/// Secure the account
///
/// Ends all sessions, marks the password as compromised, and mails a link for a new one.
#[utoipa::path(post, path = "/v1/{realm}/account/secure", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn secure(
    State(state): State<AppState>,
    signed_in: SignedIn,
    _: PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let secured = signed_in.visit.request.accounts().secure_own(&owner).await;
    secured.map_err(|error| turned(&signed_in, error))?;
    let location = format!("{}?done=secured", signed_in.visit.path("signin"));
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response();
    signed_in.visit.forget_session(&state, &mut response);
    Ok(response)
}
