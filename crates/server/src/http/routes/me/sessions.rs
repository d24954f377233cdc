use std::collections::HashMap;

use axum::{Json, extract::Path};
use portcullis_core::{
    service::ListedSessions,
    session::{Amr, ListedSession, device_name},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, Query, Viewing},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

/// A session as shown to its owner.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    /// The `sid` claim of its access tokens.
    id: String,
    /// `api`: created by a login through the API. `browser`: by the pages. `client`: by an OpenID Connect client.
    kind: &'static str,
    /// Whether the access token of this request belongs to it.
    current: bool,
    #[schema(format = DateTime)]
    created_at: String,
    /// Time of the last refresh, or of the login if there was none.
    #[schema(format = DateTime)]
    last_used_at: String,
    /// Time of the last authentication. A refresh does not change it.
    #[schema(format = DateTime)]
    auth_time: String,
    /// Authentication context class: one factor.
    acr: &'static str,
    /// Authentication methods (RFC 8176).
    amr: Vec<&'static str>,
    /// Name of the browser and operating system; null if not recognised.
    #[schema(required)]
    device: Option<String>,
    /// IP address of the login; null if unknown.
    #[schema(required)]
    ip: Option<String>,
    /// Client application of a session of the kind `client`. Null for all others.
    #[schema(required)]
    client: Option<SessionApplication>,
    /// Latest expiry, even if the session is in use.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Expiry if the session is not refreshed again.
    #[schema(format = DateTime)]
    idle_until: String,
    /// Whether it is an impersonation session of an administrator.
    impersonated: bool,
}

/// Client of a session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionApplication {
    id: String,
    name: String,
}

/// A page of the caller's sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsAnswer {
    sessions: Vec<SessionAnswer>,
    /// Cursor of the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
}

impl From<ListedSession> for SessionAnswer {
    fn from(session: ListedSession) -> Self {
        Self {
            id: session.id.to_string(),
            kind: session.kind.as_str(),
            current: session.is_current,
            created_at: session.created_at.to_string(),
            last_used_at: session.last_used_at.to_string(),
            auth_time: session.auth_time.to_string(),
            acr: session.acr,
            amr: session.amr.into_iter().map(Amr::as_str).collect(),
            device: session.client.agent.as_deref().and_then(device_name),
            ip: session.client.ip,
            client: session.application.map(|(id, name)| SessionApplication { id: id.as_str().to_owned(), name }),
            expires_at: session.expires_at.to_string(),
            idle_until: session.idle_until.to_string(),
            impersonated: session.is_impersonated,
        }
    }
}

refusals!(SessionsRefusals: Problem [REALM, BEARER, &[CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID)])]);

/// List the caller's sessions
///
/// Returns the live sessions of the caller, most recently used first.
#[utoipa::path(
    get, path = "/v1/{realm}/me/sessions", tag = "Accounts", security(("bearer" = [])),
    params(
        RealmPath,
        ("limit" = Option<u32>, Query, description = "Number of sessions of a page, at most 200", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`next` of the page before", example = "C1mJYwq0d3o5m2QZt22qgDE3NjcyMjU2MDAwMDAvcWdmaGwxM2Q"),
    ),
    responses(
        (status = 200, description = "A page of the caller's live sessions", body = SessionsAnswer, example = json!({
            "sessions": [{
                "id": "qgfhl13dmdmn04qh7oqttabfms", "kind": "api", "current": true,
                "created_at": "2026-01-01T09:00:00Z", "last_used_at": "2026-01-01T10:02:11Z",
                "auth_time": "2026-01-01T09:00:00Z", "acr": "urn:portcullis:aal1", "amr": ["pwd"],
                "device": "Firefox on Linux", "ip": "203.0.113.7", "client": null,
                "expires_at": "2026-04-01T09:00:00Z", "idle_until": "2026-01-31T10:02:11Z", "impersonated": false,
            }],
            "next": null,
        })),
        SessionsRefusals,
    )
)]
pub(crate) async fn sessions(viewing: Viewing, mut query: Query) -> Result<Json<SessionsAnswer>, ApiError> {
    let Viewing { request, viewer } = viewing;
    let ListedSessions { sessions, next } =
        request.sessions().page(&viewer, &query.take("limit"), &query.take("cursor")).await?;
    Ok(Json(SessionsAnswer { sessions: sessions.into_iter().map(Into::into).collect(), next }))
}

refusals!(EndSessionRefusals: Problem [REALM, OWNER]);

/// End a session
///
/// Ends one of the caller's sessions on every server. Ending the current session is a logout.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/sessions/{id}", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath, ("id" = String, Path, description = "Identifier of the session, from the list", example = "qgfhl13dmdmn04qh7oqttabfms")),
    responses(
        (status = 200, description = "Ended", body = Message, example = json!({"message": "Session ended"})),
        EndSessionRefusals,
    )
)]
pub(crate) async fn end(
    authenticated: Authenticated,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Json<Message>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let id = path.get("id").map(String::as_str).unwrap_or_default();
    request.sessions().end_own(&owner, id).await?;
    Ok(Message::say("Session ended"))
}

/// Number of sessions ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndedAnswer {
    #[schema(example = 2)]
    ended: usize,
}

refusals!(EndOthersRefusals: Problem [REALM, OWNER]);

/// End all other sessions
///
/// Ends all sessions of the caller except the session of this request.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/sessions", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "Ended", body = EndedAnswer),
        EndOthersRefusals,
    )
)]
pub(crate) async fn end_others(authenticated: Authenticated) -> Result<Json<EndedAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    Ok(Json(EndedAnswer { ended: request.sessions().end_others(&owner).await? }))
}
