use data_encoding::BASE64URL_NOPAD;
use portcullis_core::{
    audit::{Chain, PublicAuditKey, StoredBlock},
    seal::Sealed,
    service::{ExportedLine, TrailRow},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::openapi;

/// Actor of an event.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditActor {
    /// `user`, `admin`, `key`, `cli`, `server` or `anonymous`.
    #[schema(example = "admin")]
    kind: String,
    #[schema(example = "7t2m8g4c9e5r3n1h0ja1k0v6sq", required)]
    id: Option<String>,
}

/// Client of a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditClient {
    #[schema(example = "203.0.113.7", required)]
    ip: Option<String>,
    #[schema(example = "Firefox on Linux", required)]
    device: Option<String>,
}

/// Client and note as stored, in base64url.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditSealed {
    #[schema(example = "q8Zk1bVt", required)]
    client: Option<String>,
    #[schema(example = json!(null), required)]
    note: Option<String>,
}

/// A row of the audit trail.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditRow {
    /// Exports only: `main` or `reads`.
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<&'static str>,
    /// Position in the chain; null until the row is sealed.
    #[schema(example = 41804, required)]
    position: Option<u64>,
    /// UUID (version 7). Sorts by time.
    #[schema(example = "019aca1e-6f0c-7a31-9d52-0c1f6f6f3c11")]
    id: String,
    #[schema(example = "2026-11-29T10:00:00.123Z", format = DateTime)]
    at: String,
    #[schema(example = "User1")]
    realm: String,
    #[schema(example = "user_locked")]
    event: String,
    /// `ok`, `refused` or `failed`.
    #[schema(example = "ok")]
    outcome: String,
    /// Reason for the rejection.
    #[schema(example = json!(null), required)]
    reason: Option<String>,
    /// Setting or limit that determined the outcome.
    #[schema(example = json!(null), required)]
    rule: Option<String>,
    actor: AdminAuditActor,
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja", required)]
    user: Option<String>,
    /// Keyed hash of an address that belongs to no user.
    #[schema(example = json!(null), required)]
    index: Option<String>,
    #[schema(example = json!(null), required)]
    session: Option<String>,
    #[schema(example = "c7r3n1h0ja1k0v6sq7t2m8g4c9")]
    request_id: String,
    /// Server that wrote the row.
    #[schema(example = "n4k0v6sq7t2m8g4c9e5r3n1h0j", required)]
    node: Option<String>,
    #[schema(schema_with = openapi::event_details)]
    details: Value,
    /// Null if masked or erased.
    #[schema(required)]
    client: Option<AdminAuditClient>,
    /// Reason given by an administrator; null if masked or erased.
    #[schema(example = "Reported stolen by the owner", required)]
    note: Option<String>,
    /// Number of events: 1, or the number of aggregated rejections.
    #[schema(example = 1)]
    count: u64,
    /// Encrypted client and note, as stored. Only in exports.
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<AdminAuditSealed>,
}

fn base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

impl From<TrailRow> for AdminAuditRow {
    fn from(TrailRow { position, entry, client, note }: TrailRow) -> Self {
        Self {
            chain: None,
            position,
            id: entry.id.to_string(),
            at: entry.at.to_string(),
            realm: entry.realm.to_string(),
            event: entry.event,
            outcome: entry.outcome,
            reason: entry.reason,
            rule: entry.rule,
            actor: AdminAuditActor { kind: entry.actor_kind, id: entry.actor_id },
            user: entry.user.map(|user| user.as_str().to_owned()),
            index: entry.index.map(|index| base64(&index.0)),
            session: entry.session.map(|session| session.as_str().to_owned()),
            request_id: entry.request_id.as_str().to_owned(),
            node: entry.node,
            details: serde_json::from_str(&entry.details).unwrap_or_default(),
            client: client.map(|client| AdminAuditClient { ip: client.ip, device: client.device }),
            note,
            count: entry.count,
            sealed: None,
        }
    }
}

