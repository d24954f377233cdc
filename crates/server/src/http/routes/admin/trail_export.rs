use axum::Json;
use portcullis_core::{
    admin::{Administer, Look},
    audit::PublicAuditKey,
    service::ExportForm,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::trail_answers::{AdminAuditBlock, AdminAuditKey, AdminAuditLine};
use crate::http::{
    extract::{AdminRequest, Query},
    openapi::refusals,
    problem::ApiError,
};

/// A page of blocks.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditBlocks {
    items: Vec<AdminAuditBlock>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

refusals!(BlocksRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID), field("chain", VALUE_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// List the blocks of the audit trail
///
/// Latest first. Each block is signed and contains the hash of the previous one. Requires the role `auditor`.
#[utoipa::path(
    operation_id = "admin_trail_blocks",
    get, path = "/v1/admin/audit/blocks", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        ("chain" = Option<String>, Query, description = "`main` (default), or `reads`: what administrators have read", example = "main"),
        ("limit" = Option<u32>, Query, description = "Number of blocks of a page, at most 200", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`next` or `prev` of another page", example = "AZt22qgAfR-KUgwfb28_Ebn0Xq3bq0mJYwq0d3o5m2Q"),
    ),
    responses((status = 200, description = "A page of blocks", body = AdminAuditBlocks), BlocksRefusals)
)]
pub(crate) async fn blocks(request: AdminRequest<Look>, query: Query) -> Result<Json<AdminAuditBlocks>, ApiError> {
    let Query(mut fields) = query;
    let (chain, limit, cursor) = (fields.take("chain"), fields.take("limit"), fields.take("cursor"));
    fields.refuse_unknown()?;
    let found = request.verbs().blocks(&chain, &limit, &cursor).await?;
    let items = found.items.into_iter().map(Into::into).collect();
    Ok(Json(AdminAuditBlocks { items, next: found.next, prev: found.prev }))
}

/// A page of an export, oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditExport {
    items: Vec<AdminAuditLine>,
    /// Cursor of the next page; null on the last one.
    #[schema(required, example = json!(null))]
    next: Option<String>,
    /// Current time of the server.
    #[schema(example = "2026-11-29T10:00:00.123Z", format = DateTime)]
    at: String,
    retention: AdminAuditRetention,
}

/// Retention of rows, in seconds.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditRetention {
    /// `AUDIT_RETENTION`.
    #[schema(example = 34_560_000)]
    main: u64,
    /// `AUDIT_RETENTION_READS`.
    #[schema(example = 7_776_000)]
    reads: u64,
}

refusals!(ExportRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("realm", FIELD_MISSING), field("from", TIME_INVALID), field("blocks", FIELD_NOT_BOOLEAN), field("nickname", FIELD_UNKNOWN)])]);

/// Export the audit trail
///
/// Returns rows, oldest first. With `blocks`, each block follows its rows, and the chain `reads` precedes `main`, so
/// that the export can be verified with the public key alone. Requires the role `owner` of the realm, and `owner@*`
/// for blocks, which contain rows of all realms. Exports are recorded in the audit
/// trail; their cursors are bound to the administrator, and expire after 4 hours.
#[utoipa::path(
    operation_id = "admin_trail_export",
    get, path = "/v1/admin/audit/export", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        ("realm" = Option<String>, Query, pattern = "^[A-Za-z][A-Za-z0-9_-]{0,31}$", description = "Realm; default: all realms, which requires `owner@*`", example = "User1"),
        ("from" = Option<String>, Query, description = "Earliest time (RFC 3339)", example = "2026-01-01T00:00:00Z"),
        ("to" = Option<String>, Query, description = "Exclusive upper bound of the time", example = "2027-01-01T00:00:00Z"),
        ("blocks" = Option<bool>, Query, description = "Whole blocks with their rows", example = true),
        ("sealed" = Option<bool>, Query, description = "Client and note stay sealed", example = true),
        ("cursor" = Option<String>, Query, description = "`next` of another page", example = "AZt22qgAfR-KUgwfb28_Ebn0Xq3bq0mJYwq0d3o5m2Q"),
    ),
    responses((status = 200, description = "A page of lines", body = AdminAuditExport), ExportRefusals)
)]
pub(crate) async fn export(request: AdminRequest<Look>, query: Query) -> Result<Json<AdminAuditExport>, ApiError> {
    let Query(mut fields) = query;
    let form = ExportForm {
        realm: fields.take("realm"),
        from: fields.take("from"),
        to: fields.take("to"),
        blocks: fields.take("blocks"),
        sealed: fields.take("sealed"),
        cursor: fields.take("cursor"),
    };
    fields.refuse_unknown()?;
    let page = request.verbs().export(&form).await?;
    let retention = AdminAuditRetention { main: page.retention.main.as_secs(), reads: page.retention.reads.as_secs() };
    let items = page.items.into_iter().map(Into::into).collect();
    Ok(Json(AdminAuditExport { items, next: page.next, at: page.at.to_string(), retention }))
}

/// Public audit keys, oldest first. The last one signs.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditKeys {
    items: Vec<AdminAuditKey>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

impl From<Vec<PublicAuditKey>> for AdminAuditKeys {
    fn from(keys: Vec<PublicAuditKey>) -> Self {
        Self { items: keys.into_iter().map(Into::into).collect(), next: None, prev: None }
    }
}

refusals!(KeysRefusals: Problem [ADMIN]);

/// List the public audit keys
///
/// Oldest first. Keep a copy in another place: it is needed to verify exports. Requires the role `owner@*`.
#[utoipa::path(
    operation_id = "admin_trail_keys",
    get, path = "/v1/admin/audit/keys", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    responses((status = 200, description = "The keys", body = AdminAuditKeys), KeysRefusals)
)]
pub(crate) async fn keys(request: AdminRequest<Administer>) -> Result<Json<AdminAuditKeys>, ApiError> {
    let keys = request.verbs().audit_keys().await?;
    Ok(Json(keys.into()))
}

refusals!(RotateRefusals: Problem [ADMIN, &[AUTH_STALE]]);

/// Create a new audit key
///
/// It signs from the next block on. The present key signs its announcement (`audit_key_changed`), so that an export can
/// be verified with the present public key too, while it contains that row. Earlier keys are kept: they verify earlier
/// blocks. Requires `owner@*` and recent authentication.
#[utoipa::path(
    operation_id = "admin_trail_rotate",
    post, path = "/v1/admin/audit/keys/rotate", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    responses((status = 200, description = "All keys", body = AdminAuditKeys), RotateRefusals)
)]
pub(crate) async fn rotate(request: AdminRequest<Administer>) -> Result<Json<AdminAuditKeys>, ApiError> {
    Ok(Json(request.verbs().rotate_audit_key().await?.into()))
}
