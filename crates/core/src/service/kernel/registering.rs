//! Storing registrations for an address in any state.

use super::Scope;
use crate::{
    account::{Envelope, Profile, Registration, Reservation, password::PasswordHash},
    admin::Invitation,
    audit::Event,
    batch,
    error::Result,
    id::UserId,
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient, outbox::OutboxRow},
    port::{ChallengeOp, CommitError, Op, Precondition, RegistrationOp, Replaces, UserOp},
};

/// A registration that has not been stored yet.
pub(in crate::service) struct RegistrationDraft {
    pub(in crate::service) row: Registration,
    pub(in crate::service) challenge: Challenge,
    pub(in crate::service) profile: Profile,
}

/// State of the address, and how the registration will be stored.
pub(in crate::service) struct Placement {
    pub(in crate::service) is_taken: bool,
    /// Reservation of the address by a user who used it before.
    pub(in crate::service) reserved: Option<Reservation>,
    /// Pending invitation of the address.
    pub(in crate::service) invited: Option<Invitation>,
    /// Pending registration that will be replaced.
    pub(in crate::service) pending: Option<UserId>,
    pub(in crate::service) replaces: Replaces,
    pub(in crate::service) contested: bool,
    /// Pending registration with the same password. Its links remain valid.
    pub(in crate::service) succeeds: Option<UserId>,
}

impl Scope<'_> {
    /// Creates a registration. Whether it is contested is determined later.
    ///
    /// # Errors
    /// Returns `Internal` if the profile cannot be serialized.
    pub(in crate::service) fn draft(&self, profile: Profile, hash: &PasswordHash) -> Result<RegistrationDraft> {
        let (ctx, realm, policy) = (self.ctx, self.realm, &self.realm.policy);
        let id = UserId::random(ctx.random());
        let challenge = Challenge::new(ctx, &realm.name, Purpose::Registration, &id, policy.verification_ttl);
        let row = Registration {
            realm: realm.name.clone(),
            envelope: Envelope::seal(ctx, &realm.keys, &id, &profile, hash)?,
            index: profile.email.blind_index(&realm.keys),
            id,
            contested: false,
            created_at: ctx.now,
            expires_at: ctx.now.plus(policy.registration_ttl),
        };
        Ok(RegistrationDraft { row, challenge, profile })
    }

    /// Commits the registration with its email. Returns `false` if the address has changed since it was read.
    ///
    /// If too many emails were sent to the address, the registration is stored without one. A pending registration is
    /// then kept, because its links were sent, but becomes contested if its password differs. Otherwise an attacker
    /// who has exhausted the email limit of an address could make its owner verify the attacker's registration.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the email cannot be serialized.
    pub(in crate::service) async fn put_registration(
        &self,
        draft: &RegistrationDraft,
        placement: Placement,
    ) -> Result<bool> {
        let (kind, mail) = self.announcement(draft, &placement)?;
        let Placement { is_taken, pending, replaces, contested, succeeds, .. } = placement;
        let (realm, index) = (&self.realm.name, draft.row.index);
        let row = Registration { contested, ..draft.row.clone() };
        let expires_at = row.expires_at;
        let as_seen: Op = UserOp::RequireAddress { realm: realm.clone(), index, is_taken }.into();
        let succession = succeeds.map(|earlier| self.succeed(earlier, &row));
        let register = RegistrationOp::Put { row, replaces };
        let silent = match pending {
            Some(id) => RegistrationOp::Contest { realm: realm.clone(), id, is_contested: contested, expires_at },
            None => register.clone(),
        };
        let silent = batch![as_seen.clone(), silent];
        let mut batch = batch![
            as_seen,
            register,
            ChallengeOp::Insert(draft.challenge.clone()),
            mail,
            self.audit(Event::Registered).user(&draft.row).index(index),
        ];
        batch.extend(succession);
        match self.commit_mail((kind, &draft.profile.email), batch, silent).await {
            Err(CommitError::Failed(
                Precondition::RegistrationReplaced | Precondition::RegistrationThere | Precondition::AddressAsSeen,
            )) => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }

    /// Returns the email: a verification link for a free address, a notice for the owner of a taken one, or an undo
    /// link for a reserved one.
    fn announcement(&self, draft: &RegistrationDraft, placement: &Placement) -> Result<(MessageKind, OutboxRow)> {
        let undo = placement.reserved.as_ref().and_then(Reservation::newest_challenge);
        let (kind, challenge) = match undo {
            _ if placement.is_taken => (MessageKind::AlreadyRegistered, draft.challenge.id),
            _ if placement.invited.is_some() => {
                let link = placement.invited.as_ref().map_or(draft.challenge.id, |invited| invited.challenge);
                (MessageKind::Invitation, link)
            }
            Some(undo) => (MessageKind::EmailChanged, undo),
            None => (MessageKind::VerifyEmail, draft.challenge.id),
        };
        Ok((kind, self.message(kind, &Recipient::unnamed(&draft.profile.email), Some(challenge))?))
    }
}
