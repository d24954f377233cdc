//! The development mailbox. Only accessible from this machine.

mod events;
mod frame;

pub(crate) use events::*;
pub(crate) use frame::*;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_SECURITY_POLICY},
    response::{IntoResponse, Redirect, Response},
};
use portcullis_core::message::Delivered;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{DeveloperOnly, PreferredFormat, Query, RequestContext, SameOrigin},
        layers::headers::CSP_DEVELOPMENT,
        openapi::refusals,
        page,
        state::AppState,
    },
    templates::dev::{Mailbox, MailboxView},
};

/// A captured message.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageAnswer {
    #[schema(example = "6b0v3t8q5m1x")]
    id: String,
    /// `mail`, `sms` or `totp`. The last one is the current code of an authenticator app.
    #[schema(example = "mail")]
    channel: &'static str,
    #[schema(example = "john.doe@example.com")]
    to: String,
    #[schema(example = "Confirm your email address for Portcullis")]
    subject: String,
    #[schema(example = "Hello,\n\nopen this link within 24 hours to confirm your address: …")]
    text: String,
    #[schema(example = "<p>Hello,</p>")]
    html: String,
    /// Links in the message.
    #[schema(example = json!(["http://localhost:8000/User1/verify?token=uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM"]))]
    links: Vec<String>,
    /// Code in the message. Empty if there is none.
    #[schema(example = "")]
    code: String,
    #[schema(format = DateTime, example = "2026-01-01T00:00:00Z")]
    created_at: String,
    /// Setting whose limit prevented the message. Such a message has no links and no code.
    #[schema(example = json!(null))]
    withheld: Option<String>,
}

impl std::fmt::Debug for MessageAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MessageAnswer({})", self.id)
    }
}

impl From<Delivered> for MessageAnswer {
    fn from(message: Delivered) -> Self {
        Self {
            id: message.id,
            channel: message.channel.as_str(),
            to: message.to,
            subject: message.subject,
            text: message.text,
            html: message.html,
            links: message.links,
            code: message.code.unwrap_or_default(),
            created_at: message.created_at.to_string(),
            withheld: message.withheld,
        }
    }
}

refusals!(PageRefusals: Problem [QUERY, &[NOT_FOUND]]);

/// The development mailbox
///
/// Captured messages, newest first, as an HTML page with live updates, or as JSON if requested. Loopback only.
#[utoipa::path(
    get, path = "/dev/mailbox", operation_id = "mailbox", tag = "Development",
    params(
        ("message" = Option<String>, Query, description = "Message to show. The default is the newest one", example = "6b0v3t8q5m1x"),
        ("view" = Option<String>, Query, description = "`html`, `text` or `source`", example = "html"),
        ("search" = Option<String>, Query, description = "Shows only messages whose recipient or subject contains this text", example = "john"),
    ),
    responses(
        (status = 200, description = "HTML, or JSON", content((Vec<MessageAnswer> = "application/json"), (String = "text/html"))),
        PageRefusals,
    )
)]
pub(crate) async fn page(
    local: DeveloperOnly,
    State(state): State<AppState>,
    RequestContext(ctx): RequestContext,
    format: PreferredFormat,
    mut query: Query,
) -> Response {
    if format == PreferredFormat::Json {
        return json(local, State(state)).await.into_response();
    }
    let (id, view, search) = (query.take("message"), query.take("view"), query.take("search"));
    let search = search.text().unwrap_or_default().trim();
    let mut messages = messages(&state);
    messages.retain(|message| is_found(message, search));
    let named = messages.iter().find(|message| id.text() == Some(&message.id));
    let shown = named.or(messages.first());
    let view = view_of(shown, view.text());
    let page =
        Mailbox { server: state.dev_server(), messages: &messages, shown, is_named: named.is_some(), view, search };
    let mut response = page::render(&state, &ctx, &state.info.first_realm, StatusCode::OK, &page);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, CSP_DEVELOPMENT);
    response
}

/// Returns whether the recipient or the subject contains the text, ignoring case.
fn is_found(message: &Delivered, search: &str) -> bool {
    let search = search.to_lowercase();
    [&message.to, &message.subject].into_iter().any(|text| text.to_lowercase().contains(&search))
}

/// Returns the requested view. Falls back to text if a message has no HTML.
fn view_of(message: Option<&Delivered>, wanted: Option<&str>) -> MailboxView {
    match wanted {
        _ if message.is_none_or(|message| message.html.is_empty()) => MailboxView::Text,
        Some("text") => MailboxView::Text,
        Some("source") => MailboxView::Source,
        _ => MailboxView::Html,
    }
}

refusals!(JsonRefusals: Problem [&[NOT_FOUND]]);

/// The development mailbox as JSON
///
/// Captured messages, newest first. Loopback only.
#[utoipa::path(get, path = "/dev/mailbox.json", operation_id = "mailbox_json", tag = "Development", responses((status = 200, description = "The messages", body = [MessageAnswer]), JsonRefusals))]
pub(crate) async fn json(_: DeveloperOnly, State(state): State<AppState>) -> Json<Vec<MessageAnswer>> {
    Json(messages(&state).into_iter().map(MessageAnswer::from).collect())
}

refusals!(ClearRefusals: Problem [&[NOT_FOUND, CROSS_SITE]]);

/// Empty the development mailbox
///
/// Deletes all messages and redirects to the page. Loopback only. Cross-site forms are rejected.
#[utoipa::path(
    post, path = "/dev/mailbox/clear", operation_id = "clear_mailbox", tag = "Development",
    responses(
        (status = 303, description = "The mailbox is empty", headers(("Location" = String, description = "The page"))),
        ClearRefusals,
    )
)]
pub(crate) async fn clear(_: DeveloperOnly, _: SameOrigin, State(state): State<AppState>) -> Redirect {
    state.mailbox.iter().for_each(|mailbox| mailbox.clear());
    // Relative to this route, so that it works with any path in PUBLIC_URL.
    Redirect::to("../mailbox")
}

fn messages(state: &AppState) -> Vec<Delivered> {
    state.mailbox.iter().flat_map(|mailbox| mailbox.list()).collect()
}
