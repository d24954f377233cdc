//! Delivery: sends the messages of claimed outbox rows and records the outcomes.

mod mail;
mod sms;

use std::{ops::Deref, time::Duration};

use crate::{
    clock::{Clock, Timestamp},
    ctx::Ctx,
    error::{Cause, Error, Result},
    limit::Usage,
    link::Challenge,
    message::{
        Channel, Recipient,
        outbox::{Claimed, DeliveryFault, DeliveryOutcome, Lease, retry_at},
    },
    port::{Batch, Op, OutboxOp, Precondition, StatOp, Transit},
    service::{Scope, kernel::Kernel},
    stats::{self, Handed},
};

/// Result of a delivery, for the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryResult {
    /// The message was delivered to the next hop.
    Sent,
    /// The message is obsolete and was not sent.
    Obsolete,
    /// The delivery failed and will be retried.
    Later,
    /// The delivery failed and will not be retried.
    Dead,
    /// The lease was lost. Another worker records the outcome.
    Lost,
}

/// Operations of the delivery workers.
#[derive(Debug, Clone, Copy)]
pub struct Deliveries<'a> {
    kernel: &'a Kernel,
    ctx: &'a Ctx,
    /// Clock for the end of an attempt. The context contains the time of its start.
    clock: &'a dyn Clock,
}

impl<'a> Deliveries<'a> {
    pub(super) const fn new(kernel: &'a Kernel, ctx: &'a Ctx, clock: &'a dyn Clock) -> Self {
        Self { kernel, ctx, clock }
    }

    /// Claims up to `limit` due messages of a channel, or a single one while the channel is paused.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store does not respond.
    pub async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>> {
        let limit = self.kernel.pauses.allowance(channel, limit, (&lease.id, lease.until), lease.now);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let claimed = self.kernel.ports.store.claim(channel, limit, lease).await;
        if !claimed.as_ref().is_ok_and(|claimed| !claimed.is_empty()) {
            self.kernel.pauses.inconclusive(channel, &lease.id, lease.now, Duration::ZERO);
        }
        Ok(claimed?)
    }

    /// Ends a delivery that is cancelled because the server stops. Its row is released, unless the message may have
    /// been handed over.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store does not respond.
    pub async fn interrupt(&self, claimed: &Claimed, transit: &Transit) -> Result<DeliveryResult> {
        if transit.has_begun() {
            let usage = Usage::default();
            let (delivery, cause) = (self.open(claimed, &usage)?, "the server was stopped".into());
            if claimed.row.kind.channel() == Channel::Sms {
                return delivery.code_unclear(&cause).await;
            }
            let challenge = delivery.challenge().await?;
            return delivery.unclear(challenge.as_ref(), &cause).await;
        }
        self.release(claimed).await
    }

    /// Extends the lease of a row during a long delivery.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store does not respond.
    pub async fn extend(&self, claimed: &Claimed, by: Duration) -> Result<()> {
        let (id, lease) = (claimed.row.id.clone(), claimed.lease.clone());
        let extend: Op = OutboxOp::ExtendLease { id, lease, until: self.clock.now().plus(by) }.into();
        // Another worker has claimed the row, so the outcome of this delivery will not be recorded either.
        self.kernel.commit_unless(Batch::from([extend]), &[Precondition::LeaseHeld]).await?;
        Ok(())
    }

    /// Sends a claimed message, or schedules the next attempt, and records the outcome. If the process crashes in
    /// between, the message is sent again with the same links and message ID.
    ///
    /// # Errors
    /// Returns `Unavailable` if the outcome could not be recorded. The lease then expires, and the row can be claimed
    /// again.
    pub async fn deliver(&self, claimed: &Claimed, transit: &Transit) -> Result<DeliveryResult> {
        let channel = claimed.row.kind.channel();
        if !self.kernel.pauses.admits(channel, &claimed.lease) {
            return self.release(claimed).await;
        }
        let result = self.attempt(claimed, transit).await;
        // If nothing was sent, the next message is the probe.
        self.kernel.pauses.inconclusive(channel, &claimed.lease, self.clock.now(), Duration::ZERO);
        result
    }

    async fn attempt(&self, claimed: &Claimed, transit: &Transit) -> Result<DeliveryResult> {
        let row = &claimed.row;
        if row.give_up_at <= self.ctx.now {
            tracing::warn!(outbox = %row.id, kind = row.kind.as_str(), attempts = row.attempts, "message expired");
            return finish(
                (self.kernel, self.ctx.now),
                claimed,
                (DeliveryOutcome::Dead, Some(DeliveryFault::Expired)),
                DeliveryResult::Dead,
                DeliveryFault::Expired.as_str(),
            )
            .await;
        }
        let usage = Usage::default();
        let delivery = self.open(claimed, &usage)?;
        match row.kind.channel() {
            Channel::Mail => delivery.send_mail(transit).await,
            Channel::Sms => delivery.send_code(transit).await,
            Channel::SmsStatus => delivery.query_status().await,
        }
    }

    fn open<'d>(&'d self, claimed: &'d Claimed, usage: &'d Usage) -> Result<Delivery<'d>> {
        let realm = self.kernel.realms.any(claimed.row.realm.as_str());
        let realm = realm.ok_or_else(|| Error::internal("the realm of the message is not open"))?;
        Ok(Delivery { scope: Scope::new(self.kernel, self.ctx, realm, usage), claimed, clock: self.clock })
    }

    async fn release(&self, claimed: &Claimed) -> Result<DeliveryResult> {
        let is_recorded =
            record((self.kernel, self.ctx.now), claimed, (DeliveryOutcome::Release, None), Batch::new()).await?;
        Ok(if is_recorded { DeliveryResult::Later } else { DeliveryResult::Lost })
    }
}

