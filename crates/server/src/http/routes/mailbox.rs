//! The development mailbox: for eyes on this machine only.

use std::net::IpAddr;

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Version,
        header::{CONTENT_SECURITY_POLICY, FORWARDED, HOST},
        request::Parts,
        uri::Authority,
    },
    response::{IntoResponse, Response},
};
use portcullis_core::{Error, message::Delivered};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{Circumstances, Wants},
        page,
        problem::Refusal,
        scope::Peer,
        state::AppState,
    },
    templates::Page,
};

/// The mails' own inline styles are shown in a sandboxed frame, which inherits this page's policy.
const CSP_MAILBOX: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// A message that would have been sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageAnswer {
    id: String,
    /// `mail` or `sms`.
    #[schema(example = "mail")]
    channel: &'static str,
    #[schema(example = "john.doe@example.com")]
    to: String,
    subject: String,
    text: String,
    html: String,
    /// The links in it.
    links: Vec<String>,
    /// The code in it; empty when there is none.
    code: String,
    #[schema(format = DateTime, example = "2026-01-01T00:00:00Z")]
    created_at: String,
}

impl std::fmt::Debug for MessageAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MessageAnswer({})", self.id)
    }
}

impl MessageAnswer {
    /// For trying the page out.
    pub(crate) fn sample() -> Self {
        Self {
            id: "1".to_owned(),
            channel: "mail",
            to: "john.doe@example.com".to_owned(),
            subject: "Hello".to_owned(),
            text: "Hello".to_owned(),
            html: "<p>Hello</p>".to_owned(),
            links: vec!["http://127.0.0.1:8000/User1/verify?token=sample".to_owned()],
            code: String::new(),
            created_at: "2026-01-01T00:00:00Z".to_owned(),
        }
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
        }
    }
}

/// The proof that the request comes from this machine itself, by no proxy and under no foreign name (DNS rebinding).
#[derive(Debug)]
pub(crate) struct AtHome;

impl FromRequestParts<AppState> for AtHome {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        let peer_is_home = parts.extensions.get::<Peer>().is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
        let is_home = peer_is_home && host_is_home(parts) && !was_forwarded(&parts.headers);
        if is_home { Ok(Self) } else { Err(Error::not_found().into()) }
    }
}

/// A browser that was led here under a foreign name says so in `Host`; old proxies speak HTTP/1.0 and say nothing at all.
fn host_is_home(parts: &Parts) -> bool {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Some(host) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else { return false };
    let name = host.host().trim_matches(['[', ']']);
    let is_plain = host.as_str().strip_prefix(host.host()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    let is_home = name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    is_plain && is_home && parts.version >= Version::HTTP_11
}

fn was_forwarded(headers: &HeaderMap) -> bool {
    const MARKS: [HeaderName; 6] = [
        FORWARDED,
        HeaderName::from_static("x-forwarded-for"),
        HeaderName::from_static("x-forwarded-host"),
        HeaderName::from_static("x-forwarded-proto"),
        HeaderName::from_static("x-real-ip"),
        HeaderName::from_static("via"),
    ];
    MARKS.iter().any(|mark| headers.contains_key(mark))
}

/// The development mailbox
///
/// What would have been sent, newest first: a page, or JSON for those who ask for it. To loopback only.
#[utoipa::path(get, path = "/dev/mailbox", tag = "Development", responses((status = 200, description = "HTML, or JSON", body = [MessageAnswer])))]
pub(crate) async fn page(
    _: AtHome,
    State(state): State<AppState>,
    Circumstances(ctx): Circumstances,
    wants: Wants,
) -> Response {
    if wants == Wants::Json {
        return Json(messages(&state)).into_response();
    }
    let messages = messages(&state);
    let mut response = page::render(&state, &ctx, "", StatusCode::OK, &Page::Mailbox { messages: &messages });
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, CSP_MAILBOX);
    response
}

/// The development mailbox as JSON
///
/// What would have been sent, newest first. To loopback only.
#[utoipa::path(get, path = "/dev/mailbox.json", tag = "Development", responses((status = 200, description = "The messages", body = [MessageAnswer])))]
pub(crate) async fn json(_: AtHome, State(state): State<AppState>) -> Json<Vec<MessageAnswer>> {
    Json(messages(&state))
}

fn messages(state: &AppState) -> Vec<MessageAnswer> {
    state.mailbox.iter().flat_map(|mailbox| mailbox.list()).map(MessageAnswer::from).collect()
}
