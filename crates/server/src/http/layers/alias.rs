//! The alias of a path without a version: `/User1/create` is `/v1/User1/create`, permanently, and `/User1/` is `/User1`. The
//! realm is looked up here, once for each request.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    http::{Uri, uri::PathAndQuery},
    response::Response,
};
use portcullis_core::realm::Realm;
use tower::{Layer, Service};

use crate::http::state::AppState;

/// Realm of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestRealm(pub(crate) Arc<Realm>);

#[derive(Clone)]
pub(in crate::http) struct AliasLayer(AppState);

impl AliasLayer {
    pub(in crate::http) const fn new(state: AppState) -> Self {
        Self(state)
    }
}

impl<S> Layer<S> for AliasLayer {
    type Service = Alias<S>;

    fn layer(&self, inner: S) -> Alias<S> {
        Alias { state: self.0.clone(), inner }
    }
}

#[derive(Clone)]
pub(in crate::http) struct Alias<S> {
    state: AppState,
    inner: S,
}

impl<S> Service<Request> for Alias<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if let Some((realm, path)) = resolve(&self.state, request.uri().path()) {
            if let Some(uri) = with_path(request.uri(), &path) {
                *request.uri_mut() = uri;
            }
            request.extensions_mut().insert(RequestRealm(realm));
        }
        Box::pin(self.inner.call(request))
    }
}

/// Returns the realm that a path names, and the path with its version.
fn resolve(state: &AppState, path: &str) -> Option<(Arc<Realm>, String)> {
    let relative = path.strip_prefix("/v1/").or_else(|| path.strip_prefix('/'))?;
    let (name, rest) = relative.split_once('/').unwrap_or((relative, ""));
    let realm = state.service.realm(name)?;
    let full = if rest.is_empty() { format!("/v1/{name}") } else { format!("/v1/{name}/{rest}") };
    Some((Arc::clone(realm), full))
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}
