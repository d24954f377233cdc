//! The first owner: a token that is printed at the start makes the first administrator, while there is none.

use std::time::Duration;

use super::Accounts;
use crate::{
    account::{Profile, User, email::EmailAddress},
    admin::{Grant, Grants, Invitation},
    audit::Event,
    batch,
    error::{Error, Result, catalogue::EMAIL_TAKEN},
    id::UserId,
    link::{Challenge, LinkAction, LinkToken, Purpose},
    port::{Batch, ChallengeOp, CommitError, Precondition, RecordOp, UserOp},
    record::Record,
    service::{
        FieldErrors, RawField,
        kernel::{HASHED_ATTEMPTS, OwnersRead, retry},
    },
};

/// Lifetime of the token.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

impl Accounts<'_> {
    /// Creates a setup code for the first owner. It works once, within 30 minutes.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn begin_first_owner(&self) -> Result<LinkToken> {
        let user = UserId::random(self.ctx.random());
        let challenge = Challenge::beginning(self.ctx, &self.realm.name, Purpose::FirstOwner, &user, LIFETIME);
        let token = LinkToken::derive(&self.realm.keys, LinkAction::FirstOwner, &challenge);
        self.commit(batch![ChallengeOp::Insert(challenge)]).await?;
        Ok(token)
    }

    /// Creates the first owner. The address is considered verified.
    ///
    /// # Errors
    /// Returns `BadLink` if the token is invalid, was used, or an owner exists; `Invalid` for the address or the
    /// password and `Conflict` for the address of an administrator, in which cases the token stays valid; `Limited` if
    /// a rate limit is reached, `Overloaded` if the hash queue is full, and `Unavailable` if the store fails.
    pub async fn make_first_owner(&self, token: &str, email: &RawField, password: &RawField) -> Result<()> {
        let make = |_| self.try_first_owner(token, email, password);
        self.try_link(retry(HASHED_ATTEMPTS, "the address kept changing while the first owner was created", make)).await
    }

    /// Creates the first owner; `None` if the address has changed in the meantime.
    async fn try_first_owner(&self, token: &str, email: &RawField, password: &RawField) -> Result<Option<()>> {
        let challenge = self.proved_challenge(token, LinkAction::FirstOwner, Purpose::FirstOwner).await?;
        let read = self.owners().await?;
        if !challenge.is_valid(self.ctx.now) || !read.owners.is_empty() {
            return Err(Error::bad_link());
        }
        let mut errors = FieldErrors::default();
        let email = errors.email("email", email);
        let guessable: Vec<&str> = email.iter().map(EmailAddress::as_str).collect();
        let password = errors.password("password", password, &self.realm.policy.password, &guessable);
        let (email, password) = errors.finish(email.zip(password))?;
        let hash = self.hash(&self.hash_permit()?, &password).await?;
        let user = self.invited_user(&self.as_invitation(email, &challenge), &hash)?;
        if self.ports.store.at_address(&self.realm.name, user.index).await?.user.is_some() {
            return Err(EMAIL_TAKEN.into());
        }
        let batch = self.first_owner(&user, &challenge, &read).await?;
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(user = %user.id, "first owner created");
                Ok(Some(()))
            }
            Err(CommitError::Failed(Precondition::ChallengeFresh)) => Err(Error::bad_link()),
            // Another owner was created, or the address was taken: the token is checked again.
            Err(CommitError::Failed(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn as_invitation(&self, email: EmailAddress, challenge: &Challenge) -> Invitation {
        Invitation {
            user: challenge.subject.clone(),
            index: email.blind_index(&self.realm.keys),
            profile: bare(email),
            roles: Vec::new(),
            grants: Grants::of(vec![Grant::OWNER]),
            challenge: challenge.id,
            created_at: self.ctx.now,
            expires_at: challenge.expires_at,
        }
    }

    async fn first_owner(&self, user: &User, challenge: &Challenge, read: &OwnersRead) -> Result<Batch> {
        let (realm, grants) = (&self.realm.name, Grants::of(vec![Grant::OWNER]));
        let audit = self.audit(Event::AdminGranted).user(user).detail("admin", user.id.as_str());
        let mut batch = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: challenge.id, now: self.ctx.now },
            self.require_unreserved(user.index, &user.id),
            UserOp::Insert(user.clone()),
            audit.detail("grants", grants.words()),
            self.put_grants(user, None, grants)?,
            self.register_owner(read, &user.id, true)?,
        ];
        // An invitation that was printed for the same address, and not opened.
        if self.invitation_at(user.index).await?.is_some() {
            let (kind, key) = (Invitation::KIND, Invitation::key_of(user.index));
            batch.push(RecordOp::Delete { realm: realm.clone(), kind, key, revision: None }.into());
        }
        Ok(batch)
    }
}

fn bare(email: EmailAddress) -> Profile {
    Profile {
        email,
        first_name: None,
        last_name: None,
        phone: None,
        country: None,
        locale: None,
        attributes: Default::default(),
    }
}
