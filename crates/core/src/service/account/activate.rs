//! Activation: finds a registration through its link and converts it to a user in one batch.

use super::Accounts;
use crate::{
    account::{Profile, Registration, User},
    audit::Event,
    batch,
    error::{Error, Result},
    id::ChallengeId,
    link::{Challenge, LinkAction, Purpose},
    message::{MessageKind, Recipient},
    port::{ChallengeOp, CommitError, RegistrationOp, UserOp},
};

/// Target of a registration's link.
pub(super) enum LinkTarget {
    /// The registration awaits verification.
    Pending(Box<Registration>, Challenge),
    /// The registration has become a user.
    Activated,
}

/// Activation of a registration.
pub(super) struct Activation<'a> {
    pub(super) challenge: ChallengeId,
    pub(super) user: &'a User,
    pub(super) profile: &'a Profile,
    pub(super) event: Event,
}

impl Accounts<'_> {
    /// Returns the registration of a link, or the resulting user.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, and `Unavailable` if the store fails.
    pub(super) async fn link_target(&self, action: LinkAction, token: &str) -> Result<LinkTarget> {
        let challenge = self.proved_challenge(token, action, Purpose::Registration).await?;
        self.target_of(challenge).await
    }

    /// Returns the registration of a proven challenge, or the resulting user.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is invalid, and `Unavailable` if the store fails.
    pub(super) async fn target_of(&self, challenge: Challenge) -> Result<LinkTarget> {
        if challenge.used_at.is_none()
            && let Some(registration) = self.pending_registration(&challenge.subject).await?
        {
            return Ok(LinkTarget::Pending(Box::new(registration), challenge));
        }
        // Activated through another link, or replaced by a registration with another password.
        let user = self.activated_user(&challenge.subject).await?;
        user.map(|_| LinkTarget::Activated).ok_or_else(Error::bad_link)
    }

    /// Converts a registration to its user and sends a welcome email. Returns `false` without changes if another
    /// request has activated or cancelled it in the meantime.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the email cannot be serialized.
    pub(super) async fn activate(&self, activation: &Activation<'_>) -> Result<bool> {
        let Activation { challenge, user, profile, event } = *activation;
        let realm = &self.realm.name;
        let mut batch = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: challenge, now: self.ctx.now },
            RegistrationOp::Delete { realm: realm.clone(), id: user.id.clone() },
            self.require_unreserved(user.index, &user.id),
            self.require_uninvited(user.index, &user.id),
            UserOp::Insert(user.clone()),
            self.audit(event).user(user),
            self.message(MessageKind::Welcome, &Recipient::unnamed(&profile.email), None)?,
        ];
        if event != Event::EmailVerified {
            // The owner has chosen a password, which earlier reset links must not replace.
            let (realm, subject) = (realm.clone(), user.id.clone());
            batch.push(ChallengeOp::Drop { realm, subject, purpose: Some(Purpose::Reset) }.into());
        }
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %realm, user = %user.id, event = event.as_str(), "address verified");
                Ok(true)
            }
            Err(CommitError::Failed(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
