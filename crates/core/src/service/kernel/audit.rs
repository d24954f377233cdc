//! Audit rows of requests, and the encryption of their client.

use serde_json::Value;

use super::{Administrator, Owner, Scope, Viewer};
use crate::{
    account::{Account, Registration, User},
    audit::{Actor, ActorKind, AuditClient, AuditRow, Event, Note, ROUTE},
    ctx::Ctx,
    id::{RealmName, SessionId, UserId},
    limit::LimitKind,
    port::Op,
    realm::Realm,
    seal::{BlindIndex, Sealed},
    session::{Impersonator, device_name},
};

/// Subject of an event: a user or a pending registration, with its data key.
pub(in crate::service) trait AuditSubject {
    /// Returns the identifier.
    fn id(&self) -> &UserId;

    /// Returns the wrapped data key.
    fn data_key(&self) -> &Sealed;

    /// Returns the session of the request, if the subject made it.
    fn session(&self) -> Option<&SessionId> {
        None
    }

    /// Returns the impersonator of the subject.
    fn impersonator(&self) -> Option<&Impersonator> {
        None
    }
}

impl AuditSubject for User {
    fn id(&self) -> &UserId {
        &self.id
    }

    fn data_key(&self) -> &Sealed {
        &self.envelope.data_key
    }
}

impl AuditSubject for Registration {
    fn id(&self) -> &UserId {
        &self.id
    }

    fn data_key(&self) -> &Sealed {
        &self.envelope.data_key
    }
}

impl AuditSubject for Account {
    fn id(&self) -> &UserId {
        &self.id
    }

    fn data_key(&self) -> &Sealed {
        &self.data_key
    }
}

impl AuditSubject for Owner {
    fn id(&self) -> &UserId {
        &self.account().id
    }

    fn data_key(&self) -> &Sealed {
        &self.account().data_key
    }

    fn session(&self) -> Option<&SessionId> {
        Some(self.session())
    }
}

impl AuditSubject for Viewer {
    fn id(&self) -> &UserId {
        &self.account().id
    }

    fn data_key(&self) -> &Sealed {
        &self.account().data_key
    }

    fn session(&self) -> Option<&SessionId> {
        Some(self.session())
    }

    fn impersonator(&self) -> Option<&Impersonator> {
        self.impersonator()
    }
}

/// Audit row that is not encrypted yet. It is converted to an operation of a batch.
#[derive(Debug, Clone)]
pub(in crate::service) struct AuditDraft<'a> {
    ctx: &'a Ctx,
    realm: &'a Realm,
    row: AuditRow,
    /// Wrapped data key of the user whom the row concerns.
    data_key: Option<Sealed>,
    /// Reason given by an administrator.
    note: Option<Note>,
}

impl Scope<'_> {
    /// Starts an audit row for an event of this request.
    pub(in crate::service) fn audit(&self, event: Event) -> AuditDraft<'_> {
        let event = if self.realm.name == RealmName::admin() { event.of_administrators() } else { event };
        let node = Some(self.settings.node.clone());
        let row = AuditRow { node, ..AuditRow::new(self.ctx, &self.realm.name, event) };
        let draft = AuditDraft { ctx: self.ctx, realm: self.realm, row, data_key: None, note: None };
        match &self.ctx.client.route {
            Some(route) => draft.detail(ROUTE, route.as_ref()),
            None => draft,
        }
    }

    /// Returns the operation that records a rejection. Returns `None` if it repeats one of the last minute and was
    /// only counted.
    pub(in crate::service) fn refused(&self, draft: AuditDraft<'_>) -> Option<Op> {
        self.repetitions.admit(draft.sealed(), self.ctx.client.ip).map(Op::from)
    }
}

impl AuditDraft<'_> {
    /// Sets the user whom the event concerns, and their session.
    pub(in crate::service) fn user(mut self, subject: &impl AuditSubject) -> Self {
        self.row.user = Some(subject.id().clone());
        self.row.session = subject.session().cloned().or(self.row.session);
        if self.row.actor.kind == ActorKind::User {
            self.row.actor.id = Some(subject.id().as_str().to_owned());
        }
        self.data_key = Some(subject.data_key().clone());
        self.actor(subject.impersonator())
    }

    /// Sets the impersonator of the user, if there is one.
    pub(in crate::service) fn actor(mut self, impersonator: Option<&Impersonator>) -> Self {
        match impersonator {
            Some(Impersonator::Admin(admin, _)) => {
                self.row.actor = Actor { kind: ActorKind::Admin, id: Some(admin.as_str().to_owned()) };
            }
            Some(Impersonator::Key(key)) => {
                self.row.actor = Actor { kind: ActorKind::Key, id: Some(key.as_str().to_owned()) };
            }
            None => {}
        }
        self
    }

    /// Sets the administrator who makes the request.
    pub(in crate::service) fn by(mut self, admin: &Administrator) -> Self {
        self.row.actor = admin.actor();
        self
    }

    /// Sets the reason given by the administrator.
    pub(in crate::service) fn note(mut self, reason: &str) -> Self {
        self.note = Some(Note::of(reason));
        self
    }

    /// Sets an address that the event concerns.
    pub(in crate::service) fn index(mut self, index: BlindIndex) -> Self {
        self.row.index = Some(index);
        self
    }

    /// Sets the user of an address, or the address itself if it has no user.
    pub(in crate::service) fn address(self, user: Option<&impl AuditSubject>, index: BlindIndex) -> Self {
        match user {
            Some(user) => self.user(user),
            None => self.index(index),
        }
    }

    /// Sets the session.
    pub(in crate::service) fn session(mut self, session: &SessionId) -> Self {
        self.row.session = Some(session.clone());
        self
    }

    /// Sets the reason for a rejection.
    pub(in crate::service) const fn reason(mut self, reason: &'static str) -> Self {
        self.row.reason = Some(reason);
        self
    }

    /// Sets the limit that determined the outcome.
    pub(in crate::service) const fn limit(self, reached: LimitKind) -> Self {
        self.rule(reached, reached.setting())
    }

    /// Sets the limit that determined the outcome, and its setting.
    pub(in crate::service) const fn rule(mut self, reached: LimitKind, setting: &'static str) -> Self {
        self.row.reason = Some(reached.as_str());
        self.row.rule = Some(setting);
        self
    }

    /// Adds a detail under a key defined for the event.
    pub(in crate::service) fn detail(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.row.details = self.row.details.with(self.row.event, key, value);
        self
    }

    /// Seals the client. A data key is decrypted in any case, so that the duration does not reveal whether there is a
    /// user.
    pub(in crate::service) fn sealed(self) -> AuditRow {
        let Self { ctx, realm, mut row, data_key, note } = self;
        let ip = ctx.client.ip.map(|ip| ip.to_string());
        let client = AuditClient { ip, device: ctx.client.agent.as_deref().and_then(device_name) };
        row.client = match (&row.user, &data_key) {
            (Some(user), Some(wrapped)) => {
                let key = realm.keys.open_data_key(user, wrapped).ok();
                row.note = key.as_ref().zip(note.as_ref()).map(|(key, note)| note.seal_for(ctx, key, row.id));
                key.and_then(|key| client.seal_for(ctx, &key, row.id))
            }
            _ => {
                realm.decoy.open_key(&realm.keys);
                row.note = note.map(|note| note.seal(ctx, &realm.keys, row.id));
                client.seal(ctx, &realm.keys, row.id)
            }
        };
        row
    }
}

impl From<AuditDraft<'_>> for Op {
    fn from(draft: AuditDraft<'_>) -> Self {
        draft.sealed().into()
    }
}
