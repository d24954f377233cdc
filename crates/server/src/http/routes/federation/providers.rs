use std::collections::HashMap;

use axum::{Json, extract::Path};
use portcullis_core::{
    error::catalogue::NOT_FOUND,
    federation::{NATIVE_NONCE_TTL, Provider},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::RealmRequest,
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// A provider that users can sign in with.
#[derive(Serialize, ToSchema)]
#[schema(as = Provider)]
pub(crate) struct ProviderAnswer {
    /// Name used in paths.
    #[schema(example = "google")]
    name: String,
    /// `google`, `microsoft`, `apple`, `github`, `gitlab`, `discord`, or `oidc` for any other.
    #[schema(example = "google")]
    kind: &'static str,
    /// Display name of the provider.
    #[schema(example = "Google")]
    label: String,
}

impl From<&Provider> for ProviderAnswer {
    fn from(provider: &Provider) -> Self {
        Self { name: provider.name.clone(), kind: provider.preset.as_str(), label: provider.label.clone() }
    }
}

/// The providers of a realm.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProvidersAnswer {
    providers: Vec<ProviderAnswer>,
}

refusals!(ListRefusals: Problem [REALM]);

/// List the providers
///
/// Returns the providers that users can sign in with, in display order.
#[utoipa::path(
    get, path = "/v1/{realm}/social", tag = "Providers",
    params(RealmPath),
    responses((status = 200, description = "The providers", body = ProvidersAnswer, example = json!({
        "providers": [{"name": "google", "kind": "google", "label": "Google"}],
    })), ListRefusals)
)]
pub(crate) async fn providers(request: RealmRequest) -> Result<Json<ProvidersAnswer>, ApiError> {
    match request.federation().providers() {
        [] => Err(NOT_FOUND.into()),
        providers => Ok(Json(ProvidersAnswer { providers: providers.iter().map(Into::into).collect() })),
    }
}

/// A nonce for the ID token of a provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct NonceAnswer {
    #[schema(example = "AAABm3VzfQBq0zj0Q1yJ7xZ4v2bYc8dE5fG6hI7jK8k")]
    nonce: String,
    /// Lifetime in seconds.
    #[schema(example = 600)]
    expires_in: u64,
}

refusals!(NonceRefusals: Problem [REALM, &[LIMITED]]);

/// Get a nonce for an application
///
/// For applications that sign in with a provider's SDK. The ID token must contain this nonce or its SHA-256 (hex or
/// base64url). Exchange it at `token` with `grant_type=urn:ietf:params:oauth:grant-type:token-exchange`. Only
/// available for providers with native client IDs. Stores nothing. A body is ignored.
#[utoipa::path(
    post, path = "/v1/{realm}/social/{provider}/nonce", tag = "Providers",
    params(RealmPath, ("provider" = String, Path, description = "Name of the provider", example = "google")),
    responses((status = 200, description = "The nonce", body = NonceAnswer), NonceRefusals)
)]
pub(crate) async fn nonce(
    request: RealmRequest,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Json<NonceAnswer>, ApiError> {
    let provider = path.get("provider").map(String::as_str).unwrap_or_default();
    let nonce = request.federation().native_nonce(provider).await?;
    Ok(Json(NonceAnswer { nonce: nonce.to_text(), expires_in: NATIVE_NONCE_TTL.as_secs() }))
}
