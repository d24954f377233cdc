//! Delivery: sends the messages of claimed outbox rows and records the outcome.

mod mail;
mod sms;

use std::ops::Deref;

use crate::{
    ctx::Ctx,
    error::{Error, Result},
    limit::Usage,
    link::Challenge,
    message::{
        Channel, Recipient,
        outbox::{Claimed, DeliveryOutcome, Lease},
    },
    port::{Batch, OutboxOp, Precondition},
    service::{Scope, kernel::Kernel},
};

/// Result of a delivery, for the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryResult {
    /// The message was handed over.
    Sent,
    /// The message has no purpose any more, and was not sent.
    Obsolete,
    /// The delivery failed and will be retried.
    Later,
    /// The delivery failed and will not be retried.
    Dead,
    /// The lease was lost. Another worker records the outcome.
    Lost,
}

/// The verbs of the delivery workers.
#[derive(Debug, Clone, Copy)]
pub struct Deliveries<'a> {
    kernel: &'a Kernel,
    ctx: &'a Ctx,
}

impl<'a> Deliveries<'a> {
    pub(super) const fn new(kernel: &'a Kernel, ctx: &'a Ctx) -> Self {
        Self { kernel, ctx }
    }

    /// Claims up to `limit` messages of a channel that are due.
    ///
    /// # Errors
    /// Unavailable, if the store does not answer.
    pub async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>> {
        Ok(self.kernel.ports.store.claim(channel, limit, lease).await?)
    }

    /// Releases a claimed row without an attempt.
    ///
    /// # Errors
    /// Unavailable, if the store does not answer.
    pub async fn release(&self, claimed: &Claimed) -> Result<()> {
        record(self.kernel, claimed, DeliveryOutcome::Release, Batch::new()).await.map(|_| ())
    }

    /// Sends a claimed message, or schedules the next attempt, and records the outcome. After a crash between the two
    /// the same message is sent again, with the same links and message id.
    ///
    /// # Errors
    /// Unavailable, if the outcome could not be recorded. The lease expires, and the row can be claimed again.
    pub async fn deliver(&self, claimed: &Claimed) -> Result<DeliveryResult> {
        let row = &claimed.row;
        if row.give_up_at <= self.ctx.now {
            tracing::warn!(outbox = %row.id, kind = row.kind.as_str(), attempts = row.attempts, "message expired");
            return finish(self.kernel, claimed, DeliveryOutcome::Dead, DeliveryResult::Dead, "expired").await;
        }
        let realm = self.kernel.realms.get(row.realm.as_str());
        let realm = realm.ok_or_else(|| Error::internal("the realm of the message is not open"))?;
        let usage = Usage::default();
        let delivery = Delivery { scope: Scope::new(self.kernel, self.ctx, realm, &usage), claimed };
        match row.kind.channel() {
            Channel::Mail => delivery.send_mail().await,
            Channel::Sms => delivery.send_code().await,
            Channel::SmsStatus => delivery.query_status().await,
        }
    }
}

/// Delivery of a claimed row.
#[derive(Clone, Copy)]
struct Delivery<'a> {
    scope: Scope<'a>,
    claimed: &'a Claimed,
}

impl<'a> Deref for Delivery<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.scope
    }
}

impl Delivery<'_> {
    fn recipient(&self) -> Result<Recipient> {
        let row = &self.claimed.row;
        let plain = self.realm.keys.open_outbox(row.id.as_str(), &row.recipient).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// Returns the challenge of the row, if it is still valid.
    async fn challenge(&self) -> Result<Option<Challenge>> {
        let Some(id) = self.claimed.row.challenge else { return Ok(None) };
        let challenge = self.ports.store.challenge(&self.realm.name, id).await?;
        Ok(challenge.filter(|challenge| challenge.is_valid(self.ctx.now)))
    }

    async fn obsolete(&self) -> Result<DeliveryResult> {
        self.finish(DeliveryOutcome::Done, DeliveryResult::Obsolete, "obsolete").await
    }

    async fn finish(
        &self,
        outcome: DeliveryOutcome,
        result: DeliveryResult,
        reason: &'static str,
    ) -> Result<DeliveryResult> {
        finish(self.kernel, self.claimed, outcome, result, reason).await
    }

    async fn record(&self, outcome: DeliveryOutcome, with: Batch) -> Result<bool> {
        record(self.kernel, self.claimed, outcome, with).await
    }
}

/// Records an outcome and returns the result, or that the lease was lost.
async fn finish(
    kernel: &Kernel,
    claimed: &Claimed,
    outcome: DeliveryOutcome,
    result: DeliveryResult,
    reason: &'static str,
) -> Result<DeliveryResult> {
    if !record(kernel, claimed, outcome, Batch::new()).await? {
        return Ok(DeliveryResult::Lost);
    }
    tracing::debug!(outbox = %claimed.row.id, reason, "delivery finished");
    Ok(result)
}

/// Records an outcome with further operations; `false` if the lease was lost.
async fn record(kernel: &Kernel, claimed: &Claimed, outcome: DeliveryOutcome, with: Batch) -> Result<bool> {
    let (id, lease) = (claimed.row.id.clone(), claimed.lease.clone());
    let finish = OutboxOp::FinishDelivery { id, lease, outcome }.into();
    let batch = std::iter::once(finish).chain(with).collect();
    Ok(kernel.commit_unless(batch, &[Precondition::LeaseHeld]).await?)
}
