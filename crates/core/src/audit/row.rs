use super::Event;
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{RealmName, RequestId, UserId},
    seal::BlindIndex,
};

/// Row of the audit trail. It names an address by its blind index only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    pub at: Timestamp,
    pub realm: RealmName,
    pub event: Event,
    /// Reason of a refusal, as a stable word.
    pub reason: Option<&'static str>,
    /// User that the event concerns, if known.
    pub user: Option<UserId>,
    /// Blind index of the address in the request.
    pub index: Option<BlindIndex>,
    pub request_id: RequestId,
}

/// A row of the audit trail as it is read. Event and reason stay words, because another version may have written them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub realm: RealmName,
    pub event: String,
    pub reason: Option<String>,
    pub user: Option<UserId>,
    pub index: Option<BlindIndex>,
    pub request_id: RequestId,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            at: row.at,
            realm: row.realm,
            event: row.event.as_str().to_owned(),
            reason: row.reason.map(str::to_owned),
            user: row.user,
            index: row.index,
            request_id: row.request_id,
        }
    }
}

impl AuditRow {
    /// Makes a row for an event of this request.
    #[must_use]
    pub fn new(ctx: &Ctx, realm: &RealmName, event: Event) -> Self {
        Self {
            at: ctx.now,
            realm: realm.clone(),
            event,
            reason: None,
            user: None,
            index: None,
            request_id: ctx.request_id.clone(),
        }
    }

    /// Sets the user.
    #[must_use]
    pub fn user(self, user: &UserId) -> Self {
        Self { user: Some(user.clone()), ..self }
    }

    /// Sets the address.
    #[must_use]
    pub fn index(self, index: BlindIndex) -> Self {
        Self { index: Some(index), ..self }
    }

    /// Sets the reason of a refusal.
    #[must_use]
    pub fn reason(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }
}
