use axum::Json;
use portcullis_core::{
    admin::Look,
    service::{ListedMessage, ListedMessages, OutboxFilters},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{AdminRequest, Query},
    openapi::refusals,
    problem::ApiError,
    routes::Message,
};

/// A message, without its text, link or code.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutboxMessage {
    #[schema(example = "o7k0v6sq7t2m8g4c9e5r3n1h0j")]
    id: String,
    #[schema(example = "User1")]
    realm: String,
    #[schema(example = "verify_email")]
    kind: &'static str,
    /// `mail`, `sms` or `sms_status`.
    #[schema(example = "mail")]
    channel: &'static str,
    /// `waiting`, `retrying` after a failed attempt, or `dead` if delivery was abandoned.
    #[schema(example = "retrying")]
    state: &'static str,
    /// Masked recipient. Null if delivery was abandoned.
    #[schema(example = "j•••@e•••.com", required)]
    to: Option<String>,
    #[schema(example = "2026-11-29T10:00:00Z", format = DateTime)]
    created_at: String,
    #[schema(example = "2026-11-29T10:05:00Z", format = DateTime)]
    due_at: String,
    #[schema(example = 2)]
    attempts: u32,
    /// Fault of the latest failed attempt. `failed`: may pass. `rejected`: the provider rejected the message. `refused`: it
    /// rejected this server. `throttled`: it limited the rate. `unknown`: it may have accepted the message. `expired`: not
    /// delivered in time. Null without one.
    #[schema(example = "failed", required)]
    fault: Option<&'static str>,
}

impl From<ListedMessage> for OutboxMessage {
    fn from(message: ListedMessage) -> Self {
        let ListedMessage { id, realm, kind, channel, state, to, created_at, due_at, attempts, fault } = message;
        let (created_at, due_at) = (created_at.to_string(), due_at.to_string());
        Self { id, realm, kind, channel, state, to, created_at, due_at, attempts, fault }
    }
}

/// A page of messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutboxMessages {
    items: Vec<OutboxMessage>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

refusals!(ListRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID), field("user", VALUE_INVALID), field("state", VALUE_INVALID), field("channel", VALUE_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// List messages
///
/// Returns pending and abandoned messages of all realms within the grants, newest first. Requires
/// the role `auditor`.
#[utoipa::path(
    operation_id = "admin_outbox_list",
    get, path = "/v1/admin/outbox", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        ("realm" = Option<String>, Query, description = "Realm; default: all realms", pattern = "^[A-Za-z][A-Za-z0-9_-]{0,31}$", example = "User1"),
        ("user" = Option<String>, Query, description = "Identifier of a user: pending messages to the present address and number", example = "k3v0v6sq7t2m8g4c9e5r3n1h0j"),
        ("state" = Option<String>, Query, description = "`waiting`, `retrying` or `dead`", example = "dead"),
        ("channel" = Option<String>, Query, description = "`mail` or `sms`", example = "mail"),
        ("limit" = Option<u32>, Query, description = "Number of messages of a page, at most 200", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`next` or `prev` of another page", example = "AZt22qgAfR-KUgwfb28_Ebn0Xq3bq0mJYwq0d3o5m2Q"),
    ),
    responses((status = 200, description = "A page of messages", body = OutboxMessages), ListRefusals)
)]
pub(crate) async fn list(request: AdminRequest<Look>, query: Query) -> Result<Json<OutboxMessages>, ApiError> {
    let Query(mut fields) = query;
    let filters = OutboxFilters {
        realm: fields.take("realm"),
        user: fields.take("user"),
        state: fields.take("state"),
        channel: fields.take("channel"),
        limit: fields.take("limit"),
        cursor: fields.take("cursor"),
    };
    fields.refuse_unknown()?;
    let ListedMessages { items, next, prev } = request.verbs().outbox(&filters).await?;
    Ok(Json(OutboxMessages { items: items.into_iter().map(Into::into).collect(), next, prev }))
}

refusals!(RetryRefusals: Problem [ADMIN, &[OUTBOX_DEAD]]);

/// Send a message now
///
/// Makes the message due immediately. Requires the role `manager` in its realm.
#[utoipa::path(
    operation_id = "admin_outbox_retry",
    post, path = "/v1/admin/outbox/{id}/retry", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(("id" = String, Path, description = "Identifier of the message", example = "o7k0v6sq7t2m8g4c9e5r3n1h0j")),
    responses((status = 200, description = "The message", body = OutboxMessage), RetryRefusals)
)]
pub(crate) async fn retry(request: AdminRequest<Look>) -> Result<Json<OutboxMessage>, ApiError> {
    Ok(Json(request.verbs().retry_message(request.id()).await?.into()))
}

refusals!(DropRefusals: Problem [ADMIN]);

/// Drop a message
///
/// The message is never sent. Requires the role `manager` in its realm.
#[utoipa::path(
    operation_id = "admin_outbox_drop",
    delete, path = "/v1/admin/outbox/{id}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(("id" = String, Path, description = "Identifier of the message", example = "o7k0v6sq7t2m8g4c9e5r3n1h0j")),
    responses(
        (status = 200, description = "Dropped", body = Message, example = json!({"message": "Message dropped"})),
        DropRefusals,
    )
)]
pub(crate) async fn drop_message(request: AdminRequest<Look>) -> Result<Json<Message>, ApiError> {
    request.verbs().drop_message(request.id()).await?;
    Ok(Message::say("Message dropped"))
}
