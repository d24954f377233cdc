//! No request takes for ever.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{problem, state::AppState};

pub(super) async fn bound(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(state.limits.time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => problem::timed_out().into_response(),
    }
}
