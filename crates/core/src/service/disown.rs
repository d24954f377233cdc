//! `undo` of a registration: "this was not me".

use crate::{
    account::Registration,
    audit::{AuditRow, Event},
    batch,
    ctx::Ctx,
    error::{Error, Result},
    link::{Challenge, LinkAction},
    port::{ChallengeOp, CommitError, RegistrationOp},
    realm::Realm,
    service::{Service, settle::Standing},
};

impl Service {
    /// Whether there is still something for this link to take back.
    ///
    /// # Errors
    /// The one answer for bad links; unavailable.
    pub async fn may_disown(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<()> {
        self.try_link(ctx, self.disownable(ctx, realm, token)).await.map(|_| ())
    }

    /// Discards the registration behind the link.
    ///
    /// # Errors
    /// The one answer for bad links; unavailable.
    pub async fn disown(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<()> {
        self.try_link(ctx, self.discard(ctx, realm, token)).await
    }

    async fn discard(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<()> {
        let (registration, challenge) = self.disownable(ctx, realm, token).await?;
        let audit = AuditRow::new(ctx, &realm.name, Event::RegistrationRejected).user(&registration.id);
        let batch = batch![
            ChallengeOp::Spend { realm: realm.name.clone(), id: challenge.id, now: ctx.now },
            RegistrationOp::Delete { realm: realm.name.clone(), id: registration.id.clone() },
            audit.index(registration.index),
        ];
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %realm.name, user = %registration.id, "registration disowned");
                Ok(())
            }
            Err(CommitError::Failed(_)) => Err(Error::bad_link()),
            Err(error) => Err(error.into()),
        }
    }

    async fn disownable(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<(Registration, Challenge)> {
        match self.standing(ctx, realm, LinkAction::Reject, token).await? {
            Standing::Pending(registration, challenge) => Ok((registration, challenge)),
            Standing::Settled(_) => Err(Error::bad_link()),
        }
    }
}
