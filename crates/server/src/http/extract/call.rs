use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use portcullis_core::{Ctx, Error, realm::Realm, service::Service};

use crate::http::{layers::alias::Of, problem::Refusal, state::AppState};

/// A request about one realm: the circumstances and the verbs.
#[derive(Debug)]
pub(in crate::http) struct Call {
    pub(in crate::http) ctx: Ctx,
    pub(in crate::http) realm: Arc<Realm>,
    pub(in crate::http) service: Arc<Service>,
}

impl FromRequestParts<AppState> for Call {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let Circumstances(ctx) = match Circumstances::from_request_parts(parts, state).await {
            Ok(circumstances) => circumstances,
            Err(never) => match never {},
        };
        let Of(realm) = parts.extensions.get::<Of>().cloned().ok_or_else(Error::not_found)?;
        Ok(Self { ctx, realm, service: Arc::clone(&state.service) })
    }
}

/// The circumstances of a request that is about no realm.
#[derive(Debug)]
pub(in crate::http) struct Circumstances(pub(in crate::http) Ctx);

impl FromRequestParts<AppState> for Circumstances {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let ctx = parts.extensions.get::<Ctx>().cloned();
        Ok(Self(ctx.unwrap_or_else(|| Ctx::new(&*state.clock, Arc::clone(&state.random), Default::default()))))
    }
}
