//! Invitations. Until an invitation is accepted, its address counts as taken, and every request for the address
//! resends the invitation. The link opens a form for a password, which creates the user.

use super::Accounts;
use crate::{
    account::{Envelope, User, email::EmailAddress, password::PasswordHash},
    admin::{Grant, Invitation},
    audit::Event,
    batch,
    error::{Error, Result},
    id::{RealmName, UserId},
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, CommitError, Precondition, RecordOp, UserOp},
    record::{Record, RecordKeys, RecordRow},
};

/// An invitation with its record.
pub(super) struct OpenInvitation {
    row: RecordRow,
    pub(super) invitation: Invitation,
}

impl Accounts<'_> {
    fn open(&self, row: &RecordRow) -> Result<Invitation> {
        Invitation::open(row, RecordKeys::Realm(&self.realm.keys)).map_err(Error::internal)
    }

    /// Resends an invitation, with operations that make the work equal to a request for another address.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the mail cannot be serialized.
    pub(super) async fn mail_invitation_again(
        &self,
        email: &EmailAddress,
        invitation: &Invitation,
        event: Event,
        mut batch: Batch,
    ) -> Result<()> {
        let (realm, id) = (self.realm.name.clone(), invitation.challenge);
        batch.extend(batch![
            ChallengeOp::Expire { realm, id, at: invitation.expires_at },
            self.message(MessageKind::Invitation, &Recipient::unnamed(email), Some(id))?,
            self.audit(event).index(invitation.index),
        ]);
        Ok(self.commit_mail((MessageKind::Invitation, email), batch, Batch::new()).await?)
    }

    /// Returns the invitation of a link.
    ///
    /// # Errors
    /// Returns `BadLink` if it was accepted, withdrawn or resent with a newer link, and `Unavailable` if the store
    /// fails.
    pub(super) async fn invited_by(&self, challenge: &Challenge) -> Result<OpenInvitation> {
        if !challenge.is_valid(self.ctx.now) {
            return Err(Error::bad_link());
        }
        let rows = self.ports.store.records_of(&self.realm.name, &challenge.subject, Some(Invitation::KIND)).await?;
        let row = rows.into_iter().find(|row| row.expires_at.is_none_or(|at| at > self.ctx.now));
        let row = row.ok_or_else(Error::bad_link)?;
        let invitation = self.open(&row)?;
        if invitation.challenge != challenge.id {
            return Err(Error::bad_link());
        }
        Ok(OpenInvitation { row, invitation })
    }

    /// Converts an invitation to its user. Returns `false` if something changed in the meantime.
    ///
    /// # Errors
    /// Returns `BadLink` if it was accepted in the meantime, `Unavailable` if the store fails, and `Internal` if data
    /// cannot be decrypted or serialized.
    pub(super) async fn accept_invitation(
        &self,
        invited: &OpenInvitation,
        challenge: &Challenge,
        hash: &PasswordHash,
    ) -> Result<bool> {
        let OpenInvitation { row, invitation } = invited;
        let (realm, user) = (&self.realm.name, self.invited_user(invitation, hash)?);
        let found = self.ports.store.at_address(realm, invitation.index).await?;
        let mut batch = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: challenge.id, now: self.ctx.now },
            RecordOp::Delete {
                realm: realm.clone(),
                kind: row.kind,
                key: row.key.clone(),
                revision: Some(row.revision)
            },
            self.require_unreserved(user.index, &user.id),
            UserOp::Insert(user.clone()),
            self.audit(Event::InvitationAccepted).user(&user),
            self.message(MessageKind::Welcome, &Recipient::unnamed(&invitation.profile.email), None)?,
        ];
        batch.extend(self.discard_registration(found));
        if *realm == RealmName::admin() {
            batch.extend(self.granted(&user, invitation).await?);
        }
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %realm, user = %user.id, "invitation accepted");
                Ok(true)
            }
            Err(CommitError::Failed(Precondition::ChallengeFresh)) => Err(Error::bad_link()),
            Err(CommitError::Failed(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the operations that assign the grants of the invitation to an administrator.
    async fn granted(&self, user: &User, invitation: &Invitation) -> Result<Batch> {
        let grants = invitation.grants.clone();
        let is_owner = grants.iter().any(|grant| *grant == Grant::OWNER);
        let mut batch = vec![self.put_grants(user, None, grants)?];
        if is_owner {
            batch.push(self.register_owner(&self.owners().await?, &user.id, true)?);
        }
        Ok(batch)
    }

    /// Creates the user from an invitation.
    ///
    /// # Errors
    /// Returns `Internal` if the profile cannot be serialized.
    pub(in crate::service) fn invited_user(&self, invitation: &Invitation, hash: &PasswordHash) -> Result<User> {
        let (ctx, keys) = (self.ctx, &self.realm.keys);
        Ok(User {
            realm: self.realm.name.clone(),
            id: invitation.user.clone(),
            index: invitation.index,
            envelope: Envelope::seal(ctx, keys, &invitation.user, &invitation.profile, hash)?,
            password_set_at: ctx.now,
            phone_verified_at: None,
            phone_disputed: false,
            compromised: false,
            two_step: false,
            roles: invitation.roles.clone(),
            lock: None,
            seen_on: None,
            is_invited: true,
            created_at: ctx.now,
            revision: 1,
        })
    }

    /// Creates the challenge of an invitation link.
    pub(in crate::service) fn invitation_challenge(&self, user: &UserId) -> Challenge {
        let ttl = self.realm.policy.invitation_ttl;
        Challenge::beginning(self.ctx, &self.realm.name, Purpose::Invitation, user, ttl)
    }
}
