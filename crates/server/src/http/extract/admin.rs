//! Requests of administrators. Network and credentials are checked first, then the right in the realm of the path,
//! all before a body is read.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    extract::{FromRequestParts, Path, rejection::PathRejection},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
    response::Response,
};
use portcullis_core::{
    Ctx, Error,
    admin::Right,
    error::catalogue::{ADMIN_SIGN_IN, CROSS_SITE},
    limit::Usage,
    service::{
        Accounts, Administered, Administration, Administrator, AuditTrail, Owner, Permit, Scope, SecondFactors,
        Service, Sessions, Viewer,
    },
};

use super::{RequestContext, bearer, cookie::CookieName, page_form::is_from_here};
use crate::http::{layers::scope::AtAdminListener, problem::ApiError, state::AppState};

const COOKIE: CookieName = CookieName("portcullis_admin", "__Host-portcullis_admin");

/// Name of the operating system user who runs a command. Only the command line, which calls the service in its own
/// process, can add it to a request.
#[derive(Clone, Debug)]
pub(crate) struct SystemUser(pub(crate) Arc<str>);

/// Identity of the caller, recorded in the audit row if the request is rejected.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct AdminTrace(Arc<Traced>);

#[derive(Debug, Default)]
struct Traced {
    admin: OnceLock<Arc<Administrator>>,
    is_presented: AtomicBool,
}

impl AdminTrace {
    pub(in crate::http) fn admin(&self) -> Option<&Administrator> {
        self.0.admin.get().map(|admin| &**admin)
    }

    /// Returns whether the request contained credentials, valid or not.
    pub(in crate::http) fn is_presented(&self) -> bool {
        self.admin().is_some() || self.0.is_presented.load(Ordering::Relaxed)
    }
}

/// A request that may reach the admin API. The caller is not authenticated yet.
#[derive(Debug)]
pub(in crate::http) struct AdminDoor {
    pub(in crate::http) ctx: Ctx,
    service: Arc<Service>,
    usage: Arc<Usage>,
}

impl AdminDoor {
    /// Returns the operations that require no permit.
    pub(in crate::http) fn administration(&self) -> Result<Administration<'_>, Error> {
        self.service.administration(&self.ctx, &self.usage)
    }

    /// Authenticates the caller and records the identity for the audit row of a rejection.
    async fn administrator(&self, parts: &Parts, state: &AppState) -> Result<Arc<Administrator>, ApiError> {
        let trace = parts.extensions.get::<AdminTrace>().cloned().unwrap_or_default();
        if parts.headers.contains_key(AUTHORIZATION) || COOKIE.value(state, &parts.headers).is_some() {
            trace.0.is_presented.store(true, Ordering::Relaxed);
        }
        let admin = Arc::new(self.recognised(parts, state).await?);
        Ok(Arc::clone(trace.0.admin.get_or_init(|| admin)))
    }

    async fn recognised(&self, parts: &Parts, state: &AppState) -> Result<Administrator, ApiError> {
        let administration = self.administration()?;
        if let Some(SystemUser(name)) = parts.extensions.get() {
            return Ok(administration.of_command_line(name));
        }
        if let Some(key) = bearer::token(parts)? {
            return Ok(administration.of_key(key).await?);
        }
        if parts.headers.contains_key(AUTHORIZATION) {
            return Err(ADMIN_SIGN_IN.into());
        }
        let cookie = COOKIE.value(state, &parts.headers).ok_or(ADMIN_SIGN_IN)?;
        if !parts.method.is_safe() && !is_from_here(state, &parts.headers) {
            return Err(CROSS_SITE.into());
        }
        Ok(administration.of_session(&cookie).await?)
    }
}

impl FromRequestParts<AppState> for AdminDoor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let RequestContext(ctx) = match RequestContext::from_request_parts(parts, state).await {
            Ok(context) => context,
            Err(never) => match never {},
        };
        let is_local = parts.extensions.get::<SystemUser>().is_some();
        if !is_local && !state.admin.admits(ctx.client.ip, parts.extensions.get::<AtAdminListener>().is_some()) {
            return Err(Error::not_found().into());
        }
        let usage = parts.extensions.get::<Arc<Usage>>().cloned().unwrap_or_default();
        Ok(Self { ctx, service: Arc::clone(&state.service), usage })
    }
}

