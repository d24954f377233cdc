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
