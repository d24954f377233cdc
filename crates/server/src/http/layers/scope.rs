//! The scope of one request: its context, its log line, and the headers of its response.

use std::{
    any::Any,
    convert::Infallible,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    http::{
        HeaderValue, Method,
        header::{ACCEPT, CONNECTION},
    },
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use portcullis_core::{
    Ctx, Error, clock::Timestamp, ctx::Client, error::ErrorKind, id::RealmName, limit::Usage, service::RefusedRequest,
};
use tower::{Layer, Service, ServiceExt as _};
use tower_http::cors::CorsLayer;

use super::{alias::RequestRealm, client, cors, headers, host, timeout};
use crate::{
    http::{
        extract::{Accepted, AdminTrace},
        page, problem,
        state::AppState,
    },
    metrics::{HTTP_DURATION, HTTP_REQUESTS, LIMITS_REACHED},
    request_frame::{ANSWERED, RequestFrame},
};

/// Remote address of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Marks a request that came to the listener of `ADMIN_LISTEN`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtAdminListener;

/// A resource, such as a connection permit, that is held until the work of a request is finished.
#[derive(Clone, Debug)]
pub(crate) struct KeepAlive(#[expect(dead_code, reason = "only dropped")] Arc<dyn Any + Send + Sync>);

impl KeepAlive {
    pub(crate) fn new(what: impl Any + Send + Sync) -> Self {
        Self(Arc::new(what))
    }
}

/// Adds the request scope to a route. This is a single layer, because each layer is cloned with its inner layers for
/// every request.
#[derive(Clone)]
pub(in crate::http) struct ScopeLayer {
    state: AppState,
    cors: Option<Arc<CorsLayer>>,
    /// For the pages of applications.
    of_clients: Arc<CorsLayer>,
}

impl ScopeLayer {
    pub(in crate::http) fn new(state: AppState) -> Self {
        let cors = cors::layer(&state.cors).map(Arc::new);
        Self { state, cors, of_clients: Arc::new(cors::of_allowed()) }
    }

    /// Returns the layer for the origin of a request: that of the settings, or of an application of the realm.
    fn cors(self, request: &Request, now: Timestamp) -> impl Future<Output = Option<Arc<CorsLayer>>> + use<> {
        let origin = cors::of_client(request).map(str::to_owned);
        let of_client = request.extensions().get::<RequestRealm>().cloned().zip(origin);
        let (cors, of_clients, state) = (self.cors.filter(|_| cors::concerns(request)), self.of_clients, self.state);
        async move {
            if let Some((RequestRealm(realm), origin)) = of_client {
                match state.service.is_origin_of_client(&realm, &origin, now).await {
                    Ok(true) => return Some(of_clients),
                    Ok(false) => {}
                    Err(error) => tracing::debug!(%error, "origins of clients not read"),
                }
            }
            cors
        }
    }
}

impl<S> Layer<S> for ScopeLayer {
    type Service = Scope<S>;

    fn layer(&self, inner: S) -> Scope<S> {
        Scope { around: self.clone(), inner }
    }
}

#[derive(Clone)]
pub(in crate::http) struct Scope<S> {
    around: ScopeLayer,
    inner: S,
}

impl<S> Service<Request> for Scope<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static> + Clone + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let around = self.around.clone();
        let state = around.state.clone();
        let scope = RequestScope::open(&state, &mut request);
        if !scope.is_admitted(&state) {
            return async move { Ok(scope.close(&state, problem::ApiError::from(Error::not_found()).into_response())) }
                .boxed();
        }
        let answer =
            scope.frame.around(answer(state.bounds.time, (around, scope.ctx.now), request, self.inner.clone()));
        async move {
            let response = answer.await;
            if let Some((kind, code)) = problem::refused(&response) {
                // Best effort: the response does not depend on the audit row.
                let _ = tokio::time::timeout(state.bounds.time, scope.note_refusal(&state, kind, code)).await;
            }
            Ok(scope.close(&state, response))
        }
        .boxed()
    }
}

/// Returns the response within the time limit, if the request headers are valid.
async fn answer<S>(time: Duration, (around, now): (ScopeLayer, Timestamp), request: Request, inner: S) -> Response
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static> + Clone + Send + 'static,
{
    if !host::is_valid(request.version(), request.headers()) {
        return problem::WRONG_HOST.into_response();
    }
    let bounded = move |request: Request| {
        let keep_alive = request.extensions().get::<KeepAlive>().cloned();
        timeout::bound(time, keep_alive, inner.clone().oneshot(request))
    };
    match around.cors(&request, now).await {
        Some(cors) => cors::answer(&cors, request, bounded).await,
        None => bounded(request).await,
    }
}

/// Properties of a request that are determined before routing and used afterwards.
struct RequestScope {
    began: Instant,
    ctx: Ctx,
    realm: Option<RequestRealm>,
    usage: Arc<Usage>,
    frame: Arc<RequestFrame>,
    /// Whether a browser is navigating to the URL.
    is_navigation: bool,
    is_at_admin_listener: bool,
    admin: Option<AdminCall>,
}

/// Properties of a request to the admin API.
struct AdminCall {
    trace: AdminTrace,
    /// Realm in the path.
    realm: Option<String>,
}

