//! `POST …/users`: invites a user, or creates one whose address is already verified.

use super::{Administered, UserPatch, UserSheet, edit::patched, subject::Subject};
use crate::{
    account::{Profile, password::PasswordHash},
    admin::{Grants, Invitation, Manage},
    audit::Event,
    batch,
    error::{
        Refusal, Result,
        catalogue::{EMAIL_TAKEN, SIGNUP_CLOSED},
    },
    id::UserId,
    limit::{LimitKey, LimitKind},
    link::Challenge,
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, RecordOp, UserOp},
    realm::Signup,
    record::{Record, RecordKeys, RecordRow},
    seal::BlindIndex,
    service::{FieldErrors, RawField},
};

/// A new user as received.
#[derive(Debug, Default)]
pub struct NewUser {
    pub email: RawField,
    pub phone: RawField,
    /// Profile and roles.
    pub patch: UserPatch,
    pub email_verified: RawField,
    /// `invite` or `nothing`.
    pub send: RawField,
}

/// Accepted values of `send`.
const SENDS: [&str; 2] = ["invite", "nothing"];

impl Administered<'_, Manage> {
    /// Invites a user. With a verified address the user is created immediately, without a password. `errors` contains
    /// the errors of unknown fields.
    ///
    /// # Errors
    /// Returns `Invalid` if fields are invalid, `Conflict` if the address is taken, reserved or invited, `Forbidden`
    /// if sign-up is closed, `Limited` if a limit is reached, and `Unavailable` if the store fails.
    pub async fn create(&self, new: &NewUser, mut errors: FieldErrors) -> Result<UserSheet> {
        let email = errors.email("email", &new.email);
        let is_verified = errors.flag("email_verified", &new.email_verified);
        let send = errors.one_of("send", &new.send, &SENDS);
        let roles = errors.roles(new.patch.roles.as_ref().unwrap_or(&RawField::Missing));
        let phone = match &new.phone {
            RawField::Missing => None,
            given => errors.phone("phone", given),
        };
        let blank = email.clone().map(|email| Profile {
            email,
            first_name: None,
            last_name: None,
            phone,
            country: None,
            locale: None,
            attributes: Default::default(),
        });
        let profile = blank.map(|blank| patched(&blank, &new.patch.profile, &mut errors));
        let all = (|| Some((profile?, roles?, is_verified?, send? == "invite")))();
        let (profile, roles, is_verified, is_mailed) = errors.finish(all)?;
        if is_mailed && self.realm.policy.signup == Signup::Closed {
            return Err(SIGNUP_CLOSED.into());
        }
        let user = UserId::random(self.ctx.random());
        let challenge = self.accounts().invitation_challenge(&user);
        let invitation = Invitation {
            index: profile.email.blind_index(&self.realm.keys),
            user,
            profile,
            roles,
            grants: Grants::default(),
            challenge: challenge.id,
            created_at: self.ctx.now,
            expires_at: challenge.expires_at,
        };
        self.require_free(invitation.index).await?;
        let subject = if is_verified {
            self.insert_user(&invitation, is_mailed).await?
        } else {
            let kind = is_mailed.then_some(MessageKind::Invitation);
            self.insert_invitation(invitation, challenge, kind, Event::UserInvited).await?
        };
        self.sheet(&subject).await
    }

    /// Creates the user of a verified address. The user sets a password through an emailed link.
    async fn insert_user(&self, invitation: &Invitation, is_mailed: bool) -> Result<Subject> {
        let user = self.accounts().invited_user(invitation, &PasswordHash::none())?;
        let audit = self.audit(Event::UserCreated).user(&user).by(self.admin());
        let found = self.ports.store.at_address(&self.realm.name, user.index).await?;
        let mut with = self.taking(invitation);
        with.push(UserOp::Insert(user.clone()).into());
        with.extend(self.accounts().discard_registration(found));
        if is_mailed {
            self.start_reset(&user, false, audit, (with, EMAIL_TAKEN)).await?;
        } else {
            with.push(audit.into());
            self.settle(with, EMAIL_TAKEN).await?;
        }
        Ok(Subject::User(Box::new(user)))
    }
}

