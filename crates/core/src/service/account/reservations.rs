//! Reservations: a user's previous address is unavailable to others for a while.

use super::Accounts;
use crate::{
    account::{Profile, Reservation, User},
    batch,
    error::{Error, Result},
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, RecordOp},
    record::{Record, RecordKeys, RecordRow},
    seal::DataKey,
};

impl Accounts<'_> {
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

    /// Returns the operations that reserve a user's address before it is changed, and send an undo link to it. If the
    /// user had the address before, it keeps its position in the order and its earlier links.
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

    fn is_live(&self, row: &RecordRow) -> bool {
        row.expires_at.is_none_or(|at| at > self.ctx.now)
    }
}