impl AdminCall {
    fn open(request: &mut Request) -> Option<Self> {
        let route = request.extensions().get::<MatchedPath>()?.as_str();
        // Pages read through the API, which records its own rows, but a form may be rejected before it reaches the
        // API.
        let of_form = route.strip_prefix("/admin/").filter(|_| *request.method() == Method::POST);
        let (below, place) = match route.strip_prefix("/v1/admin/") {
            Some(below) => (below, 4),
            None => (of_form?, 3),
        };
        let is_of_realm = below.starts_with("realms/{realm}");
        let realm = request.uri().path().split('/').nth(place).filter(|_| is_of_realm).map(str::to_owned);
        let trace = AdminTrace::default();
        request.extensions_mut().insert(trace.clone());
        Some(Self { trace, realm })
    }
}

impl RequestScope {
    fn open(state: &AppState, request: &mut Request) -> Self {
        let began = Instant::now();
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
        client::warn_of_unknown_proxy(&state.unknown_proxy, peer, request.headers(), &state.proxies);
        let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().into());
        let client = Client { route, ..client::client(peer, request.headers(), &state.proxies) };
        let ctx = Ctx::new(&*state.clock, Arc::clone(&state.random), client);
        let frame = Arc::new(RequestFrame {
            id: ctx.request_id.clone(),
            method: known(request.method()),
            route: request.extensions().get::<MatchedPath>().cloned(),
        });
        let realm = request.extensions().get::<RequestRealm>().cloned();
        // A browser that navigates to a URL gets pages. Scripts and other clients get problem documents. Browsers
        // only submit forms that belong to a page.
        let is_read = [Method::GET, Method::HEAD].contains(request.method());
        let is_form = request.extensions().get::<MatchedPath>().is_some_and(|route| is_page(route.as_str()));
        let asks_for_a_page = Accepted::of(request.headers().get_all(ACCEPT)).asks_for_a_page();
        let is_navigation = asks_for_a_page && (is_read || is_form);
        let usage = Arc::<Usage>::default();
        request.extensions_mut().insert(ctx.clone());
        request.extensions_mut().insert(Arc::clone(&usage));
        let admin = AdminCall::open(request);
        let is_at_admin_listener = request.extensions().get::<AtAdminListener>().is_some();
        Self { began, ctx, realm, usage, frame, is_navigation, is_at_admin_listener, admin }
    }

    /// Returns whether the client may access the admin pages. True for requests of other pages.
    fn is_admitted(&self, state: &AppState) -> bool {
        let is_of_admin = self.realm.as_ref().is_some_and(|RequestRealm(realm)| realm.name == RealmName::admin());
        !is_of_admin || state.admin.admits(self.ctx.client.ip, self.is_at_admin_listener)
    }

    /// Records a rejected request in the audit trail: all rejections of the admin API, and exceeded limits elsewhere.
    /// Other rejections are recorded by the operations.
    async fn note_refusal(&self, state: &AppState, kind: ErrorKind, code: &'static str) {
        if let Some(AdminCall { trace, realm }) = &self.admin {
            let Ok(administration) = state.service.administration(&self.ctx, &self.usage) else { return };
            let route = format!("{} {}", self.frame.method, self.frame.route());
            let (admin, is_presented) = (trace.admin(), trace.is_presented());
            let realm = realm.as_deref();
            let refused = RefusedRequest { admin, is_presented, kind, code, route: &route, realm };
            administration.note_refused_request(&refused).await;
        } else if let (Some(RequestRealm(realm)), ErrorKind::Limited(_)) = (&self.realm, kind) {
            state.service.scope(&self.ctx, realm, &self.usage).note_limit().await;
        }
    }

    fn close(self, state: &AppState, response: Response) -> Response {
        let Self { began, ctx, realm, usage, frame, is_navigation, .. } = self;
        frame.during(|| {
            let mut response = problem::finish(response, &ctx, realm.as_ref());
            if is_navigation {
                response = page::in_place_of_problem(state, &ctx, realm.as_ref(), response);
            }
            headers::protect(&state.info, realm.is_some(), &ctx, &usage, response.headers_mut());
            if state.is_stopping() {
                // Makes proxies send the next request over a new connection, to a server that keeps running.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            let status = response.status().as_u16();
            if state.is_measured {
                measure(&frame, status, began, &usage);
            }
            let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            tracing::info!(target: ANSWERED, status, micros, "answered");
            response
        })
    }
}

fn measure(frame: &RequestFrame, status: u16, began: Instant, usage: &Usage) {
    let (method, route, status) = (frame.method, frame.route().to_owned(), status.to_string());
    metrics::histogram!(HTTP_DURATION, "route" => route.clone()).record(began.elapsed().as_secs_f64());
    metrics::counter!(HTTP_REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    for limit in usage.reached() {
        metrics::counter!(LIMITS_REACHED, "limit" => limit.as_str()).increment(1);
    }
}

/// Returns whether a route is a sign-in page or a dashboard page.
fn is_page(route: &str) -> bool {
    if route == "/admin" || route.starts_with("/admin/") {
        return true;
    }
    let page = route.strip_prefix("/v1/{realm}/").and_then(|page| page.split('/').next());
    page.is_some_and(|page| ["signin", "signup", "signout", "account"].contains(&page))
}

/// Returns the name of a standard method, and `other` for the rest. Clients can send arbitrary methods, which must
/// not become metric labels.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}
