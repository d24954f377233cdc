//! Changes of a user's email address or phone number without verification. Only owners may make them.

use super::{Administered, UserPatch, UserSheet, subject::Subject};
use crate::{
    account::{Profile, Role, User, email::EmailAddress, phone::PhoneNumber},
    admin::{FreshVerb, Invitation, Manage, Own},
    batch,
    error::{
        Error, Result,
        catalogue::{EMAIL_TAKEN, PHONE_TAKEN, REVISION_STALE},
    },
    id::UserId,
    link::Purpose,
    message::{MessageKind, Recipient},
    port::{Batch, CommitError, Precondition, RecordOp, UserOp},
    record::Record,
    seal::{BlindIndex, DataKey},
    service::{FieldErrors, RawField, kernel::AuditDraft},
};

/// New email address and phone number of a user.
pub(super) struct NewContact {
    email: Option<EmailAddress>,
    /// `Some(None)` removes the phone number.
    phone: Option<Option<PhoneNumber>>,
    reason: String,
}

impl Administered<'_, Manage> {
    /// Parses the new address and phone number, if the request contains any.
    ///
    /// # Errors
    /// Returns `Forbidden` if the administrator is not an owner, and `Stale` if the login is too old or too weak.
    pub(super) fn contact(&self, patch: &UserPatch, errors: &mut FieldErrors) -> Result<Option<NewContact>> {
        if patch.email.is_none() && patch.phone.is_none() {
            return Ok(None);
        }
        self.permit.also::<Own>()?;
        self.fresh(FreshVerb::ChangeContact)?;
        let email = patch.email.as_ref().and_then(|given| errors.email("email", given));
        let phone = patch.phone.as_ref().map(|given| match given {
            RawField::Missing => None,
            given => errors.phone("phone", given),
        });
        let reason = errors.reason(&patch.reason).unwrap_or_default();
        Ok(Some(NewContact { email, phone, reason }))
    }

    /// Commits a new address or phone number. It is effective immediately and considered verified. All sessions end,
    /// and the previous address is notified. A replaced address is reserved, and the notification contains a link to
    /// undo the change.
    ///
    /// # Errors
    /// Returns `Conflict` if another user has or reserves the address, `Outdated` if the revision differs, and
    /// `Unavailable` if the store fails.
    pub(super) async fn change_contact(
        &self,
        user: &User,
        (profile, roles): (Profile, Vec<Role>),
        contact: &NewContact,
        audit: AuditDraft<'_>,
    ) -> Result<UserSheet> {
        let (ctx, realm, keys) = (self.ctx, &self.realm.name, &self.realm.keys);
        let key = user.envelope.key(keys, &user.id)?;
        let before = user.envelope.open_profile(&key)?;
        let email = contact.email.clone().unwrap_or_else(|| before.email.clone());
        let phone = contact.phone.clone().unwrap_or_else(|| before.phone.clone());
        let (is_moved, is_renumbered) = (email != before.email, phone != before.phone);
        let index = email.blind_index(keys);
        let profile = Profile { email, phone: phone.clone(), ..profile };
        let verified_at = phone.is_some().then_some(ctx.now);
        let changed = User {
            index,
            roles,
            envelope: user.envelope.with_profile(ctx, &key, &profile)?,
            phone_verified_at: if is_renumbered { verified_at } else { user.phone_verified_at },
            phone_disputed: user.phone_disputed && !is_renumbered,
            revision: user.revision + 1,
            ..user.clone()
        };
        let accounts = self.accounts();
        let mut batch = batch![
            accounts.require_unreserved(index, &user.id),
            RecordOp::RequireFree {
                realm: realm.clone(),
                kind: Invitation::KIND,
                key: Invitation::key_of(index),
                owner: user.id.clone(),
                now: ctx.now,
            },
            UserOp::Update(changed.clone()),
            self.end_sessions(&user.id, None),
            audit.note(&contact.reason),
        ];
        // Cancels pending requests of earlier sessions, which could otherwise undo the change.
        batch.extend(accounts.drop_requests(user));
        batch.extend(accounts.drop_challenges(user, &[Purpose::FactorCode]));
        if is_moved {
            batch.extend(accounts.reserve(user, &key, &before).await?);
            batch.extend(accounts.discard_registration(self.ports.store.at_address(realm, index).await?));
        }
        if is_renumbered {
            batch.extend(self.renumbering((user, &key), phone.as_ref()).await?);
            let kind = if phone.is_some() { MessageKind::PhoneChanged } else { MessageKind::PhoneRemoved };
            batch.push(self.message(kind, &Recipient::of(&before), None)?.into());
        }
        match self.commit(batch).await {
            Ok(()) => self.sheet(&Subject::User(Box::new(changed))).await,
            Err(CommitError::Failed(failed)) => {
                Err(self.refusal(failed, (&user.id, index), (is_moved, is_renumbered)).await?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the error for a change that could not be committed. If the address and the number changed, either of
    /// them may not be free. If it was the number, a repetition of the request names it.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted.
    async fn refusal(
        &self,
        failed: Precondition,
        (user, index): (&UserId, BlindIndex),
        (is_moved, is_renumbered): (bool, bool),
    ) -> Result<Error> {
        let accounts = self.accounts();
        let is_address = match failed {
            Precondition::RecordFree if is_moved && is_renumbered => {
                accounts.invitation_at(index).await?.is_some()
                    || accounts.reserved_by_other(index, Some(user)).await?.is_some()
            }
            Precondition::UserFree | Precondition::RecordFree => is_moved,
            _ => false,
        };
        Ok(if is_address { EMAIL_TAKEN.into() } else { REVISION_STALE.into() })
    }

    /// Returns the operations that give a user another number, or none.
    ///
    /// # Errors
    /// Returns `Invalid` if another user has verified the number and the realm allows it only once, and `Unavailable`
    /// if the store fails.
    async fn renumbering(&self, (user, key): (&User, &DataKey), phone: Option<&PhoneNumber>) -> Result<Batch> {
        let Some(phone) = phone else { return Ok(batch![self.release_phone(user)]) };
        let claim = self.claim_phone((user, key), phone).await?;
        claim.ok_or_else(|| Error::invalid(vec![PHONE_TAKEN.of("phone")]))
    }
}
