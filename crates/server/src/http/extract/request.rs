use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::request::Parts,
};
use portcullis_core::{
    Ctx, Error,
    limit::Usage,
    oauth::RegisteredClient,
    realm::Realm,
    service::{Accounts, AuditTrail, Federation, OAuth, Scope, SecondFactors, Service, Sessions},
};

use super::bearer;
use crate::http::{layers::alias::RequestRealm, problem::ApiError, state::AppState};

/// Path suffixes of token-free GET routes that change nothing.
const READS: [&str; 4] = ["/openid-configuration", "/undo", "/reset_password_form", "/social"];
/// Path suffixes of routes that change nothing, or only end the session of the given token.
const ALLOWED: [&str; 2] = ["/introspect", "/revoke"];

/// A request in one realm: its context and the operations of the service.
#[derive(Debug)]
pub(in crate::http) struct RealmRequest {
    pub(in crate::http) ctx: Ctx,
    pub(in crate::http) realm: Arc<Realm>,
    service: Arc<Service>,
    usage: Arc<Usage>,
}

impl RealmRequest {
    /// Returns the operations on accounts.
    pub(in crate::http) fn accounts(&self) -> Accounts<'_> {
        self.scope().accounts()
    }

    /// Returns the operations on sessions.
    pub(in crate::http) fn sessions(&self) -> Sessions<'_> {
        self.scope().sessions()
    }

    /// Returns the operations on sessions for a page. Logins create browser sessions. With `keep`, they are
    /// persistent.
    pub(in crate::http) fn browser_sessions(&self, keep: bool) -> Sessions<'_> {
        self.scope().in_browser(keep).sessions()
    }

    /// Returns the operations on second factors for a page. An enrolment that completes a login creates a browser
    /// session.
    pub(in crate::http) fn browser_factors(&self, keep: bool) -> SecondFactors<'_> {
        self.scope().in_browser(keep).second_factors()
    }

    /// Returns the operations on second factors.
    pub(in crate::http) fn second_factors(&self) -> SecondFactors<'_> {
        self.scope().second_factors()
    }

    /// Returns the operations of sign-in with other providers.
    pub(in crate::http) fn federation(&self) -> Federation<'_> {
        self.scope().federation()
    }

    /// Returns the operations of sign-in with other providers for a page. Logins create browser sessions.
    pub(in crate::http) fn browser_federation(&self) -> Federation<'_> {
        self.scope().in_browser(false).federation()
    }

    /// Returns the operations of OAuth 2.0.
    pub(in crate::http) fn oauth(&self) -> OAuth<'_> {
        self.scope().oauth()
    }

    /// Loads the key that signs the tokens of a client.
    pub(in crate::http) async fn load_key_of(&self, client: &RegisteredClient) -> Result<(), Error> {
        self.service.load_key_of(&self.ctx, &self.realm, client).await
    }

    /// Returns the operations on the audit trail.
    pub(in crate::http) fn audit_trail(&self) -> AuditTrail<'_> {
        self.scope().audit_trail()
    }

    /// Extracts the realm and the context of a request.
    pub(super) async fn of(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let RequestContext(ctx) = match RequestContext::from_request_parts(parts, state).await {
            Ok(context) => context,
            Err(never) => match never {},
        };
        let RequestRealm(realm) = parts.extensions.get::<RequestRealm>().cloned().ok_or_else(Error::not_found)?;
        let usage = parts.extensions.get::<Arc<Usage>>().cloned().unwrap_or_default();
        Ok(Self { ctx, realm, service: Arc::clone(&state.service), usage })
    }

    /// Rejects a state-changing request that carries an impersonation token. The route itself requires no token, so
    /// any other token is ignored.
    async fn refuse_impersonated(&self, parts: &Parts) -> Result<(), ApiError> {
        let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let is_one_of = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
        if is_one_of(&ALLOWED) || (parts.method.is_safe() && is_one_of(&READS)) {
            return Ok(());
        }
        let Ok(Some(token)) = bearer::token(parts) else { return Ok(()) };
        match self.sessions().authenticate(token).await {
            Ok(viewer) => Ok(self.sessions().require_owner(viewer).await.map(drop)?),
            Err(error) if error.kind().is_ours() => Err(error.into()),
            Err(_) => Ok(()),
        }
    }

    fn scope(&self) -> Scope<'_> {
        self.service.scope(&self.ctx, &self.realm, &self.usage)
    }
}

impl FromRequestParts<AppState> for RealmRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let request = Self::of(parts, state).await?;
        request.refuse_impersonated(parts).await?;
        Ok(request)
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
