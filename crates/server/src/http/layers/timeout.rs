//! The request timeout. Work in progress is completed after the timeout.

use std::{
    convert::Infallible,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;

use super::scope::KeepAlive;
use crate::{http::problem, request_frame::RequestFrame};

/// Returns the response of `work` within this time. A panic becomes an error response.
pub(super) async fn bound(
    time: Duration,
    keep_alive: Option<KeepAlive>,
    work: impl Future<Output = Result<Response, Infallible>> + Send + 'static,
) -> Response {
    let work = AssertUnwindSafe(work).catch_unwind().map(|done| match done {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => problem::panicked().into_response(),
    });
    let work: Work = match RequestFrame::current() {
        Some(frame) => Box::pin(frame.around(work)),
        None => Box::pin(work),
    };
    match tokio::time::timeout(time, RunToCompletion(Some(work), keep_alive)).await {
        Ok(response) => response,
        Err(_) => problem::timed_out().into_response(),
    }
}

type Work = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Work that continues after the client has disconnected or the request has timed out, because nothing may be
/// cancelled between a commit and the update of the caches. Only then is it spawned as a task, because spawning every
/// request would be costly. It still occupies a connection permit, so that clients cannot start more work by
/// disconnecting.
struct RunToCompletion(Option<Work>, Option<KeepAlive>);

impl Future for RunToCompletion {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        // Taken while it is polled, so that work that has panicked is not polled again.
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
            let (keep_alive, frame) = (self.1.take(), RequestFrame::current());
            runtime.spawn(async move {
                let unsent = work.await;
                if let Some(frame) = frame {
                    frame.during(|| problem::note_unsent(&unsent));
                }
                drop(keep_alive);
            });
        }
    }
}
