use std::collections::HashMap;

use axum::{Json, extract::Path};
use portcullis_core::{error::catalogue::NOT_FOUND, federation::LINKING_URL_TTL};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, CurrentPassword},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// URL that starts linking an account in a browser.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkStartAnswer {
    /// To be opened once in the user's browser.
    #[schema(example = "https://accounts.example.com/User1/social/google/start?link=uCeNTzntooPKZ0rTSk")]
    url: String,
    /// Lifetime in seconds.
    #[schema(example = 60)]
    expires_in: u64,
}

refusals!(StartRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Start linking an account
///
/// Returns a URL for the user's browser. It redirects to the provider, and then to a page that shows both accounts
/// and asks for confirmation. In a browser that is signed in as another user, it links nothing. Requires a recent
/// login, with two factors if two-step verification is on.
#[utoipa::path(
    post, path = "/v1/{realm}/me/identities/{provider}/start", tag = "Providers", security(("bearer" = [])),
    params(RealmPath, ("provider" = String, Path, description = "Name of the provider", example = "google")),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses((status = 200, description = "The URL", body = LinkStartAnswer), StartRefusals)
)]
pub(crate) async fn start(
    authenticated: Authenticated,
    Path(path): Path<HashMap<String, String>>,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<Json<LinkStartAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    if !request.realm.policy.pages {
        return Err(NOT_FOUND.into());
    }
    let provider = path.get("provider").map(String::as_str).unwrap_or_default();
    let url = request.federation().link_url(&owner, &current_password, provider).await?;
    Ok(Json(LinkStartAnswer { url, expires_in: LINKING_URL_TTL.as_secs() }))
}
