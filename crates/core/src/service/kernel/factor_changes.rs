//! Consequences of adding or removing a factor.

use super::Scope;
use crate::{
    account::{Profile, User},
    audit::Event,
    batch,
    error::Result,
    factor::{AddedFactor, Factors, ListedFactor, Method, NewRecoveryCodes, RecoveryCodes},
    id::SessionId,
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, RecordOp},
    record::{Record, RecordKeys, RecordKind},
    seal::DataKey,
    session::{Session, SessionClient},
};

/// Change to the factors of a user.
pub(in crate::service) struct FactorChange {
    /// The user after the change.
    pub(in crate::service) user: User,
    pub(in crate::service) recovery_codes: Option<NewRecoveryCodes>,
    /// Operations to commit with the user.
    pub(in crate::service) with: Batch,
}

/// Removal of a factor.
pub(in crate::service) struct Removal {
    pub(in crate::service) method: Method,
    /// Name of the factor for the mail. May be empty.
    called: String,
    /// Whether no other factor is left.
    pub(in crate::service) is_last: bool,
    pub(in crate::service) change: FactorChange,
}

impl Removal {
    /// Returns the recipient of the notification, with its template values.
    pub(in crate::service) fn recipient(&self, profile: &Profile) -> Recipient {
        let recipient = Recipient::of(profile).with("what", self.method.as_str()).with("called", &self.called);
        if self.is_last { recipient.with("last", "true") } else { recipient }
    }
}

impl Method {
    /// Returns the record kind of this kind of factor.
    const fn record(self) -> RecordKind {
        match self {
            Self::Passkey | Self::SecurityKey => RecordKind::Passkey,
            Self::Totp => RecordKind::Totp,
            Self::Sms => RecordKind::Sms,
            Self::RecoveryCode => RecordKind::RecoveryCodes,
        }
    }
}

impl Scope<'_> {
    /// Returns the changes that follow from adding a factor. The first one turns on two-step verification, unless it
    /// is a passkey. Later ones leave it unchanged.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(in crate::service) async fn addition(
        &self,
        (user, key): (&User, &DataKey),
        added: &ListedFactor,
        current: Option<SessionId>,
    ) -> Result<FactorChange> {
        let (factors, method) = (self.factors_of(user, key).await?, added.method);
        let turns_on = method != Method::Passkey && !factors.has_switching() && !user.two_step;
        let mut change = if turns_on {
            self.turned_on((user, key), &factors, current)
        } else {
            let changed = User { revision: user.revision + 1, ..user.clone() };
            FactorChange { user: changed, recovery_codes: None, with: self.drop_tickets(user) }
        };
        if !turns_on && factors.count() == 0 && self.needs_two_steps(user.two_step) {
            change.recovery_codes = self.first_codes((user, key), &factors, &mut change.with);
        }
        let recipient = Recipient::of(&user.envelope.open_profile(key)?);
        let recipient = recipient.with("what", method.as_str()).with("called", added.name_in_mails());
        let recipient = if turns_on { recipient.with("first", "true") } else { recipient };
        let audit = self
            .audit(Event::FactorAdded)
            .user(user)
            .detail("factor", added.id.as_str())
            .detail("type", method.as_str());
        change.with.push(audit.into());
        let undo = self.realm.policy.addition_undo;
        if undo.is_zero() {
            change.with.push(self.message(MessageKind::FactorAddedForGood, &recipient, None)?.into());
            return Ok(change);
        }
        let challenge = Challenge::beginning(self.ctx, &self.realm.name, Purpose::FactorUndo, &user.id, undo);
        let note = AddedFactor { kind: method.record(), id: added.id.clone() }.seal(self.ctx, key, &challenge)?;
        let mail = self.message(MessageKind::FactorAdded, &recipient, Some(challenge.id))?;
        change.with.extend(batch![mail, ChallengeOp::Insert(Challenge { note: Some(note), ..challenge })]);
        Ok(change)
    }

    /// Returns the changes that follow from turning on two-step verification: it creates recovery codes unless there
    /// are some, and ends what was started with one factor.
    pub(in crate::service) fn turned_on(
        &self,
        (user, key): (&User, &DataKey),
        factors: &Factors,
        current: Option<SessionId>,
    ) -> FactorChange {
        let mut with = self.end_weaker(user, current);
        let recovery_codes = self.first_codes((user, key), factors, &mut with);
        let user = User { two_step: true, revision: user.revision + 1, ..user.clone() };
        FactorChange { user, recovery_codes, with }
    }

    /// Creates recovery codes, unless the account already has some or the realm does not use them.
    fn first_codes(
        &self,
        (user, key): (&User, &DataKey),
        factors: &Factors,
        with: &mut Batch,
    ) -> Option<NewRecoveryCodes> {
        let accepts = self.realm.policy.mfa_methods.contains(&Method::RecoveryCode);
        (factors.recovery.is_none() && accepts).then(|| {
            let (codes, texts) = RecoveryCodes::new(self.ctx, &user.id, user.revision + 1);
            with.push(RecordOp::Insert(codes.seal(self.ctx, &self.realm.name, RecordKeys::Owner(key))).into());
            texts
        })
    }

    /// Returns the changes that follow from removing a factor, and the removal itself. Returns `None` if there is no
    /// such factor. Removing the last one also removes the recovery codes and turns off two-step verification.
    /// Without a current session, all sessions end.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a session cannot be decrypted.
    pub(in crate::service) async fn removal(
        &self,
        (user, key): (&User, &DataKey),
        factors: &Factors,
        id: &str,
        current: Option<SessionId>,
    ) -> Result<Option<Removal>> {
        let Some((method, removed)) = factors.removal(id) else { return Ok(None) };
        let called = factors.listed(None).into_iter().find(|listed| listed.id.as_str() == id);
        let called = called.map(|listed| listed.name_in_mails().to_owned()).unwrap_or_default();
        let mut with = match current {
            Some(current) if method == Method::Passkey => self.end_opened_by((user, key), id, &current).await?,
            current => self.end_weaker(user, current),
        };
        let audit = self.audit(Event::FactorRemoved).user(user).detail("factor", id);
        with.extend(batch![removed, audit.detail("type", method.as_str())]);
        let is_last = factors.count() == 1;
        if is_last {
            let (realm, owner) = (self.realm.name.clone(), user.id.clone());
            with.push(RecordOp::DeleteOf { realm, owner, kind: Some(RecordKind::RecoveryCodes) }.into());
        }
        let user = User { two_step: user.two_step && !is_last, revision: user.revision + 1, ..user.clone() };
        Ok(Some(Removal { method, called, is_last, change: FactorChange { user, recovery_codes: None, with } }))
    }

    /// Returns the operations that end trusted devices, tickets, and the sessions created with a passkey or identity,
    /// except the current one.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a session cannot be decrypted.
    pub(in crate::service) async fn end_opened_by(
        &self,
        (user, key): (&User, &DataKey),
        id: &str,
        current: &SessionId,
    ) -> Result<Batch> {
        let mut batch = self.drop_tickets(user);
        batch.push(self.distrust_devices(user));
        let sessions = self.ports.store.sessions_of(&self.realm.name, &user.id).await?;
        for Session { id: session, client, .. } in sessions.iter().filter(|session| session.id != *current) {
            if SessionClient::open(key, client)?.is_opened_by(id) {
                batch.push(self.end_session(session));
            }
        }
        Ok(batch)
    }
}
