use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use portcullis_core::{Ctx, Error, realm::Realm, service::Service};

use crate::http::{layers::alias::RequestRealm, problem::ApiError, state::AppState};

/// A request about one realm: the context and the verbs.
#[derive(Debug)]
pub(in crate::http) struct RealmRequest {
    pub(in crate::http) ctx: Ctx,
    pub(in crate::http) realm: Arc<Realm>,
    pub(in crate::http) service: Arc<Service>,
}

impl FromRequestParts<AppState> for RealmRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let RequestContext(ctx) = match RequestContext::from_request_parts(parts, state).await {
            Ok(context) => context,
            Err(never) => match never {},
        };
        let RequestRealm(realm) = parts.extensions.get::<RequestRealm>().cloned().ok_or_else(Error::not_found)?;
        Ok(Self { ctx, realm, service: Arc::clone(&state.service) })
    }
}

/// The context of a request that is about no realm.
#[derive(Debug)]
pub(in crate::http) struct RequestContext(pub(in crate::http) Ctx);

impl FromRequestParts<AppState> for RequestContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let ctx = parts.extensions.get::<Ctx>().cloned();
        Ok(Self(ctx.unwrap_or_else(|| Ctx::new(&*state.clock, Arc::clone(&state.random), Default::default()))))
    }
}
