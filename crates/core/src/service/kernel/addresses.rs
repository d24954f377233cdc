//! Other claims to an address: reservations of previous users, invitations and registrations.

use super::{Scope, audit::AuditDraft};
use crate::{
    account::{Reservation, email::EmailAddress},
    admin::Invitation,
    audit::Event,
    batch,
    error::{Error, Result},
    id::{ChallengeId, UserId},
    message::{MessageKind, Recipient},
    port::{AddressState, Batch, ChallengeOp, Op, RecordOp, RegistrationOp},
    record::{Record, RecordKeys},
    seal::BlindIndex,
};

impl Scope<'_> {
    /// Returns the reservation of an address by another user. The work is the same if there is none.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn reserved_by_other(
        &self,
        index: BlindIndex,
        user: Option<&UserId>,
    ) -> Result<Option<Reservation>> {
        let (store, realm, keys) = (&self.ports.store, self.realm, &self.realm.keys);
        let row = store.record(&realm.name, Reservation::KIND, &Reservation::key_of(index)).await?;
        let row = row.filter(|row| row.expires_at.is_none_or(|at| at > self.ctx.now) && row.owner.as_ref() != user);
        let owner = row.as_ref().and_then(|row| row.owner.clone());
        let owner = owner.unwrap_or_else(|| UserId::random(self.ctx.random()));
        let owner = store.user(&realm.name, &owner).await?;
        let Some((row, owner)) = row.zip(owner) else { return realm.decoy.open(keys).map(|()| None) };
        let key = owner.envelope.key(keys, &owner.id)?;
        Reservation::open(&row, RecordKeys::Owner(&key)).map(Some).map_err(Error::internal)
    }

    /// Returns the operation that requires that no other user has reserved an address.
    pub(in crate::service) fn require_unreserved(&self, index: BlindIndex, user: &UserId) -> Op {
        RecordOp::RequireFree {
            realm: self.realm.name.clone(),
            kind: Reservation::KIND,
            key: Reservation::key_of(index),
            owner: user.clone(),
            now: self.ctx.now,
        }
        .into()
    }

    /// Returns the pending invitation of an address.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn invitation_at(&self, index: BlindIndex) -> Result<Option<Invitation>> {
        let row = self.ports.store.record(&self.realm.name, Invitation::KIND, &Invitation::key_of(index)).await?;
        let row = row.filter(|row| row.expires_at.is_none_or(|at| at > self.ctx.now));
        row.map(|row| Invitation::open(&row, RecordKeys::Realm(&self.realm.keys)).map_err(Error::internal)).transpose()
    }

    /// Returns the operation that requires that an address is not invited, except as this user.
    pub(in crate::service) fn require_uninvited(&self, index: BlindIndex, user: &UserId) -> Op {
        RecordOp::RequireFree {
            realm: self.realm.name.clone(),
            kind: Invitation::KIND,
            key: Invitation::key_of(index),
            owner: user.clone(),
            now: self.ctx.now,
        }
        .into()
    }

    /// Returns the operations that remove the registration of an address with its links.
    pub(in crate::service) fn discard_registration(&self, found: AddressState) -> Batch {
        let Some(registration) = found.registration else { return Batch::new() };
        let (realm, id) = (registration.realm, registration.id);
        batch![
            ChallengeOp::Drop { realm: realm.clone(), subject: id.clone(), purpose: None },
            RegistrationOp::Delete { realm, id },
        ]
    }

    /// Resends the undo link of a reserved address, with operations that make the work equal to a request for another
    /// address. The address has no account.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the email cannot be serialized.
    pub(in crate::service) async fn mail_undo_again(
        &self,
        email: &EmailAddress,
        reservation: &Reservation,
        event: Event,
        batch: Batch,
    ) -> Result<()> {
        let audit = self.audit(event).index(reservation.index);
        self.mail_undo_link(email, reservation, audit, batch).await
    }

    /// Resends the same link, recorded by this audit row.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the email cannot be serialized.
    pub(in crate::service) async fn mail_undo_link(
        &self,
        email: &EmailAddress,
        reservation: &Reservation,
        audit: AuditDraft<'_>,
        mut batch: Batch,
    ) -> Result<()> {
        let Some(challenge) = reservation.newest_challenge() else { return Ok(()) };
        let kind = MessageKind::EmailChanged;
        batch.extend(batch![
            self.keep_challenge(challenge, reservation),
            self.message(kind, &Recipient::unnamed(email), Some(challenge))?,
            audit,
        ]);
        Ok(self.commit_mail((kind, email), batch, Batch::new()).await?)
    }

    /// Returns an operation without effect, in place of inserting a challenge for another address.
    pub(in crate::service) fn keep_challenge(&self, id: ChallengeId, reservation: &Reservation) -> Op {
        ChallengeOp::Expire { realm: self.realm.name.clone(), id, at: reservation.expires_at }.into()
    }
}
