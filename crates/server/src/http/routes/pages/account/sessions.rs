use axum::{extract::State, response::Response};
use portcullis_core::{error::ErrorKind, factor::ListedDevice, session::device_name};

use super::{
    super::{activity, answer::show, confirm::person},
    go, say, turned,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::{AccountSessions, Gate, SessionRow},
};

const DONE: [&str; 3] = ["one", "others", "device"];

/// List sessions
///
/// Also lists the trusted devices.
#[utoipa::path(get, path = "/v1/{realm}/account/sessions", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn list(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    let (request, viewer) = (&signed_in.visit.request, &signed_in.viewer);
    let sessions = request.sessions().list(viewer).await.map_err(|error| turned(&signed_in, error))?;
    let trusted = request.second_factors().devices(viewer).await.map_err(|error| turned(&signed_in, error))?;
    let page = AccountSessions {
        gate: Gate { done: signed_in.visit.done(&DONE), ..Gate::default() },
        user: person(&signed_in),
        sessions: sessions.into_iter().map(|session| activity::session(session, request.ctx.now)).collect(),
        trusted: trusted.into_iter().map(row).collect(),
    };
    Ok(show(&state, &signed_in.visit, &page))
}

fn row(device: ListedDevice) -> SessionRow {
    SessionRow {
        id: device.id,
        current: false,
        device: device.client.agent.as_deref().and_then(device_name).unwrap_or_else(|| "Unknown device".to_owned()),
        icon: "shield",
        ip: device.client.ip.unwrap_or_default(),
        used: device.last_used_at.into(),
        opened: device.created_at.into(),
        how: "",
        is_new: false,
    }
}

/// End sessions
///
/// Ends one session or all other sessions, or revokes a trusted device.
#[utoipa::path(post, path = "/v1/{realm}/account/sessions", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn end(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let request = &signed_in.visit.request;
    let (id, device) = (fields.take("id"), fields.take("device"));
    let (done, result) = match (id.text(), device.text()) {
        (Some(id), _) => ("one", request.sessions().end_own(&owner, id).await),
        (None, Some(device)) => ("device", request.second_factors().distrust(&owner, Some(device)).await.map(drop)),
        (None, None) if fields.peek("action") == Some("sign_out") => {
            ("others", request.sessions().end_others(&owner).await.map(drop))
        }
        (None, None) => return Ok(go(&signed_in, "account/sessions")),
    };
    match result {
        // A session that has already ended is not an error.
        Err(error) if error.kind() != ErrorKind::NotFound => Err(turned(&signed_in, error)),
        _ => Ok(signed_in.renewed(&state, say(&state, &signed_in, "account/sessions", Says::Done(done))).await),
    }
}
