use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};
use portcullis_core::{
    Error,
    error::catalogue::{TOKEN_MISSING, TOKEN_TWICE},
    service::{Owner, Viewer},
};

use super::{Query, RealmRequest};
use crate::http::{problem::ApiError, state::AppState};

/// A request of an account owner, with a valid bearer token (RFC 6750 §2.1). Requests of an impersonating
/// administrator are rejected.
#[derive(Debug)]
pub(in crate::http) struct Authenticated {
    pub(in crate::http) request: RealmRequest,
    pub(in crate::http) owner: Owner,
}

/// A request to read an account, with a valid bearer token.
#[derive(Debug)]
pub(in crate::http) struct Viewing {
    pub(in crate::http) request: RealmRequest,
    pub(in crate::http) viewer: Viewer,
}

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Viewing { request, viewer } = Viewing::from_request_parts(parts, state).await?;
        let owner = request.sessions().require_owner(viewer).await?;
        Ok(Self { request, owner })
    }
}

impl FromRequestParts<AppState> for Viewing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let request = RealmRequest::of(parts, state).await?;
        let mut query = Query::from_request_parts(parts, state).await?;
        let token = token(parts)?;
        // Tokens in the URL are rejected, because URLs are logged. Sending a token in two places is an error (RFC
        // 6750 §2).
        if query.take("access_token").text().is_some() && token.is_some() {
            return Err(TOKEN_TWICE.into());
        }
        let token = token.ok_or(TOKEN_MISSING)?;
        let viewer = request.sessions().authenticate(token).await?;
        Ok(Self { request, viewer })
    }
}

/// A request with the bearer token of a client, which has not been verified yet. A token in the URL is never
/// accepted.
pub(in crate::http) struct ClientBearer {
    pub(in crate::http) request: RealmRequest,
    pub(in crate::http) token: Option<String>,
}

impl std::fmt::Debug for ClientBearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBearer").field("request", &self.request).finish_non_exhaustive()
    }
}

impl FromRequestParts<AppState> for ClientBearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let request = RealmRequest::of(parts, state).await?;
        Ok(Self { request, token: token(parts)?.map(str::to_owned) })
    }
}

/// A request with an optional bearer token. An invalid token is rejected.
#[derive(Debug)]
pub(in crate::http) struct MaybeAuthenticated {
    pub(in crate::http) request: RealmRequest,
    pub(in crate::http) owner: Option<Owner>,
}

impl FromRequestParts<AppState> for MaybeAuthenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if token(parts)?.is_some() {
            let Authenticated { request, owner } = Authenticated::from_request_parts(parts, state).await?;
            return Ok(Self { request, owner: Some(owner) });
        }
        Ok(Self { request: RealmRequest::from_request_parts(parts, state).await?, owner: None })
    }
}

pub(super) fn token(parts: &Parts) -> Result<Option<&str>, Error> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let Some(header) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(TOKEN_TWICE.into());
    }
    // `to_str` is not used, because it checks each byte individually.
    let header = std::str::from_utf8(header.as_bytes()).map_err(|_| Error::bad_token())?;
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Ok(None),
    }
}
