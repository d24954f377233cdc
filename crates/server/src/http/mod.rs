//! The HTTP service: the routes of all areas, and the layers around them.

mod admin_api;
mod answers;
mod extract;
mod head;
mod layers;
mod logins;
mod openapi;
mod page;
mod problem;
mod qr;
mod redirect;
mod routes;
mod state;

pub(crate) use extract::SystemUser;
pub(crate) use head::RefuseHead;
pub(crate) use layers::scope::{KeepAlive, Peer};
pub(crate) use state::{AdminAccess, RequestBounds, ServerInfo, Shared};

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use axum::{Router, body::Bytes, extract::Request, response::Response};
use futures_util::{FutureExt as _, future::BoxFuture};
use tower::Service;
use utoipa_axum::router::OpenApiRouter;

use admin_api::AdminApi;
use layers::{
    alias,
    scope::{AtAdminListener, ScopeLayer},
};
use portcullis_core::Error;
use problem::ApiError;
use state::AppState;

/// The complete service, from request to response. It never fails.
pub(crate) type HttpService = Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>;

/// What a listener serves.
#[derive(Clone)]
pub(crate) struct Handler {
    pub(crate) service: HttpService,
    /// Responds to requests whose head cannot be parsed. If `None`, the HTTP library responds.
    pub(crate) refuse: Option<RefuseHead>,
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").finish_non_exhaustive()
    }
}

/// Merges the routes of all areas. Routes cannot be added without a description.
fn all_routes(info: &ServerInfo, with_mailbox: bool) -> OpenApiRouter<AppState> {
    let mut all = OpenApiRouter::with_openapi(openapi::begin(info))
        .merge(routes::me::routes())
        .merge(routes::factor::routes())
        .merge(routes::federation::routes())
        .merge(routes::account::routes())
        .merge(routes::session::routes())
        .merge(routes::oauth::routes())
        .merge(routes::pages::routes())
        .merge(routes::admin::routes())
        .merge(routes::dashboard::routes())
        .merge(routes::site::routes());
    if info.has_passkeys {
        let of_passkeys = routes::factor::passkey_routes().merge(routes::session::passkey_routes());
        all = all.merge(of_passkeys).merge(routes::me::passkey_routes()).merge(routes::site::passkey_routes());
    }
    if info.has_email_signin {
        all = all.merge(routes::session::mail_routes());
    }
    if info.has_providers {
        all = all.merge(routes::federation::provider_routes());
    }
    if info.docs {
        all = all.merge(routes::docs::routes());
    }
    all.merge(routes::dev::routes(info.is_development, with_mailbox))
}

/// Returns the OpenAPI 3.1 description for a server with these realms at the URL `server`, or at the URL of the
/// description if that is empty. It contains every API route, but no pages and no developer routes.
#[must_use]
pub fn openapi(realms: &[&str], server: &str) -> serde_json::Value {
    let info = ServerInfo {
        root: server.into(),
        first_realm: realms.first().copied().unwrap_or_default().into(),
        realms: realms.iter().map(ToString::to_string).collect(),
        ..ServerInfo::sample()
    };
    openapi::with_refusals(|| openapi::finish(&all_routes(&info, true).split_for_parts().1, &info))
}

/// Returns the description of the API of this server as JSON.
pub(crate) fn own_openapi(state: &AppState) -> Bytes {
    let routes = || all_routes(&state.info, state.mailbox.is_some());
    let describe = || openapi::finish(&routes().split_for_parts().1, &state.info);
    state.openapi.get_or_init(|| openapi::with_refusals(describe).to_string().into()).clone()
}

/// Adds the layers to the routes. The alias layer rewrites the path that the others see. All others are combined into
/// one layer, because each layer costs every request as much as the rest of the routing.
pub(crate) fn handler(shared: Shared) -> Handler {
    let (router, _) = all_routes(&shared.info, shared.mailbox.is_some()).split_for_parts();
    let state = AppState::new(shared);
    let router: Router = router
        .fallback(async || ApiError::from(Error::not_found()))
        .method_not_allowed_fallback(async || problem::METHOD_NOT_ALLOWED)
        .layer(ScopeLayer::new(state.clone()))
        .with_state(state.clone());
    let (service, own, admin) = (routed(router), state.clone(), OnceLock::new());
    let service = Arc::new(move |request| {
        let mut request = alias::resolved(&own, request);
        if routes::dashboard::is_page(request.uri().path()) {
            request.extensions_mut().insert(admin.get_or_init(|| admin_api(&own)).clone());
        }
        service(request)
    });
    Handler { service, refuse: Some(Arc::new(move |status| head::refuse(&state, status))) }
}

/// Returns the handler of the listener of `ADMIN_LISTEN`.
pub(crate) fn at_admin_listener(handler: &Handler) -> Handler {
    let service = Arc::clone(&handler.service);
    let service = Arc::new(move |mut request: Request| {
        request.extensions_mut().insert(AtAdminListener);
        service(request)
    });
    Handler { service, refuse: handler.refuse.clone() }
}

/// Returns the in-process client of the admin API.
fn admin_api(state: &AppState) -> AdminApi {
    let (router, _) = routes::admin::routes().split_for_parts();
    let router = router.fallback(async || ApiError::from(Error::not_found()));
    AdminApi::new(router.layer(ScopeLayer::new(state.clone())).with_state(state.clone()))
}

/// Returns the handler of routes without any layer.
pub(crate) fn without_layers(router: Router) -> Handler {
    Handler { service: Arc::new(routed(router)), refuse: None }
}

fn routed(router: Router) -> impl Fn(Request) -> BoxFuture<'static, Response> + Send + Sync {
    move |request| {
        let answer = router.clone().call(request);
        async move {
            match answer.await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
        .boxed()
    }
}
