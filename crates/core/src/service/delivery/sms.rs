//! Delivery of SMS codes, and queries for their delivery status.

use std::time::Duration;

use super::{Delivery, DeliveryResult};
use crate::{
    account::phone::PhoneNumber,
    clock::Timestamp,
    error::{Cause, Error, Result},
    link::{Code, Purpose},
    message::{
        MessageKind, Recipient, Sms,
        outbox::{DeliveryFault, DeliveryOutcome, OutboxRow},
    },
    port::{Op, SendError, SmsReceipt, SmsStatus, Transit},
    stats::Handed,
};

/// Times of the status queries, after the hand-over.
const QUERY_AFTER: [Duration; 3] = [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300)];

/// Maximum backoff. It is short, because codes are only valid for minutes.
const MAX_WAIT: Duration = Duration::from_secs(20);

impl Delivery<'_> {
    /// Sends the code of the row, unless its handle is no longer valid.
    pub(super) async fn send_code(&self, transit: &Transit) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        let attempts = row.attempts + 1;
        let (Some(sms), Some(sender)) = (self.code().await?, &self.ports.sms) else { return self.obsolete().await };
        transit.begin();
        let outcome = sender.send(&sms).await;
        if matches!(outcome, Ok(_) | Err(SendError::Permanent(_) | SendError::Unknown(_))) {
            self.resume();
        }
        match outcome {
            Ok(receipt) => {
                let query = receipt.map(|receipt| self.query_later(&receipt)).transpose()?;
                let sent = self.code_sent(sms.to.country().unwrap_or_default());
                if !self
                    .record(
                        DeliveryOutcome::Done,
                        None,
                        query.into_iter().chain([sent]).chain(self.count(Handed::Sent)).collect(),
                    )
                    .await?
                {
                    return Ok(DeliveryResult::Lost);
                }
                tracing::info!(outbox = %row.id, attempts, "sms accepted by provider");
                Ok(DeliveryResult::Sent)
            }
            Err(SendError::Permanent(cause)) => {
                tracing::warn!(outbox = %row.id, error = %cause, "sms rejected");
                self.fail(DeliveryOutcome::Dead, DeliveryResult::Dead, DeliveryFault::Rejected).await
            }
            Err(SendError::Unknown(cause)) => self.code_unclear(&cause).await,
            Err(SendError::Throttled(cause, wait)) => self.throttled(&cause, wait).await,
            Err(SendError::Route(cause)) => self.refused(&cause).await,
            Err(SendError::Transient(cause)) => self.code_later(&cause).await,
        }
    }

    /// Schedules another attempt if this was the first one that may have delivered the SMS. Otherwise abandons it,
    /// because each SMS costs money and the user can request another one.
    pub(super) async fn code_unclear(&self, cause: &Cause) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        if row.attempts == 0 {
            return self.code_later(cause).await;
        }
        tracing::warn!(outbox = %row.id, attempts = row.attempts + 1, error = %cause, "sms abandoned, outcome unknown");
        self.fail(DeliveryOutcome::Dead, DeliveryResult::Dead, DeliveryFault::Unknown).await
    }

    async fn code_later(&self, cause: &Cause) -> Result<DeliveryResult> {
        let (row, at) = (&self.claimed.row, self.next_attempt(MAX_WAIT));
        tracing::warn!(outbox = %row.id, attempts = row.attempts + 1, retry_at = %at, error = %cause, "sms delivery failed");
        self.fail(DeliveryOutcome::Retry(at), DeliveryResult::Later, DeliveryFault::Failed).await
    }

    /// Renders the SMS. Returns `None` if its handle is no longer valid, the user has another phone number, or another
    /// user has verified the number and the realm allows it only once. The work is the same for a handle without a
    /// user.
    async fn code(&self) -> Result<Option<Sms>> {
        let Some(challenge) = self.challenge().await? else { return Ok(None) };
        let user = self.ports.store.user(&self.realm.name, &challenge.subject).await?;
        let to = PhoneNumber::from_stored(&self.recipient()?.to).map_err(Error::internal)?;
        let (number, is_theirs) = self.phone_or_decoy(user.as_ref())?;
        // For a number change, the number is sealed in the row, and a later change removes the challenge.
        let is_theirs = match challenge.purpose {
            Purpose::PhoneChange => user.is_some(),
            _ => number == to && is_theirs,
        };
        // A second factor remains usable for a number that several users verified before the realm required one user.
        let is_claim = challenge.purpose != Purpose::FactorCode;
        let is_taken = is_claim && self.is_phone_taken(&to, &challenge.subject).await?;
        let code = Code::derive(&self.realm.keys, &challenge, &to);
        let text = self.ports.render.code(&self.realm.name, code.expose(), challenge.lifetime, self.ctx.now);
        let text = text.map_err(Error::internal)?;
        let message_id = self.claimed.row.id.as_str().to_owned();
        Ok((is_theirs && !is_taken).then(|| Sms { message_id, to, text, code: code.expose().to_owned() }))
    }

    /// Queries the delivery status from the provider and logs the final status.
    pub(super) async fn query_status(&self) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        let Some(sender) = &self.ports.sms else { return self.obsolete().await };
        match sender.status(&SmsReceipt(self.recipient()?.to)).await {
            Ok(SmsStatus::Delivered) => tracing::info!(outbox = %row.id, "sms delivered"),
            Ok(SmsStatus::Failed(code)) => tracing::warn!(outbox = %row.id, code, "sms undelivered"),
            Ok(SmsStatus::Pending) | Err(_) => {
                if let Some(at) = next_query(row) {
                    return self.finish(DeliveryOutcome::Retry(at), DeliveryResult::Later, "later").await;
                }
                tracing::warn!(outbox = %row.id, "sms delivery status unknown");
            }
        }
        self.finish(DeliveryOutcome::Done, DeliveryResult::Sent, "known").await
    }

    /// Enqueues the first status query.
    fn query_later(&self, receipt: &SmsReceipt) -> Result<Op> {
        let about = Recipient::plain(&receipt.0);
        let mut row = self.message(MessageKind::SmsStatus, &about, None)?;
        if let Some(first) = QUERY_AFTER.first() {
            row.due_at = self.ctx.now.plus(*first);
        }
        Ok(row.into())
    }
}

fn next_query(row: &OutboxRow) -> Option<Timestamp> {
    let asked = usize::try_from(row.attempts).unwrap_or(usize::MAX).saturating_add(1);
    QUERY_AFTER.get(asked).map(|after| row.created_at.plus(*after))
}
