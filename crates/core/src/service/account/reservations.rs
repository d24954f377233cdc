//! Reservations: a user's previous address is kept from others for a while.

use super::Accounts;
use crate::{
    account::{Profile, Reservation, User, email::EmailAddress},
    audit::Event,
    batch,
    error::{Error, Result},
    id::{ChallengeId, UserId},
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, Op, RecordOp},
    record::{Record, RecordKeys, RecordRow},
    seal::{BlindIndex, DataKey},
};

impl Accounts<'_> {
    /// Returns the reservation of an address by a user other than this one. The work is the same if there is none.
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
        let row = row.filter(|row| self.is_live(row) && row.owner.as_ref() != user);
        let owner = row.as_ref().and_then(|row| row.owner.clone());
        let owner = owner.unwrap_or_else(|| UserId::random(self.ctx.random()));
        let owner = store.user(&realm.name, &owner).await?;
        let Some((row, owner)) = row.zip(owner) else { return realm.decoy.open(keys).map(|()| None) };
        let key = owner.envelope.key(keys, &owner.id)?;
        Reservation::open(&row, RecordKeys::Owner(&key)).map(Some).map_err(Error::internal)
    }

    /// Returns the operation that requires an address not to be reserved by a user other than this one.
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

    /// Returns a user's reservations, with their records.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if one cannot be decrypted.
    pub(super) async fn reservations_of(&self, user: &User, key: &DataKey) -> Result<Vec<(RecordRow, Reservation)>> {
        let rows = self.ports.store.records_of(&self.realm.name, &user.id, Some(Reservation::KIND)).await?;
        let open = |row: RecordRow| {
            let reservation = Reservation::open(&row, RecordKeys::Owner(key)).map_err(Error::internal)?;
            Ok((row, reservation))
        };
        rows.into_iter().filter(|row| self.is_live(row)).map(open).collect()
    }

    /// Returns the operations that reserve a user's address before it is changed, and send it the link that restores it. An
    /// address that the user had before keeps its position in the order, and its earlier links.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(in crate::service) async fn reserve(&self, user: &User, key: &DataKey, profile: &Profile) -> Result<Batch> {
        let (ctx, realm, window) = (self.ctx, &self.realm.name, self.realm.policy.email_undo_window);
        let expires_at = ctx.now.plus(window);
        let challenge = Challenge::new(ctx, realm, Purpose::EmailUndo, &user.id, window);
        let challenge = Challenge { expires_at, ..challenge };
        let stored = self.ports.store.record(realm, Reservation::KIND, &Reservation::key_of(user.index)).await?;
        let earlier = stored.as_ref().filter(|row| self.is_live(row) && row.owner.as_ref() == Some(&user.id));
        let earlier = earlier.map(|row| Reservation::open(row, RecordKeys::Owner(key))).transpose();
        let mut reservation = earlier.map_err(Error::internal)?.unwrap_or_else(|| Reservation {
            user: user.id.clone(),
            index: user.index,
            email: profile.email.clone(),
            since: user.revision + 1,
            phone: profile.phone.clone(),
            challenges: Vec::new(),
            expires_at,
        });
        reservation.challenges.push(challenge.id);
        reservation.expires_at = expires_at;
        let row = reservation.seal(ctx, realm, RecordKeys::Owner(key));
        let put = match stored {
            Some(stored) => RecordOp::Replace(RecordRow { revision: stored.revision + 1, ..row }),
            None => RecordOp::Insert(row),
        };
        let mail = self.message(MessageKind::EmailChanged, &Recipient::of(profile), Some(challenge.id))?;
        Ok(batch![put, ChallengeOp::Insert(challenge), mail])
    }

    /// Resends the link that restores a reserved address, with operations that make the work equal to that for another address.
    /// The address has no account of its own.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the email cannot be serialized.
    pub(super) async fn mail_undo_again(
        &self,
        email: &EmailAddress,
        reservation: &Reservation,
        event: Event,
        mut batch: Batch,
    ) -> Result<()> {
        let Some(challenge) = reservation.newest_challenge() else { return Ok(()) };
        let kind = MessageKind::EmailChanged;
        batch.extend(batch![
            self.keep_challenge(challenge, reservation),
            self.message(kind, &Recipient::unnamed(email), Some(challenge))?,
            self.audit(event).index(reservation.index),
        ]);
        Ok(self.commit_mail((kind, email), batch, Batch::new()).await?)
    }

    /// Returns an operation without effect, which replaces the insertion of a challenge for another address.
    pub(super) fn keep_challenge(&self, id: ChallengeId, reservation: &Reservation) -> Op {
        ChallengeOp::Expire { realm: self.realm.name.clone(), id, at: reservation.expires_at }.into()
    }

    fn is_live(&self, row: &RecordRow) -> bool {
        row.expires_at.is_none_or(|at| at > self.ctx.now)
    }
}
