//! What follows from the addition or removal of a factor.

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
};

/// Change of the factors of a user.
pub(in crate::service) struct FactorChange {
    /// The user after the change.
    pub(in crate::service) user: User,
    pub(in crate::service) recovery_codes: Option<NewRecoveryCodes>,
    /// Operations that are committed with it.
    pub(in crate::service) with: Batch,
}

/// Removal of a factor.
pub(in crate::service) struct Removal {
    pub(in crate::service) kind: RecordKind,
    /// Name of the factor for the mail; may be empty.
    called: String,
    /// Whether no other factor is left.
    pub(in crate::service) is_last: bool,
    pub(in crate::service) change: FactorChange,
}

impl Removal {
    /// Returns the owner with what the mail says.
    pub(in crate::service) fn recipient(&self, profile: &Profile) -> Recipient {
        let recipient = Recipient::of(profile).with("what", self.kind.as_str()).with("called", &self.called);
        if self.is_last { recipient.with("last", "true") } else { recipient }
    }
}

impl Scope<'_> {
    /// Returns what follows from a factor that is added. The first one turns two-step on; a later one leaves the switch as it is.
    ///
    /// # Errors
    /// Unavailable; internal.
    pub(in crate::service) async fn addition(
        &self,
        (user, key): (&User, &DataKey),
        (kind, added): (RecordKind, &ListedFactor),
        current: Option<SessionId>,
    ) -> Result<FactorChange> {
        let factors = self.factors_of(user, key).await?;
        let turns_on = factors.count() == 0 && !user.two_step;
        let mut change = if turns_on {
            self.turned_on((user, key), &factors, current)
        } else {
            let changed = User { revision: user.revision + 1, ..user.clone() };
            FactorChange { user: changed, recovery_codes: None, with: self.drop_tickets(user) }
        };
        let recipient = Recipient::of(&user.envelope.open_profile(key)?);
        let recipient = recipient.with("what", kind.as_str()).with("called", added.name_in_mails());
        let recipient = if turns_on { recipient.with("first", "true") } else { recipient };
        let audit =
            self.audit(Event::FactorAdded).user(user).detail("factor", added.id.as_str()).detail("type", kind.as_str());
        change.with.push(audit.into());
        let undo = self.realm.policy.addition_undo;
        if undo.is_zero() {
            change.with.push(self.message(MessageKind::FactorAddedForGood, &recipient, None)?.into());
            return Ok(change);
        }
        let challenge = Challenge::beginning(self.ctx, &self.realm.name, Purpose::FactorUndo, &user.id, undo);
        let note = AddedFactor { kind, id: added.id.clone() }.seal(self.ctx, key, &challenge)?;
        let mail = self.message(MessageKind::FactorAdded, &recipient, Some(challenge.id))?;
        change.with.extend(batch![mail, ChallengeOp::Insert(Challenge { note: Some(note), ..challenge })]);
        Ok(change)
    }

    /// Returns what follows from turning two-step on: recovery codes, unless there are some, and the end of what was opened by one
    /// factor.
    pub(in crate::service) fn turned_on(
        &self,
        (user, key): (&User, &DataKey),
        factors: &Factors,
        current: Option<SessionId>,
    ) -> FactorChange {
        let mut with = self.end_weaker(user, current);
        let accepts = self.realm.policy.mfa_methods.contains(&Method::RecoveryCode);
        let recovery_codes = (factors.recovery.is_none() && accepts).then(|| {
            let (codes, texts) = RecoveryCodes::new(self.ctx, &user.id, user.revision + 1);
            with.push(RecordOp::Insert(codes.seal(self.ctx, &self.realm.name, RecordKeys::Owner(key))).into());
            texts
        });
        let user = User { two_step: true, revision: user.revision + 1, ..user.clone() };
        FactorChange { user, recovery_codes, with }
    }

    /// Returns what follows from the removal of a factor, and the removal itself; `None` if there is no such factor. With the last
    /// one, recovery codes are removed and two-step is off.
    pub(in crate::service) fn removal(
        &self,
        user: &User,
        factors: &Factors,
        id: &str,
        current: Option<SessionId>,
    ) -> Option<Removal> {
        let (kind, removed) = factors.removal(id)?;
        let called = factors.listed(None).into_iter().find(|listed| listed.id.as_str() == id);
        let called = called.map(|listed| listed.name_in_mails().to_owned()).unwrap_or_default();
        let mut with = self.end_weaker(user, current);
        let audit = self.audit(Event::FactorRemoved).user(user).detail("factor", id);
        with.extend(batch![removed, audit.detail("type", kind.as_str())]);
        let is_last = factors.count() == 1;
        if is_last {
            let (realm, owner) = (self.realm.name.clone(), user.id.clone());
            with.push(RecordOp::DeleteOf { realm, owner, kind: Some(RecordKind::RecoveryCodes) }.into());
        }
        let user = User { two_step: user.two_step && !is_last, revision: user.revision + 1, ..user.clone() };
        Some(Removal { kind, called, is_last, change: FactorChange { user, recovery_codes: None, with } })
    }
}
