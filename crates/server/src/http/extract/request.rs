use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use portcullis_core::{
    Ctx, Error,
    limit::Usage,
    realm::Realm,
    service::{Accounts, AuditTrail, OAuth, Scope, Service, Sessions},
};

use crate::http::{layers::alias::RequestRealm, problem::ApiError, state::AppState};

/// A request in one realm: its context and the verbs.
#[derive(Debug)]
pub(in crate::http) struct RealmRequest {
    pub(in crate::http) ctx: Ctx,
    pub(in crate::http) realm: Arc<Realm>,
    service: Arc<Service>,
    usage: Arc<Usage>,
}

impl RealmRequest {
    /// Returns the verbs of accounts.
    pub(in crate::http) fn accounts(&self) -> Accounts<'_> {
        self.scope().accounts()
    }

    /// Returns the verbs of sessions.
    pub(in crate::http) fn sessions(&self) -> Sessions<'_> {
        self.scope().sessions()
    }

    /// Returns the verbs of OAuth 2.0.
    pub(in crate::http) fn oauth(&self) -> OAuth<'_> {
        self.scope().oauth()
    }

    /// Returns the verbs of the audit trail.
    pub(in crate::http) fn audit_trail(&self) -> AuditTrail<'_> {
        self.scope().audit_trail()
    }

    fn scope(&self) -> Scope<'_> {
        self.service.scope(&self.ctx, &self.realm, &self.usage)
    }
}

impl FromRequestParts<AppState> for RealmRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let RequestContext(ctx) = match RequestContext::from_request_parts(parts, state).await {
            Ok(context) => context,
            Err(never) => match never {},
        };
        let RequestRealm(realm) = parts.extensions.get::<RequestRealm>().cloned().ok_or_else(Error::not_found)?;
        let usage = parts.extensions.get::<Arc<Usage>>().cloned().unwrap_or_default();
        Ok(Self { ctx, realm, service: Arc::clone(&state.service), usage })
    }
}

/// Context of a request outside of all realms.
#[derive(Debug)]
pub(in crate::http) struct RequestContext(pub(in crate::http) Ctx);

impl FromRequestParts<AppState> for RequestContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let ctx = parts.extensions.get::<Ctx>().cloned();
        Ok(Self(ctx.unwrap_or_else(|| Ctx::new(&*state.clock, Arc::clone(&state.random), Default::default()))))
    }
}
