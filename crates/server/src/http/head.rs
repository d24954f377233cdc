//! Error response to a request whose head cannot be parsed.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use portcullis_core::{Ctx, limit::Usage};

use crate::metrics::HTTP_REQUESTS;

use super::{layers::headers, problem, state::AppState};

/// Returns headers and body of the error response with this status.
pub(crate) type RefuseHead = Arc<dyn Fn(StatusCode) -> (HeaderMap, Bytes) + Send + Sync>;

pub(super) fn refuse(state: &AppState, status: StatusCode) -> (HeaderMap, Bytes) {
    let ctx = Ctx::new(&*state.clock, Arc::clone(&state.random), Default::default());
    let (mut headers, body) = problem::of_head(status, &ctx);
    headers::protect(&state.info, false, &ctx, &Usage::default(), &mut headers);
    metrics::counter!(HTTP_REQUESTS, "method" => "other", "route" => "-", "status" => status.as_str().to_owned())
        .increment(1);
    tracing::info!(id = %ctx.request_id, status = status.as_u16(), "answered");
    (headers, body)
}