/// Delivery of a claimed row.
#[derive(Clone, Copy)]
struct Delivery<'a> {
    scope: Scope<'a>,
    claimed: &'a Claimed,
    clock: &'a dyn Clock,
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

    /// Returns the challenge of the row if it is still valid.
    async fn challenge(&self) -> Result<Option<Challenge>> {
        let Some(id) = self.claimed.row.challenge else { return Ok(None) };
        let challenge = self.ports.store.challenge(&self.realm.name, id).await?;
        Ok(challenge.filter(|challenge| challenge.is_valid(self.ctx.now)))
    }

    /// Ends a pause of the channel, after the provider has accepted the message or rejected only this message.
    fn resume(&self) {
        let channel = self.claimed.row.kind.channel();
        if self.pauses.end(channel) {
            tracing::info!(channel = channel.as_str(), "message route resumed");
        }
    }

    /// Pauses the channel because the provider rejects this server, and schedules the next attempt.
    async fn refused(&self, cause: &Cause) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        let channel = row.kind.channel();
        let (at, is_news) = self.pauses.refused(channel, &self.claimed.lease, self.clock.now());
        if is_news {
            tracing::error!(channel = channel.as_str(), outbox = %row.id, retry_at = %at, error = %cause, "message route paused");
        }
        self.fail(DeliveryOutcome::Retry(at), DeliveryResult::Later, DeliveryFault::RouteRejected).await
    }

    /// Pauses the channel for the time requested by the provider, and schedules the next attempt.
    async fn throttled(&self, cause: &Cause, wait: Duration) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        let channel = row.kind.channel();
        let at = self.pauses.throttled(channel, self.clock.now(), wait);
        tracing::warn!(channel = channel.as_str(), outbox = %row.id, retry_at = %at, error = %cause, "message route throttled");
        self.fail(DeliveryOutcome::Retry(at), DeliveryResult::Later, DeliveryFault::Throttled).await
    }

    /// Returns the time of the next attempt after one that failed because of the message itself, within this maximum.
    fn next_attempt(&self, within: Duration) -> Timestamp {
        let (row, now) = (&self.claimed.row, self.clock.now());
        let at = retry_at(self.ctx, now, row.attempts + 1).min(now.plus(within));
        self.pauses.inconclusive(row.kind.channel(), &self.claimed.lease, now, at.since(now));
        at
    }

    /// Returns the operation that counts the message.
    fn count(&self, handed: Handed) -> Option<Op> {
        count(self.claimed, self.ctx.now, handed)
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
        finish((self.kernel, self.ctx.now), self.claimed, (outcome, None), result, reason).await
    }

    /// Records the outcome of a failed attempt.
    async fn fail(
        &self,
        outcome: DeliveryOutcome,
        result: DeliveryResult,
        fault: DeliveryFault,
    ) -> Result<DeliveryResult> {
        let outcome = (outcome, Some(fault));
        finish((self.kernel, self.ctx.now), self.claimed, outcome, result, fault.as_str()).await
    }

    async fn record(&self, outcome: DeliveryOutcome, fault: Option<DeliveryFault>, with: Batch) -> Result<bool> {
        record((self.kernel, self.ctx.now), self.claimed, (outcome, fault), with).await
    }
}

/// Records an outcome. Returns the result, or that the lease was lost.
async fn finish(
    (kernel, now): (&Kernel, Timestamp),
    claimed: &Claimed,
    outcome: (DeliveryOutcome, Option<DeliveryFault>),
    result: DeliveryResult,
    reason: &'static str,
) -> Result<DeliveryResult> {
    if !record((kernel, now), claimed, outcome, Batch::new()).await? {
        return Ok(DeliveryResult::Lost);
    }
    tracing::debug!(outbox = %claimed.row.id, reason, "delivery finished");
    Ok(result)
}

/// Records an outcome and its fault together with further operations, and counts an abandoned message. Returns `false`
/// if the lease was lost.
async fn record(
    (kernel, now): (&Kernel, Timestamp),
    claimed: &Claimed,
    (outcome, fault): (DeliveryOutcome, Option<DeliveryFault>),
    with: Batch,
) -> Result<bool> {
    let given_up = (outcome == DeliveryOutcome::Dead).then(|| count(claimed, now, Handed::Failed)).flatten();
    let (id, lease) = (claimed.row.id.clone(), claimed.lease.clone());
    // First, because the lease ends with the outcome.
    let noted: Option<Op> =
        fault.map(|fault| OutboxOp::NoteFault { id: id.clone(), lease: lease.clone(), fault }.into());
    let finish: Op = OutboxOp::FinishDelivery { id, lease, outcome }.into();
    let batch = noted.into_iter().chain([finish]).chain(with).chain(given_up).collect();
    Ok(kernel.commit_unless(batch, &[Precondition::LeaseHeld]).await?)
}

/// Returns the operation that counts a message.
fn count(claimed: &Claimed, now: Timestamp, handed: Handed) -> Option<Op> {
    let row = &claimed.row;
    stats::delivered(&row.realm, now, row.kind.channel(), handed).map(|stat| StatOp::Add(stat).into())
}