/// A request of an administrator that concerns their own account.
#[derive(Debug)]
pub(in crate::http) struct AdminSelf {
    pub(in crate::http) door: AdminDoor,
    pub(in crate::http) admin: Arc<Administrator>,
}

impl AdminSelf {
    /// Returns the authority over the caller's own account. API keys have none.
    pub(in crate::http) fn owner(&self) -> Result<&Owner, Error> {
        self.admin.owner().ok_or_else(|| ADMIN_SIGN_IN.into())
    }

    /// Returns the authority to see the own account. API keys have none.
    pub(in crate::http) fn viewer(&self) -> Result<Viewer, Error> {
        self.admin.viewer().ok_or_else(|| ADMIN_SIGN_IN.into())
    }

    pub(in crate::http) fn accounts(&self) -> Result<Accounts<'_>, Error> {
        Ok(self.scope()?.accounts())
    }

    pub(in crate::http) fn audit_trail(&self) -> Result<AuditTrail<'_>, Error> {
        Ok(self.scope()?.audit_trail())
    }

    fn scope(&self) -> Result<Scope<'_>, Error> {
        Ok(*self.door.administration()?)
    }

    pub(in crate::http) fn sessions(&self) -> Result<Sessions<'_>, Error> {
        Ok(self.scope()?.sessions())
    }

    pub(in crate::http) fn second_factors(&self) -> Result<SecondFactors<'_>, Error> {
        Ok(self.scope()?.second_factors())
    }
}

impl FromRequestParts<AppState> for AdminSelf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let door = AdminDoor::from_request_parts(parts, state).await?;
        let admin = door.administrator(parts, state).await?;
        Ok(Self { door, admin })
    }
}

/// A request of an administrator with a right in the realm of the path, or on the server.
#[derive(Debug)]
pub(in crate::http) struct AdminRequest<R> {
    door: AdminDoor,
    permit: Permit<R>,
    path: HashMap<String, String>,
}

impl<R: Right> AdminRequest<R> {
    /// Returns the operations that the right allows.
    pub(in crate::http) fn verbs(&self) -> Administered<'_, R> {
        self.door.service.administered(&self.door.ctx, &self.door.usage, &self.permit)
    }

    /// Returns a path parameter.
    pub(in crate::http) fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    pub(in crate::http) fn id(&self) -> &str {
        self.part("id")
    }

    /// Returns whether the request comes from the command line on the server.
    pub(in crate::http) fn is_on_machine(&self) -> bool {
        self.permit.admin().is_on_machine()
    }

    pub(in crate::http) const fn ctx(&self) -> &Ctx {
        &self.door.ctx
    }

    pub(in crate::http) fn service(&self) -> &Service {
        &self.door.service
    }
}

impl<R: Right> FromRequestParts<AppState> for AdminRequest<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let AdminSelf { door, admin } = AdminSelf::from_request_parts(parts, state).await?;
        let path = match Path::<HashMap<String, String>>::from_request_parts(parts, state).await {
            Ok(Path(path)) => path,
            Err(PathRejection::MissingPathParams(_)) => HashMap::new(),
            // An invalid realm must not be treated as absent, which would mean the whole server.
            Err(_) => return Err(Error::not_found().into()),
        };
        let permit = state.service.permit::<R>(&admin, path.get("realm").map(String::as_str))?;
        Ok(Self { door, permit, path })
    }
}

/// Session cookie of an administrator.
#[derive(Debug)]
pub(in crate::http) struct AdminCookie;

impl AdminCookie {
    /// Returns the value of the cookie.
    pub(in crate::http) fn value(state: &AppState, headers: &HeaderMap) -> Option<String> {
        COOKIE.value(state, headers)
    }

    /// Sets the cookie, or removes it with a lifetime of zero.
    pub(in crate::http) fn set(
        state: &AppState,
        response: Response,
        value: &str,
        age: std::time::Duration,
    ) -> Response {
        COOKIE.set_strict(state, response, value, age)
    }
}
