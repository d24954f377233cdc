//! The frame of one request: its context, its log line, and the headers of its answer.

use std::{any::Any, net::SocketAddr, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{
        HeaderValue, Method,
        header::{ACCEPT, CONNECTION},
    },
    middleware::Next,
    response::Response,
};
use portcullis_core::{Ctx, limit::Usage};
use tracing::Instrument;

use super::{alias::RequestRealm, client, headers};
use crate::{
    http::{extract::Accepted, page, problem, state::AppState},
    metrics::{HTTP_DURATION, HTTP_REQUESTS, LIMITS_REACHED},
};

/// Address of the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// A resource, such as a place among the connections, that is held until the work for a request has ended.
#[derive(Clone, Debug)]
pub(crate) struct KeepAlive(#[expect(dead_code, reason = "only dropped")] Arc<dyn Any + Send + Sync>);

impl KeepAlive {
    pub(crate) fn new(what: impl Any + Send + Sync) -> Self {
        Self(Arc::new(what))
    }
}

pub(in crate::http) async fn scope(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    client::warn_of_unknown_proxy(&state.unknown_proxy, peer, request.headers(), &state.proxies);
    let client = client::client(peer, request.headers(), &state.proxies);
    let ctx = Ctx::new(&*state.clock, Arc::clone(&state.random), client);
    // The route, not the path: paths and queries contain tokens.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let realm = request.extensions().get::<RequestRealm>().cloned();
    // A browser that opens an address gets pages; its scripts and other clients get problem documents.
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    let is_navigation = is_read && Accepted::of(request.headers().get_all(ACCEPT)).asks_for_a_page();
    let method = known(request.method());
    let span = tracing::info_span!("request", id = %ctx.request_id, method, route);
    let usage = Arc::<Usage>::default();
    request.extensions_mut().insert(ctx.clone());
    request.extensions_mut().insert(Arc::clone(&usage));

    async move {
        let began = Instant::now();
        let mut response = problem::finish(next.run(request).await, &ctx, realm.as_ref());
        if is_navigation {
            response = page::in_place_of_problem(&state, &ctx, realm.as_ref(), response);
        }
        headers::protect(&state.info, realm.is_some(), &ctx, &usage, response.headers_mut());
        if state.is_stopping() {
            // A proxy sends its next request over another connection, to a server that stays.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        measure(method, route.clone(), &response, began, &usage);
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(status = response.status().as_u16(), micros = took, "answered");
        response
    }
    .instrument(span)
    .await
}

fn measure(method: &'static str, route: String, response: &Response, began: Instant, usage: &Usage) {
    let status = response.status().as_u16().to_string();
    metrics::histogram!(HTTP_DURATION, "route" => route.clone()).record(began.elapsed().as_secs_f64());
    metrics::counter!(HTTP_REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    for limit in usage.reached() {
        metrics::counter!(LIMITS_REACHED, "limit" => limit.as_str()).increment(1);
    }
}

/// Returns the name of a standard method, `other` for the rest: a client may send any word, which must not become a label.
fn known(method: &Method) -> &'static str {
    let usual = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
    ];
    let words = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
    usual.iter().zip(words).find(|(usual, _)| *usual == method).map_or("other", |(_, word)| word)
}
