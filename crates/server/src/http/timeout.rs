//! No request takes for ever, and none is left in the middle.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use tracing::Instrument;

use super::{problem, state::AppState};

/// What was begun goes on although its client has gone or is told that it took too long: between a commit and what the process
/// remembers of it, nothing may be cut off.
pub(super) async fn bound(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let work = tokio::spawn(next.run(request).in_current_span());
    match tokio::time::timeout(state.limits.time, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(ended)) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Nobody ends a request's task but the end of the process.
            Err(_) => problem::timed_out().into_response(),
        },
        Err(_) => problem::timed_out().into_response(),
    }
}
