use axum::Json;
use portcullis_core::{admin::Look, service::TrailFilters};
use serde::Serialize;
use utoipa::ToSchema;

use super::trail_answers::AdminAuditRow;
use crate::http::{
    extract::{AdminRequest, Fields, JsonBody, Query},
    openapi::refusals,
    problem::ApiError,
};

/// A page of the audit trail.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAudit {
    items: Vec<AdminAuditRow>,
    /// Cursor of the next page; null on the last one.
    #[schema(required, example = json!(null))]
    next: Option<String>,
    /// Cursor of the previous page; null on the first one.
    #[schema(required, example = json!(null))]
    prev: Option<String>,
    /// Whether the page is complete. A query reads at most 100,000 rows; otherwise `next` continues it.
    #[schema(example = true)]
    complete: bool,
}

fn filters(fields: &mut Fields) -> TrailFilters {
    TrailFilters {
        realm: fields.take("realm"),
        user: fields.take("user"),
        event: fields.take("event"),
        actor: fields.take("actor"),
        outcome: fields.take("outcome"),
        request_id: fields.take("request_id"),
        session: fields.take("session"),
        from: fields.take("from"),
        to: fields.take("to"),
        limit: fields.take("limit"),
        cursor: fields.take("cursor"),
        ..TrailFilters::default()
    }
}

async fn answer(request: &AdminRequest<Look>, filters: &TrailFilters) -> Result<Json<AdminAudit>, ApiError> {
    let found = request.verbs().trail(filters).await?;
    let items = found.items.into_iter().map(Into::into).collect();
    Ok(Json(AdminAudit { items, next: found.next, prev: found.prev, complete: found.complete }))
}

refusals!(ListRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID), field("event", VALUE_INVALID), field("user", FIELD_MISSING), field("from", TIME_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// List the audit trail
///
/// Newest first. Requires the role `auditor`, for which client and note are null. With only the role `support`,
/// `user` is required. Rows of the administrators' realm require `owner@*`.
#[utoipa::path(
    operation_id = "admin_trail_list",
    get, path = "/v1/admin/audit", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        ("realm" = Option<String>, Query, pattern = "^[A-Za-z][A-Za-z0-9_-]{0,31}$", description = "Realm; default: all accessible realms", example = "User1"),
        ("user" = Option<String>, Query, description = "User whom the rows are about", example = "1k0v6sq7t2m8g4c9e5r3n1h0ja"),
        ("event" = Option<String>, Query, description = "Name of an event", example = "user_locked"),
        ("actor" = Option<String>, Query, description = "Identifier of the actor", example = "7t2m8g4c9e5r3n1h0ja1k0v6sq"),
        ("outcome" = Option<String>, Query, description = "`ok`, `refused` or `failed`", example = "ok"),
        ("request_id" = Option<String>, Query, description = "Identifier of a request", example = "c7r3n1h0ja1k0v6sq7t2m8g4c9"),
        ("session" = Option<String>, Query, description = "Identifier of a session", example = "s9e5r3n1h0ja1k0v6sq7t2m8g4"),
        ("from" = Option<String>, Query, description = "Earliest time (RFC 3339)", example = "2026-01-01T00:00:00Z"),
        ("to" = Option<String>, Query, description = "Exclusive upper bound of the time", example = "2027-01-01T00:00:00Z"),
        ("limit" = Option<u32>, Query, description = "Number of rows of a page, at most 200", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`next` or `prev` of another page", example = "AZt22qgAfR-KUgwfb28_Ebn0Xq3bq0mJYwq0d3o5m2Q"),
    ),
    responses((status = 200, description = "A page of rows", body = AdminAudit), ListRefusals)
)]
pub(crate) async fn list(request: AdminRequest<Look>, query: Query) -> Result<Json<AdminAudit>, ApiError> {
    let Query(mut fields) = query;
    let filters = filters(&mut fields);
    fields.refuse_unknown()?;
    answer(&request, &filters).await
}

/// A search. The address is part of the body, never of the URL.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminAuditSearch {
    /// Full email address, of a user or not. Requires `realm` and the role `support`.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    #[schema(example = "User1")]
    realm: Option<String>,
    user: Option<String>,
    event: Option<String>,
    actor: Option<String>,
    outcome: Option<String>,
    request_id: Option<String>,
    session: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

refusals!(SearchRefusals: Problem [ADMIN, JSON, &[CURSOR_INVALID], Fields(&[field("email", EMAIL_INVALID), field("realm", FIELD_MISSING), field("limit", LIMIT_INVALID), field("event", VALUE_INVALID), field("from", TIME_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Search the audit trail
///
/// Accepts the filters of the list and `email`, which is looked up by its keyed hash.
#[utoipa::path(
    operation_id = "admin_trail_search",
    post, path = "/v1/admin/audit/search", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    request_body = AdminAuditSearch,
    responses((status = 200, description = "A page of rows", body = AdminAudit), SearchRefusals)
)]
pub(crate) async fn search(
    request: AdminRequest<Look>,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<AdminAudit>, ApiError> {
    let email = fields.take("email");
    let filters = TrailFilters { email, ..filters(&mut fields) };
    fields.refuse_unknown()?;
    answer(&request, &filters).await
}
