use axum::{extract::FromRequestParts, http::request::Parts};
use portcullis_core::Error;

use super::Visit;
use crate::http::{problem::ApiError, state::AppState};

/// A request for a page that only exists if users can sign in with other providers.
#[derive(Debug)]
pub(in crate::http) struct Providing(pub(in crate::http) Visit);

impl FromRequestParts<AppState> for Providing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let visit = Visit::of(parts, state).await?;
        let has_providers = !visit.request.federation().providers().is_empty();
        if has_providers { Ok(Self(visit)) } else { Err(Error::not_found().into()) }
    }
}
