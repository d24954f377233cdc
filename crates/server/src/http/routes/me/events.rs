use axum::Json;
use portcullis_core::service::ListedEvents;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    answers::EventAnswer,
    extract::{Query, Viewing},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// A page of events.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventsAnswer {
    events: Vec<EventAnswer>,
    /// Cursor of the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
}

refusals!(EventsRefusals: Problem [REALM, BEARER, &[CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID)])]);

/// List the caller's events
///
/// Returns the events of the caller's account in the last 90 days, newest first: logins, failed logins and changes.
#[utoipa::path(
    get, path = "/v1/{realm}/me/events", tag = "Accounts", security(("bearer" = [])),
    params(
        RealmPath,
        ("limit" = Option<u32>, Query, description = "Number of events on a page, at most 200", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`next` of the previous page", example = "AZt22qgAfR-KUgwfb28_Ebn0Xq3bq0mJYwq0d3o5m2Q"),
    ),
    responses(
        (status = 200, description = "A page of the caller's events", body = EventsAnswer, example = json!({
            "events": [{
                "id": "019b76da-a800-7d1f-8a52-0c1f6f6f3c11", "at": "2026-01-01T00:00:00Z", "event": "logged_in", "outcome": "ok",
                "device": "Firefox on Linux", "ip": "203.0.113.7", "session": "qgfhl13dmdmn04qh7oqttabfms", "by": "user",
            }],
            "next": null,
        })),
        EventsRefusals,
    )
)]
pub(crate) async fn events(viewing: Viewing, mut query: Query) -> Result<Json<EventsAnswer>, ApiError> {
    let Viewing { request, viewer } = viewing;
    let ListedEvents { events, next } =
        request.audit_trail().events(&viewer, &query.take("limit"), &query.take("cursor")).await?;
    Ok(Json(EventsAnswer { events: events.into_iter().map(Into::into).collect(), next }))
}
