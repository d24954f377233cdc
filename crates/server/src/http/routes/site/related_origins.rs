use axum::{
    Json,
    extract::State,
    http::header::CACHE_CONTROL,
    response::{IntoResponse, Response},
};
use portcullis_core::error::catalogue::NOT_FOUND;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{openapi::refusals, problem::ApiError, state::AppState};

/// Origins that may use the passkeys of a domain.
#[derive(Serialize, ToSchema)]
#[schema(as = PasskeyOrigins)]
pub(crate) struct RelatedOrigins {
    #[schema(example = json!(["https://accounts.example.com", "https://example.org"]))]
    origins: Vec<String>,
}

refusals!(RelatedRefusals: Problem [&[NOT_FOUND]]);

/// Origins that may use the passkeys
///
/// For browsers (WebAuthn Level 3 §5.11), if `PASSKEY_ORIGINS` contains origins other than the server's. It must be
/// served at the domain of the passkeys, `PASSKEY_RP_ID`.
#[utoipa::path(
    get, path = "/.well-known/webauthn", tag = "Operations",
    responses((status = 200, description = "The origins", body = RelatedOrigins), RelatedRefusals)
)]
pub(crate) async fn related_origins(State(state): State<AppState>) -> Result<Response, ApiError> {
    let origins = state.info.related_origins.clone();
    if origins.is_empty() {
        return Err(NOT_FOUND.into());
    }
    Ok(([(CACHE_CONTROL, "public, max-age=300")], Json(RelatedOrigins { origins })).into_response())
}
