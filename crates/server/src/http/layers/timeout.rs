//! The request timeout. Work in progress is completed even after it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use super::scope::KeepAlive;
use crate::http::{problem, state::AppState};

pub(in crate::http) async fn bound(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let keep_alive = request.extensions().get::<KeepAlive>().cloned();
    let work = RunToCompletion(Some(Box::pin(next.run(request).in_current_span())), keep_alive);
    match tokio::time::timeout(state.bounds.time, work).await {
        Ok(response) => response,
        Err(_) => problem::timed_out().into_response(),
    }
}

/// Work that continues after the client has disconnected or received a timeout, because nothing may be aborted between a commit
/// and the update of the caches. It is spawned as a task only then, because spawning every request would be costly. It is still
/// counted towards the connection limit, so that a client cannot start more work by disconnecting.
struct RunToCompletion(Option<Pin<Box<dyn Future<Output = Response> + Send>>>, Option<KeepAlive>);

impl Future for RunToCompletion {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        // Taken out while it is polled, so that work that has panicked is not resumed.
        let Some(mut work) = self.0.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.0 = Some(work);
        }
        polled
    }
}

impl Drop for RunToCompletion {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            let keep_alive = self.1.take();
            runtime.spawn(async move {
                work.await;
                drop(keep_alive);
            });
        }
    }
}
