use portcullis_core::audit::ListedEvent;
use serde::Serialize;
use utoipa::ToSchema;

/// An event as shown to the user it concerns.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventAnswer {
    #[schema(example = "019b76da-a800-7d1f-8a52-0c1f6f6f3c11")]
    id: String,
    #[schema(example = "2026-01-01T00:00:00Z", format = DateTime)]
    at: String,
    /// Stable name of the event.
    #[schema(example = "logged_in")]
    event: String,
    /// `ok`, `refused` or `failed`.
    #[schema(example = "ok")]
    outcome: String,
    /// Name of the browser and operating system; null if not recognised.
    #[schema(example = "Firefox on Linux", required)]
    device: Option<String>,
    /// IP address; null if unknown.
    #[schema(example = "203.0.113.7", required)]
    ip: Option<String>,
    /// Session that made the request or was created by it.
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms", required)]
    session: Option<String>,
    /// `user`, `admin` or `server`.
    #[schema(example = "user")]
    by: &'static str,
}

impl From<ListedEvent> for EventAnswer {
    fn from(event: ListedEvent) -> Self {
        Self {
            id: event.id.to_string(),
            at: event.at.to_string(),
            event: event.event,
            outcome: event.outcome,
            device: event.client.device,
            ip: event.client.ip,
            session: event.session.map(|session| session.to_string()),
            by: event.by,
        }
    }
}
