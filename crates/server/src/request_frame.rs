//! The request that a task is working on. Each log line of the task refers to it.

use std::{future::Future, sync::Arc};

use axum::extract::MatchedPath;
use portcullis_core::id::RequestId;
use tokio::task_local;

/// Log target of completed requests.
pub(crate) const ANSWERED: &str = "portcullis::http::layers::scope";

/// Request data for the log. It contains the route and not the path, because paths and queries contain tokens.
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
    /// Returns the route, or `-` if no route matched.
    pub(crate) fn route(&self) -> &str {
        self.route.as_ref().map_or("-", MatchedPath::as_str)
    }

    /// Runs a future on behalf of this request.
    pub(crate) fn around<F: Future>(self: &Arc<Self>, work: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(Arc::clone(self), work)
    }

    /// Runs a function on behalf of this request.
    pub(crate) fn during<T>(self: &Arc<Self>, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(Arc::clone(self), work)
    }

    /// Returns the current request, or `None` outside of a request.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }
}
