//! The request that a task works for. Every log line that the task writes names it.

use std::{future::Future, sync::Arc};

use axum::extract::MatchedPath;
use portcullis_core::id::RequestId;
use tokio::task_local;

/// Target of the line of an answered request.
pub(crate) const ANSWERED: &str = "portcullis::http::layers::scope";

/// What the log says of a request. Paths and queries contain tokens, so it has the route.
#[derive(Clone, Debug)]
pub(crate) struct RequestFrame {
    pub(crate) id: RequestId,
    pub(crate) method: &'static str,
    pub(crate) route: Option<MatchedPath>,
}

task_local! {
    static CURRENT: Arc<RequestFrame>;
}

impl RequestFrame {
    /// Returns the route, `-` for a path without one.
    pub(crate) fn route(&self) -> &str {
        self.route.as_ref().map_or("-", MatchedPath::as_str)
    }

    /// Works for this request.
    pub(crate) fn around<F: Future>(self: &Arc<Self>, work: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(Arc::clone(self), work)
    }

    /// Works for this request, without a wait.
    pub(crate) fn during<T>(self: &Arc<Self>, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(Arc::clone(self), work)
    }

    /// Returns the request that is worked for; none outside of one.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }
}
