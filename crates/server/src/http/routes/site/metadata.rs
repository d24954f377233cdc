use axum::{
    Json,
    extract::{Path, State},
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use portcullis_core::{Error, error::catalogue::NOT_FOUND, realm::Realm, session::Assurance};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::RealmRequest,
    openapi::{RealmPath, refusals},
    problem::ApiError,
    state::AppState,
};

/// What a realm offers (OpenID Connect Discovery 1.0 §3, RFC 8414 §2). It names only what exists: no authorization endpoint and
/// no ID tokens yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct Metadata {
    /// `iss` of the access tokens.
    issuer: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    /// The public keys that verify access tokens.
    jwks_uri: String,
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; 2],
    /// Classes of authentication: one factor, two, and a passkey or security key.
    acr_values_supported: Vec<&'static str>,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 0],
    token_endpoint_auth_methods_supported: [&'static str; 1],
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    introspection_endpoint_auth_methods_supported: [&'static str; 1],
}

/// Returns the metadata of the realm that the examples name.
fn sample() -> Metadata {
    metadata("http://localhost:8000", "User1", "http://localhost:8000/User1".to_owned(), true)
}

fn metadata(base: &str, name: &str, issuer: String, has_passkeys: bool) -> Metadata {
    let is_met = |assurance: &Assurance| has_passkeys || *assurance != Assurance::PhishingResistant;
    Metadata {
        issuer,
        token_endpoint: format!("{base}/{name}/token"),
        revocation_endpoint: format!("{base}/{name}/revoke"),
        introspection_endpoint: format!("{base}/{name}/introspect"),
        jwks_uri: format!("{base}/.well-known/jwks.json"),
        response_types_supported: [],
        grant_types_supported: ["refresh_token", "urn:portcullis:mfa"],
        acr_values_supported: Assurance::ALL.into_iter().filter(is_met).map(Assurance::acr).collect(),
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [],
        token_endpoint_auth_methods_supported: ["none"],
        revocation_endpoint_auth_methods_supported: ["none"],
        introspection_endpoint_auth_methods_supported: ["client_secret_basic"],
    }
}

fn of(state: &AppState, realm: &Realm) -> Response {
    let (base, issuer) = (&state.info.base_url, state.service.issuer(&realm.name));
    let metadata = metadata(base, realm.name.as_str(), issuer, realm.policy.passkeys);
    let headers = [(CACHE_CONTROL, "public, max-age=300"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, Json(metadata)).into_response()
}

fn of_named(state: &AppState, name: &str) -> Result<Response, ApiError> {
    let realm = state.service.realm(name).ok_or(Error::from(NOT_FOUND))?;
    Ok(of(state, realm))
}

refusals!(OpenIdRefusals: Problem [&[NOT_FOUND]]);

/// Metadata of a realm (OpenID Connect)
///
/// For libraries that find the keys by the issuer. It names only what exists: neither an authorization endpoint nor ID tokens.
#[utoipa::path(
    get, path = "/.well-known/openid-configuration/{realm}", tag = "Operations",
    params(RealmPath),
    responses((status = 200, description = "The metadata", body = Metadata, example = json!(sample())), OpenIdRefusals)
)]
pub(crate) async fn openid_metadata(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    of_named(&state, &name)
}

refusals!(OAuthRefusals: Problem [&[NOT_FOUND]]);

/// Metadata of a realm (OAuth 2.0)
///
/// The same document, where RFC 8414 §3.1 looks for it.
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server/{realm}", tag = "Operations",
    params(RealmPath),
    responses((status = 200, description = "The metadata", body = Metadata, example = json!(sample())), OAuthRefusals)
)]
pub(crate) async fn authorization_server_metadata(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    of_named(&state, &name)
}

refusals!(BelowIssuerRefusals: Problem [REALM]);

/// Metadata of a realm, below its issuer
///
/// The same document, where OpenID Connect Discovery 1.0 §4 looks for it.
#[utoipa::path(
    get, path = "/v1/{realm}/.well-known/openid-configuration", tag = "Operations",
    params(RealmPath),
    responses((status = 200, description = "The metadata", body = Metadata, example = json!(sample())), BelowIssuerRefusals)
)]
pub(crate) async fn realm_metadata(State(state): State<AppState>, request: RealmRequest) -> Response {
    of(&state, &request.realm)
}
