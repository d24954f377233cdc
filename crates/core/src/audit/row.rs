use super::{Actor, AuditId, Details, Event, Outcome};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{NodeId, RealmName, RequestId, SessionId, UserId},
    seal::{BlindIndex, Sealed},
};

/// A row of the audit trail. Email addresses occur only as blind indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    pub id: AuditId,
    pub at: Timestamp,
    pub realm: RealmName,
    pub event: Event,
    pub outcome: Outcome,
    /// Reason for a rejection, as a stable code.
    pub reason: Option<&'static str>,
    /// Setting or limit that determined the outcome.
    pub rule: Option<&'static str>,
    pub actor: Actor,
    /// User whom the event concerns, if known.
    pub user: Option<UserId>,
    /// Blind index of an address that matched no user.
    pub index: Option<BlindIndex>,
    /// Session that made the request or was created by it.
    pub session: Option<SessionId>,
    pub request_id: RequestId,
    /// Process that wrote the row.
    pub node: Option<NodeId>,
    pub details: Details,
    /// [`AuditClient`](super::AuditClient), sealed under the data key of the user whom the row concerns, or under the
    /// realm's audit key if there is no user.
    pub client: Option<Sealed>,
    /// Reason given by an administrator, sealed like the client.
    pub note: Option<Sealed>,
    /// Number of events: 1, or the number of aggregated rejections.
    pub count: u64,
}

/// A row of the audit trail as read from the store. Outcomes and actors are strings because another version may have
/// written them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: AuditId,
    pub at: Timestamp,
    pub realm: RealmName,
    pub event: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub rule: Option<String>,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub user: Option<UserId>,
    pub index: Option<BlindIndex>,
    pub session: Option<SessionId>,
    pub request_id: RequestId,
    /// Process that wrote the row. `None` in rows written by earlier versions.
    pub node: Option<String>,
    /// Details of the event as compact JSON.
    pub details: String,
    pub client: Option<Sealed>,
    pub note: Option<Sealed>,
    pub count: u64,
}

/// Query for a page of the events that are visible to a user, newest first.
#[derive(Debug, Clone)]
pub struct UserEvents {
    pub realm: RealmName,
    pub user: UserId,
    /// Exclusive upper bound of the identifiers.
    pub before: Option<AuditId>,
    pub since: Timestamp,
    /// Maximum number of events.
    pub limit: usize,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            realm: row.realm,
            event: row.event.as_str().to_owned(),
            outcome: row.outcome.as_str().to_owned(),
            reason: row.reason.map(str::to_owned),
            rule: row.rule.map(str::to_owned),
            actor_kind: row.actor.kind.as_str().to_owned(),
            actor_id: row.actor.id,
            user: row.user,
            index: row.index,
            session: row.session,
            request_id: row.request_id,
            node: row.node.map(|node| node.as_str().to_owned()),
            details: row.details.to_json(),
            client: row.client,
            note: row.note,
            count: row.count,
        }
    }
}

impl AuditRow {
    /// Creates a row for an event of this request.
    #[must_use]
    pub fn new(ctx: &Ctx, realm: &RealmName, event: Event) -> Self {
        Self {
            id: AuditId::new(ctx),
            at: ctx.now,
            realm: realm.clone(),
            event,
            outcome: event.outcome(),
            reason: None,
            rule: None,
            actor: Actor { kind: event.actor(), id: None },
            user: None,
            index: None,
            session: None,
            request_id: ctx.request_id.clone(),
            node: None,
            details: Details::default(),
            client: None,
            note: None,
            count: 1,
        }
    }
}
