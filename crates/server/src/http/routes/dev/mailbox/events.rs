use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use portcullis_core::Error;

use crate::http::{extract::DeveloperOnly, openapi::refusals, problem::ApiError, state::AppState};

/// Interval of keep-alive comments, which detect closed connections.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

refusals!(EventsRefusals: Problem [&[NOT_FOUND]]);

/// Changes of the development mailbox
///
/// Server-sent events: one at the start, and one after each change. Loopback only.
#[utoipa::path(get, path = "/dev/mailbox/events", operation_id = "mailbox_events", tag = "Development", responses((status = 200, description = "Events without content: reload the mailbox", content_type = "text/event-stream", body = String), EventsRefusals))]
pub(crate) async fn events(_: DeveloperOnly, State(state): State<AppState>) -> Result<Response, ApiError> {
    let mailbox = state.mailbox.clone().ok_or_else(Error::not_found)?;
    let stopping = state.stopping.subscribe();
    let changes = futures_util::stream::unfold((mailbox, None, stopping), |(mailbox, seen, mut stopping)| async move {
        let seen = tokio::select! {
            seen = mailbox.changed(seen) => seen,
            // An open page would otherwise delay shutdown.
            _ = stopping.wait_for(|stopping| *stopping) => return None,
        };
        Some((Ok::<_, Infallible>(Event::default().data("changed")), (mailbox, Some(seen), stopping)))
    });
    Ok(Sse::new(changes).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE)).into_response())
}
