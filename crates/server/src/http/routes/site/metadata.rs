use axum::{
    Json,
    extract::{Path, State},
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::catalogue::NOT_FOUND,
    oauth::{ASSERTION_ALGORITHMS, ClientAuthMethod, Prompt, ResponseMode, Scopes, scopes},
    realm::Realm,
    session::Assurance,
    token::Algorithm,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::RealmRequest,
    openapi::{RealmPath, refusals},
    problem::ApiError,
    state::AppState,
};

/// Metadata of a realm (OpenID Connect Discovery 1.0 §3, RFC 8414 §2). It lists only existing features: if no client
/// is registered, there is no authorization endpoint and no ID token.
#[derive(Serialize, ToSchema)]
pub(crate) struct Metadata {
    /// `iss` claim of the access tokens.
    issuer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_endpoint: Option<String>,
    token_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    userinfo_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_session_endpoint: Option<String>,
    revocation_endpoint: String,
    introspection_endpoint: String,
    /// URL of the public keys that verify access tokens.
    jwks_uri: String,
    response_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    response_modes_supported: Vec<&'static str>,
    grant_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
    /// Authentication context classes: one factor, two factors, and a passkey or security key.
    acr_values_supported: Vec<&'static str>,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// Algorithms of the assertions of `private_key_jwt`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_challenge_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prompt_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_response_iss_parameter_supported: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_uri_parameter_supported: Option<bool>,
}

/// Returns the metadata of the example realm.
fn sample() -> Metadata {
    let metadata = metadata("http://localhost:8000", "User1", "http://localhost:8000/User1".to_owned(), true);
    with_clients(metadata, "http://localhost:8000/User1", &[Algorithm::Rs256], &Scopes::default())
}

fn metadata(base: &str, name: &str, issuer: String, has_passkeys: bool) -> Metadata {
    let is_met = |assurance: &Assurance| has_passkeys || *assurance != Assurance::PhishingResistant;
    Metadata {
        issuer,
        authorization_endpoint: None,
        token_endpoint: format!("{base}/{name}/token"),
        userinfo_endpoint: None,
        end_session_endpoint: None,
        revocation_endpoint: format!("{base}/{name}/revoke"),
        introspection_endpoint: format!("{base}/{name}/introspect"),
        jwks_uri: format!("{base}/.well-known/jwks.json"),
        response_types_supported: Vec::new(),
        response_modes_supported: Vec::new(),
        grant_types_supported: vec!["refresh_token", "urn:portcullis:mfa"],
        scopes_supported: Vec::new(),
        acr_values_supported: Assurance::ALL.into_iter().filter(is_met).map(Assurance::acr).collect(),
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: Vec::new(),
        token_endpoint_auth_methods_supported: vec!["none"],
        token_endpoint_auth_signing_alg_values_supported: Vec::new(),
        revocation_endpoint_auth_methods_supported: vec!["none"],
        revocation_endpoint_auth_signing_alg_values_supported: Vec::new(),
        introspection_endpoint_auth_signing_alg_values_supported: Vec::new(),
        introspection_endpoint_auth_methods_supported: vec!["client_secret_basic"],
        code_challenge_methods_supported: Vec::new(),
        prompt_values_supported: Vec::new(),
        authorization_response_iss_parameter_supported: None,
        request_uri_parameter_supported: None,
    }
}

