use axum::Json;
use portcullis_core::{
    admin::{Look, Manage},
    service::RealmStatus,
};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

use super::{
    answers::{Reason, without_filters},
    help::AdminEnded,
};
use crate::http::{
    extract::{AdminRequest, JsonBody, Query},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// A realm in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminRealm {
    #[schema(example = "User1")]
    name: String,
    /// `open`, `invite` or `closed`.
    #[schema(example = "open")]
    signup: &'static str,
}

/// Realms covered by the caller's grants.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminRealms {
    items: Vec<AdminRealm>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

refusals!(RealmsRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// List realms
///
/// Returns the realms covered by the caller's grants.
#[utoipa::path(
    operation_id = "admin_realms_realms",
    get, path = "/v1/admin/realms", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    responses((status = 200, description = "The realms", body = AdminRealms), RealmsRefusals)
)]
pub(crate) async fn realms(request: AdminRequest<Look>, query: Query) -> Result<Json<AdminRealms>, ApiError> {
    without_filters(query)?;
    let realms = request.verbs().realms_in_reach().into_iter();
    let items = realms.map(|RealmStatus { name, signup }| AdminRealm { name, signup }).collect();
    Ok(Json(AdminRealms { items, next: None, prev: None }))
}

/// A running server.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminNode {
    #[schema(example = "n4k0v6sq7t2m8g4c9e5r3n1h0j")]
    id: String,
    #[schema(example = "0.1.0")]
    version: String,
    /// Version of the database schema.
    #[schema(example = 12)]
    schema: u32,
    #[schema(example = "2026-11-28T09:00:00Z", format = DateTime)]
    started_at: String,
    #[schema(example = "2026-11-29T10:00:00Z", format = DateTime)]
    seen_at: String,
    /// Replication lag of the change log, in milliseconds.
    #[schema(example = 120, required)]
    lag_ms: Option<u64>,
    /// Whether Redis is currently in use; null if it is not configured.
    #[schema(example = json!(null), required)]
    redis: Option<bool>,
}

/// Servers that have reported recently.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminNodes {
    items: Vec<AdminNode>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

/// Maximum age of a server's last report.
const FRESH: Duration = Duration::from_secs(150);

/// List servers
///
/// Returns the servers that have reported within the last minutes.
#[utoipa::path(
    operation_id = "admin_realms_nodes",
    get, path = "/v1/admin/nodes", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    responses((status = 200, description = "The servers", body = AdminNodes), RealmsRefusals)
)]
pub(crate) async fn nodes(request: AdminRequest<Look>, query: Query) -> Result<Json<AdminNodes>, ApiError> {
    without_filters(query)?;
    let nodes = request.service().upkeep().nodes(request.ctx().now, FRESH).await?;
    let items = nodes.into_iter().map(|node| AdminNode {
        started_at: node.started_at().to_string(),
        seen_at: node.seen_at().to_string(),
        id: node.id,
        version: node.version,
        schema: node.schema,
        lag_ms: node.lag_ms,
        redis: node.redis,
    });
    Ok(Json(AdminNodes { items: items.collect(), next: None, prev: None }))
}

refusals!(EndSessionsRefusals: Problem [ADMIN, JSON, &[AUTH_STALE], Fields(&[field("reason", REASON_MISSING), field("nickname", FIELD_UNKNOWN)])]);

/// End all sessions of a realm
///
/// Requires the role `manager` and recent authentication.
#[utoipa::path(
    operation_id = "admin_realms_end_sessions",
    post, path = "/v1/admin/realms/{realm}/sessions/end", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(RealmPath),
    request_body = Reason,
    responses((status = 200, description = "Ended", body = AdminEnded), EndSessionsRefusals)
)]
pub(crate) async fn end_sessions(
    request: AdminRequest<Manage>,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<AdminEnded>, ApiError> {
    let reason = fields.take("reason");
    fields.refuse_unknown()?;
    Ok(Json(AdminEnded { ended: request.verbs().end_all_sessions(&reason).await? }))
}
