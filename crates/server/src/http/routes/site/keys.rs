use axum::{
    Json,
    extract::State,
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};
use serde_json::json;

use crate::http::state::AppState;

/// The public keys
///
/// A JWK set (RFC 7517 §5) with every key that may have signed an access token, for all realms. Empty if tokens are
/// signed with a shared secret. A new key is published an hour before it is used for signing.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "Operations",
    responses((status = 200, description = "A JWK set", content_type = "application/jwk-set+json", body = Object, example = json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "9pt07js8mkft50d99vcprp5ks4", "x": "fcmkpZkbJj5P6W7FWqhx8q8lOxDx98gh4-FkX7GpMHc", "y": "I7CfxD8UtTlO-P8M-9qZUQ350yFkSpuR4zvXeMayfJE"}]})))
)]
pub(crate) async fn jwks(State(state): State<AppState>) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "application/jwk-set+json"),
        (CACHE_CONTROL, "public, max-age=300"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, Json(json!({ "keys": state.service.public_keys() })))
}
