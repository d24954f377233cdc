//! `undo`: the owner of the address cancels a registration.

use super::{Accounts, activate::LinkTarget};
use crate::{
    account::Registration,
    audit::Event,
    batch,
    error::{Error, Result},
    link::{Challenge, LinkAction},
    port::{ChallengeOp, CommitError, RegistrationOp},
};

impl Accounts<'_> {
    /// Cancels the registration of a link.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, and `Unavailable` if the store fails.
    pub(super) async fn reject(&self, token: &str) -> Result<()> {
        let (registration, challenge) = self.rejectable(token).await?;
        let realm = &self.realm.name;
        let batch = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: challenge.id, now: self.ctx.now },
            RegistrationOp::Delete { realm: realm.clone(), id: registration.id.clone() },
            self.audit(Event::RegistrationRejected).user(&registration).index(registration.index),
        ];
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %realm, user = %registration.id, "registration rejected");
                Ok(())
            }
            Err(CommitError::Failed(_)) => Err(Error::bad_link()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the registration that a link can cancel.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, and `Unavailable` if the store fails.
    pub(super) async fn rejectable(&self, token: &str) -> Result<(Registration, Challenge)> {
        match self.link_target(LinkAction::Reject, token).await? {
            LinkTarget::Pending(registration, challenge) => Ok((*registration, challenge)),
            LinkTarget::Activated => Err(Error::bad_link()),
        }
    }
}