impl<R: crate::admin::Right> Administered<'_, R> {
    /// Requires an address to be free: no user, no invitation and no reservation.
    ///
    /// # Errors
    /// Returns `Conflict` if the address is taken, and `Unavailable` if the store fails.
    pub(super) async fn require_free(&self, index: BlindIndex) -> Result<()> {
        let accounts = self.accounts();
        let is_taken = self.ports.store.at_address(&self.realm.name, index).await?.user.is_some()
            || accounts.invitation_at(index).await?.is_some()
            || accounts.reserved_by_other(index, None).await?.is_some();
        if is_taken { Err(EMAIL_TAKEN.into()) } else { Ok(()) }
    }

    /// Returns the operations that require the address of an invitation to be free.
    fn taking(&self, invitation: &Invitation) -> Batch {
        let realm = self.realm.name.clone();
        vec![
            self.accounts().require_unreserved(invitation.index, &invitation.user),
            UserOp::RequireAddress { realm, index: invitation.index, is_taken: false }.into(),
        ]
    }

    /// Commits a new invitation with its link. Sends the link if a kind of mail is given.
    ///
    /// # Errors
    /// Returns `Conflict` if the address was taken concurrently, `Limited` if a limit is reached, `Unavailable` if
    /// the store fails, and `Internal` if the mail cannot be serialised.
    pub(super) async fn insert_invitation(
        &self,
        invitation: Invitation,
        challenge: Challenge,
        kind: Option<MessageKind>,
        event: Event,
    ) -> Result<Subject> {
        let row = invitation.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        let audit = self.audit(event).index(invitation.index).by(self.admin());
        let audit = audit.detail("grants", invitation.grants.words());
        let mut batch = self.taking(&invitation);
        batch.extend(self.put_invitation(&row).await?);
        batch.extend(batch![ChallengeOp::Insert(challenge), audit]);
        self.commit_invitation(&invitation, kind, (batch, EMAIL_TAKEN)).await?;
        Ok(Subject::Invited(row, Box::new(invitation)))
    }

    /// Returns the operations that store an invitation and replace an expired one.
    ///
    /// # Errors
    /// Returns `Conflict` if another request invited the address concurrently, and `Unavailable` if the store fails.
    async fn put_invitation(&self, row: &RecordRow) -> Result<Batch> {
        let stored = self.ports.store.record(&self.realm.name, row.kind, &row.key).await?;
        let mut batch = Batch::new();
        if let Some(stored) = stored {
            if stored.expires_at.is_none_or(|at| at > self.ctx.now) {
                return Err(EMAIL_TAKEN.into());
            }
            let (realm, kind, key) = (stored.realm, stored.kind, stored.key);
            batch.push(RecordOp::Delete { realm, kind, key, revision: Some(stored.revision) }.into());
        }
        batch.push(RecordOp::Insert(row.clone()).into());
        Ok(batch)
    }

    /// Commits an invitation with its mail, subject to the mail limits of administrators.
    ///
    /// # Errors
    /// Returns `lost` if a precondition of the batch fails, `Limited` if a limit is reached, `Unavailable` if the
    /// store fails, and `Internal` if the mail cannot be serialised.
    pub(super) async fn commit_invitation(
        &self,
        invitation: &Invitation,
        kind: Option<MessageKind>,
        (mut batch, lost): (Batch, Refusal),
    ) -> Result<()> {
        let actor = self.admin().actor().id.unwrap_or_default();
        let (limit, quota) = (LimitKind::Invitations, self.settings.limits.invitations);
        let key = LimitKey::in_realm(&self.realms.admin()?.keys, limit, &[actor.as_bytes()]);
        let charge = self.charge(limit, key, quota).await?;
        let Some(kind) = kind else { return self.charged(charge, self.settle(batch, lost)).await };
        let email = &invitation.profile.email;
        batch.push(self.message(kind, &Recipient::unnamed(email), Some(invitation.challenge))?.into());
        self.charged(charge, self.settle_mail(email, batch, lost)).await
    }
}