impl AdminAuditRow {
    /// Returns a row with its chain and its encrypted fields as stored.
    fn exported(row: TrailRow) -> Self {
        let chain = Some(Chain::of(&row.entry.event).as_str());
        let stored = |sealed: &Option<Sealed>| sealed.as_ref().map(|sealed| base64(sealed.as_bytes()));
        let sealed = AdminAuditSealed { client: stored(&row.entry.client), note: stored(&row.entry.note) };
        Self { chain, sealed: Some(sealed), ..row.into() }
    }
}

/// A signed block of rows.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditBlock {
    /// `main` or `reads`.
    #[schema(example = "main")]
    chain: &'static str,
    /// Number of database restores so far, plus 1.
    #[schema(example = 1)]
    epoch: u64,
    #[schema(example = 412)]
    number: u64,
    /// Position of the first row.
    #[schema(example = 40961)]
    first: u64,
    #[schema(example = 41804)]
    last: u64,
    #[schema(example = 844)]
    count: u64,
    /// Time of the earliest row.
    #[schema(example = "2026-11-29T09:59:02.001Z", format = DateTime)]
    from: String,
    #[schema(example = "2026-11-29T10:00:00.123Z", format = DateTime)]
    to: String,
    /// SHA-256 digest of the rows, in base64url.
    #[schema(example = "q8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Y")]
    rows: String,
    /// Hash of the previous block.
    #[schema(example = "Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk0")]
    prev: String,
    #[schema(example = "1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bU")]
    hash: String,
    /// Identifier of the signing key.
    #[schema(example = "au5f3c11a9d52e6f0c")]
    kid: String,
    /// Ed25519 signature of the block, in base64url.
    #[schema(example = "Vtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zk1bVtq8Zg")]
    signature: String,
    /// Whether the rows were removed by `AUDIT_RETENTION`.
    #[schema(example = false)]
    pruned: bool,
    /// Exports only: truncated row digests, which identify a changed row.
    #[serde(skip_serializing_if = "Option::is_none")]
    marks: Option<String>,
}

impl From<StoredBlock> for AdminAuditBlock {
    fn from(StoredBlock { block, is_pruned, .. }: StoredBlock) -> Self {
        Self {
            chain: block.chain.as_str(),
            epoch: block.epoch,
            number: block.number,
            first: block.first,
            last: block.last,
            count: block.count,
            from: block.from.to_string(),
            to: block.to.to_string(),
            rows: base64(&block.rows),
            prev: base64(&block.prev),
            hash: base64(&block.hash),
            kid: block.kid,
            signature: base64(&block.signature),
            pruned: is_pruned,
            marks: None,
        }
    }
}

/// A line of an export: a row, or a block. The rows of a block precede it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AdminAuditLine {
    Row(Box<AdminAuditRow>),
    Block(Box<AdminAuditBlock>),
}

impl From<ExportedLine> for AdminAuditLine {
    fn from(line: ExportedLine) -> Self {
        match line {
            ExportedLine::Row(row) => Self::Row(Box::new(AdminAuditRow::exported(*row))),
            ExportedLine::Block(stored) => {
                let marks = Some(base64(&stored.marks));
                Self::Block(Box::new(AdminAuditBlock { marks, ..(*stored).into() }))
            }
        }
    }
}

/// A public audit key.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAuditKey {
    #[schema(example = "au5f3c11a9d52e6f0c")]
    kid: String,
    #[schema(example = "2026-11-29T09:00:00Z", format = DateTime)]
    created_at: String,
    /// Ed25519 key in PEM.
    #[schema(
        example = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
    )]
    public_key: String,
}

impl From<PublicAuditKey> for AdminAuditKey {
    fn from(key: PublicAuditKey) -> Self {
        Self { public_key: key.to_pem(), created_at: key.created_at.to_string(), kid: key.kid }
    }
}
