//! One step of the outbox: a claimed row becomes a mail, and what came of it is recorded.

use crate::{
    ctx::Ctx,
    error::{Cause, Error, Result},
    link::{Challenge, LinkAction, Purpose},
    message::{
        Channel, Links, Mail, MessageKind, Recipient,
        outbox::{Claimed, DeliveryOutcome, Lease, OutboxRow, retry_at},
    },
    port::{Batch, ChallengeOp, CommitError, Op, OutboxOp, Precondition, SendError},
    realm::Realm,
    service::Service,
};

/// What came of a claimed row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Handed over.
    Sent,
    /// Its cause is gone: there is nothing to send any more.
    Moot,
    /// Will be tried again.
    Later,
    /// Will never be sent.
    Dead,
    /// The lease was lost: somebody else settles it.
    Lost,
}

impl Service {
    /// Takes up to `limit` messages of this channel that are due, under this lease.
    ///
    /// # Errors
    /// Unavailable.
    pub async fn claim_messages(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>> {
        Ok(self.ports.store.claim(channel, limit, lease).await?)
    }

    /// Gives a claimed row back untouched.
    ///
    /// # Errors
    /// Unavailable.
    pub async fn release(&self, claimed: &Claimed) -> Result<()> {
        self.record(claimed, DeliveryOutcome::Release, Batch::new()).await.map(|_| ())
    }

    /// Sends one claimed message, or finds out when to try again, and records the outcome. A crash between the two sends it
    /// once more: the same message, with the same link and the same message id.
    ///
    /// # Errors
    /// Unavailable, when the outcome could not be recorded: the lease will run out and the row comes up again.
    pub async fn deliver(&self, ctx: &Ctx, claimed: &Claimed) -> Result<Delivery> {
        let row = &claimed.row;
        if row.give_up_at <= ctx.now {
            tracing::warn!(outbox = %row.id, mail = row.kind.as_str(), attempts = row.attempts, "mail given up: too late");
            return self.finish(claimed, DeliveryOutcome::Dead, Delivery::Dead, "too late").await;
        }
        let realm =
            self.realm(row.realm.as_str()).ok_or_else(|| Error::internal("a message of a realm that is not open"))?;
        match row.kind {
            MessageKind::PhoneCode => return self.deliver_code(ctx, realm, claimed).await,
            MessageKind::SmsStatus => return self.follow_sms(realm, claimed).await,
            _ => {}
        }
        let Some((mail, challenge)) = self.write(ctx, realm, row).await? else {
            return self.finish(claimed, DeliveryOutcome::Done, Delivery::Moot, "moot").await;
        };
        match self.ports.mailer.send(&mail).await {
            Ok(()) => self.sent(ctx, claimed, challenge).await,
            Err(SendError::Permanent(cause)) => {
                tracing::warn!(outbox = %row.id, mail = row.kind.as_str(), %cause, "mail refused for good");
                self.finish(claimed, DeliveryOutcome::Dead, Delivery::Dead, "refused").await
            }
            Err(SendError::Transient(cause)) => self.later(ctx, claimed, None, &cause).await,
            // If it did arrive, its link must not live longer than it says; if it did not, one asks for another.
            Err(SendError::Unknown(cause)) => {
                let reset = challenge.filter(|challenge| challenge.purpose == Purpose::Reset);
                self.later(ctx, claimed, reset.map(|reset| lives_from_now(ctx, &reset)), &cause).await
            }
        }
    }

    /// The mail in words, unless what it speaks of is gone.
    async fn write(&self, ctx: &Ctx, realm: &Realm, row: &OutboxRow) -> Result<Option<(Mail, Option<Challenge>)>> {
        let mut links = Links::default();
        let of_link = match row.kind {
            MessageKind::VerifyEmail => self.pending_registration(ctx, realm, row).await?,
            MessageKind::ResetPassword => self.pending_reset(ctx, realm, row).await?,
            _ => None,
        };
        match (row.kind, &of_link) {
            (MessageKind::VerifyEmail, Some(challenge)) => {
                links.verification_url = Some(self.mailed_url(realm, "verify", LinkAction::Verify, challenge));
                links.undo_url = Some(self.mailed_url(realm, "undo", LinkAction::Reject, challenge));
            }
            (MessageKind::ResetPassword, Some(challenge)) => {
                links.reset_url = Some(self.mailed_url(realm, "reset_password_form", LinkAction::Reset, challenge));
            }
            (MessageKind::VerifyEmail | MessageKind::ResetPassword, None) => return Ok(None),
            _ => {}
        }
        links.lifetime = of_link.as_ref().map(|challenge| challenge.lifetime).unwrap_or_default();
        let recipient = self.recipient(realm, row)?;
        let mut mail =
            self.ports.render.mail(row.kind, &realm.name, &recipient, &links, ctx.now).map_err(Error::internal)?;
        mail.message_id = row.id.as_str().to_owned();
        Ok(Some((mail, of_link)))
    }

    /// To whom a row goes.
    #[allow(clippy::unused_self, reason = "reads as one of the steps of a delivery")]
    pub(super) fn recipient(&self, realm: &Realm, row: &OutboxRow) -> Result<Recipient> {
        let plain = realm.keys.open_outbox(row.id.as_str(), &row.recipient).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// The challenge behind a verification mail, while the registration still waits for it.
    async fn pending_registration(&self, ctx: &Ctx, realm: &Realm, row: &OutboxRow) -> Result<Option<Challenge>> {
        let Some(challenge) = self.fresh_challenge(ctx, realm, row).await? else { return Ok(None) };
        let registration = self.ports.store.registration(&realm.name, &challenge.subject).await?;
        let waits = registration.filter(|registration| registration.is_pending(ctx.now));
        // A link does not outlive what it verifies.
        Ok(waits.map(|registration| Challenge {
            lifetime: challenge.lifetime.min(registration.expires_at.since(ctx.now)),
            ..challenge
        }))
    }

    /// The challenge behind a reset mail, unless it concerns nobody.
    async fn pending_reset(&self, ctx: &Ctx, realm: &Realm, row: &OutboxRow) -> Result<Option<Challenge>> {
        let Some(challenge) = self.fresh_challenge(ctx, realm, row).await? else { return Ok(None) };
        let is_user = self.ports.store.user(&realm.name, &challenge.subject).await?.is_some();
        let registration = self.ports.store.registration(&realm.name, &challenge.subject).await?;
        let is_somebody = is_user || registration.is_some_and(|registration| registration.is_pending(ctx.now));
        Ok(is_somebody.then_some(challenge))
    }

    /// The challenge of a row, while it is good.
    pub(super) async fn fresh_challenge(&self, ctx: &Ctx, realm: &Realm, row: &OutboxRow) -> Result<Option<Challenge>> {
        let Some(id) = row.challenge else { return Ok(None) };
        let challenge = self.ports.store.challenge(&realm.name, id).await?;
        Ok(challenge.filter(|challenge| challenge.is_valid(ctx.now)))
    }

    /// Records that it was not taken, or that nobody knows.
    async fn later(&self, ctx: &Ctx, claimed: &Claimed, with: Option<Op>, cause: &Cause) -> Result<Delivery> {
        let row = &claimed.row;
        let at = retry_at(ctx, row.attempts + 1);
        tracing::warn!(outbox = %row.id, mail = row.kind.as_str(), attempts = row.attempts + 1, retry_at = %at, %cause, "mail not taken");
        let recorded = self.record(claimed, DeliveryOutcome::Retry(at), with.into_iter().collect()).await?;
        Ok(if recorded { Delivery::Later } else { Delivery::Lost })
    }

    /// Records the hand-over; from now on the link's lifetime runs.
    async fn sent(&self, ctx: &Ctx, claimed: &Claimed, challenge: Option<Challenge>) -> Result<Delivery> {
        let row = &claimed.row;
        let expire = challenge.iter().map(|challenge| lives_from_now(ctx, challenge)).collect();
        if !self.record(claimed, DeliveryOutcome::Done, expire).await? {
            return Ok(Delivery::Lost);
        }
        tracing::info!(outbox = %row.id, mail = row.kind.as_str(), attempts = row.attempts + 1, "mail sent");
        Ok(Delivery::Sent)
    }

    /// Records the outcome, and says what it was.
    pub(super) async fn finish(
        &self,
        claimed: &Claimed,
        outcome: DeliveryOutcome,
        delivery: Delivery,
        why: &'static str,
    ) -> Result<Delivery> {
        if !self.record(claimed, outcome, Batch::new()).await? {
            return Ok(Delivery::Lost);
        }
        tracing::debug!(outbox = %claimed.row.id, why, "message settled");
        Ok(delivery)
    }

    /// Whether the outcome could be recorded: not when the lease was lost.
    pub(super) async fn record(&self, claimed: &Claimed, outcome: DeliveryOutcome, with: Batch) -> Result<bool> {
        let settle =
            OutboxOp::FinishDelivery { id: claimed.row.id.clone(), lease: claimed.lease.clone(), outcome }.into();
        let batch = std::iter::once(settle).chain(with).collect();
        match self.commit(batch).await {
            Ok(()) => Ok(true),
            Err(CommitError::Failed(Precondition::LeaseHeld)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The link's life begins with the hand-over.
fn lives_from_now(ctx: &Ctx, challenge: &Challenge) -> Op {
    ChallengeOp::Expire { realm: challenge.realm.clone(), id: challenge.id, at: ctx.now.plus(challenge.lifetime) }
        .into()
}