/// Adds the metadata of a realm with clients.
fn with_clients(metadata: Metadata, base: &str, algorithms: &[Algorithm], own: &Scopes) -> Metadata {
    let methods: Vec<&str> = ClientAuthMethod::ALL.iter().map(|method| method.as_str()).collect();
    let confidential = methods.iter().copied().filter(|method| *method != ClientAuthMethod::None.as_str()).collect();
    Metadata {
        authorization_endpoint: Some(format!("{base}/authorize")),
        userinfo_endpoint: Some(format!("{base}/userinfo")),
        end_session_endpoint: Some(format!("{base}/end_session")),
        response_types_supported: vec!["code"],
        response_modes_supported: ResponseMode::ALL.into_iter().map(ResponseMode::as_str).collect(),
        grant_types_supported: vec!["authorization_code", "refresh_token", "urn:portcullis:mfa"],
        scopes_supported: scopes::ANNOUNCED.into_iter().chain(own.iter()).map(str::to_owned).collect(),
        id_token_signing_alg_values_supported: algorithms.iter().map(|algorithm| algorithm.as_str()).collect(),
        token_endpoint_auth_methods_supported: methods.clone(),
        token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS.to_vec(),
        revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS.to_vec(),
        introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS.to_vec(),
        // A public client proves nothing, so it learns of no token.
        introspection_endpoint_auth_methods_supported: confidential,
        revocation_endpoint_auth_methods_supported: methods,
        code_challenge_methods_supported: vec!["S256"],
        prompt_values_supported: Prompt::ALL.into_iter().map(Prompt::as_str).collect(),
        authorization_response_iss_parameter_supported: Some(true),
        // If it is missing, clients may assume true.
        request_uri_parameter_supported: Some(false),
        ..metadata
    }
}

async fn of(state: &AppState, realm: &Realm) -> Result<Response, ApiError> {
    let (base, issuer) = (&state.info.base_url, state.service.issuer(&realm.name));
    let mut document = metadata(base, realm.name.as_str(), issuer, realm.policy.passkeys);
    let algorithms = state.service.algorithms_of_clients(realm).await?;
    if !algorithms.is_empty() {
        let base = format!("{base}/{}", realm.name);
        document = with_clients(document, &base, &algorithms, &realm.policy.openid.scopes);
    }
    let headers = [(CACHE_CONTROL, "public, max-age=300"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    Ok((headers, Json(document)).into_response())
}

async fn of_named(state: &AppState, name: &str) -> Result<Response, ApiError> {
    let realm = state.service.realm(name).ok_or(Error::from(NOT_FOUND))?;
    of(state, realm).await
}

refusals!(OpenIdRefusals: Problem [&[NOT_FOUND, INTERNAL, UNAVAILABLE]]);

/// Metadata of a realm (OpenID Connect)
///
/// For libraries that discover endpoints and keys by issuer. It lists only existing features: without a client, there
/// is neither an authorization endpoint nor an ID token.
#[utoipa::path(
    get, path = "/.well-known/openid-configuration/{realm}", tag = "Operations",
    params(RealmPath),
    responses((status = 200, description = "The metadata", body = Metadata, example = json!(sample())), OpenIdRefusals)
)]
pub(crate) async fn openid_metadata(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    of_named(&state, &name).await
}

refusals!(OAuthRefusals: Problem [&[NOT_FOUND, INTERNAL, UNAVAILABLE]]);

/// Metadata of a realm (OAuth 2.0)
///
/// The same document at the path defined by RFC 8414 §3.1.
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server/{realm}", tag = "Operations",
    params(RealmPath),
    responses((status = 200, description = "The metadata", body = Metadata, example = json!(sample())), OAuthRefusals)
)]
pub(crate) async fn authorization_server_metadata(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    of_named(&state, &name).await
}

refusals!(BelowIssuerRefusals: Problem [REALM]);

/// Metadata of a realm, below its issuer
///
/// The same document at the path defined by OpenID Connect Discovery 1.0 §4.
#[utoipa::path(
    get, path = "/v1/{realm}/.well-known/openid-configuration", tag = "Operations",
    params(RealmPath),
    responses((status = 200, description = "The metadata", body = Metadata, example = json!(sample())), BelowIssuerRefusals)
)]
pub(crate) async fn realm_metadata(State(state): State<AppState>, request: RealmRequest) -> Result<Response, ApiError> {
    of(&state, &request.realm).await
}
