//! Short messages of the outbox: a code on its way, and later the question whether it arrived.

use std::time::Duration;

use crate::{
    account::phone::PhoneNumber,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, Result},
    link::Code,
    message::{
        MessageKind, Recipient, Sms,
        outbox::{Claimed, DeliveryOutcome, OutboxRow, retry_at},
    },
    port::{Op, OutboxOp, SendError, SmsReceipt, SmsStatus},
    realm::Realm,
    service::{Delivery, Service, message, sms_limits::went_out},
};

/// When a provider is asked what has become of a message, counted from its hand-over.
const ASK_AFTER: [Duration; 3] = [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300)];

/// No wait for the next try is longer: a code lives for minutes only.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

impl Service {
    /// Sends the code of a claimed row, unless it is for nobody any more.
    pub(super) async fn deliver_code(&self, ctx: &Ctx, realm: &Realm, claimed: &Claimed) -> Result<Delivery> {
        let row = &claimed.row;
        let (Some(sms), Some(sender)) = (self.write_code(ctx, realm, row).await?, &self.ports.sms) else {
            return self.finish(claimed, DeliveryOutcome::Done, Delivery::Moot, "moot").await;
        };
        match sender.send(&sms).await {
            Ok(receipt) => {
                let question = receipt.map(|receipt| ask_later(ctx, realm, &receipt)).transpose()?;
                let with = question.into_iter().chain([went_out(ctx, sms.to.country().unwrap_or_default())]).collect();
                if !self.record(claimed, DeliveryOutcome::Done, with).await? {
                    return Ok(Delivery::Lost);
                }
                tracing::info!(outbox = %row.id, attempts = row.attempts + 1, "sms taken by the provider");
                Ok(Delivery::Sent)
            }
            Err(SendError::Permanent(cause)) => {
                tracing::warn!(outbox = %row.id, %cause, "sms refused for good");
                self.finish(claimed, DeliveryOutcome::Dead, Delivery::Dead, "refused").await
            }
            // Each costs money, and whoever waits may ask again.
            Err(SendError::Unknown(cause)) if row.attempts > 0 => {
                tracing::warn!(outbox = %row.id, attempts = row.attempts + 1, %cause, "sms given up: it may have been taken twice");
                self.finish(claimed, DeliveryOutcome::Dead, Delivery::Dead, "unknown").await
            }
            Err(SendError::Transient(cause) | SendError::Unknown(cause)) => {
                let at = retry_at(ctx, row.attempts + 1).min(ctx.now.plus(LONGEST_WAIT));
                tracing::warn!(outbox = %row.id, attempts = row.attempts + 1, retry_at = %at, %cause, "sms not taken");
                self.finish(claimed, DeliveryOutcome::Retry(at), Delivery::Later, "later").await
            }
        }
    }

    /// The message, while its handle is good and the number is still its owner's.
    async fn write_code(&self, ctx: &Ctx, realm: &Realm, row: &OutboxRow) -> Result<Option<Sms>> {
        let Some(challenge) = self.fresh_challenge(ctx, realm, row).await? else { return Ok(None) };
        let Some(user) = self.ports.store.user(&realm.name, &challenge.subject).await? else { return Ok(None) };
        let recipient = self.recipient(realm, row)?;
        let to = PhoneNumber::parse(&recipient.to).map_err(Error::internal)?;
        if user.account(&realm.keys)?.profile.phone != to {
            return Ok(None);
        }
        let code = Code::derive(&realm.keys, &challenge, &to);
        let text = self.ports.render.code(&realm.name, code.expose(), challenge.lifetime, ctx.now);
        let text = text.map_err(Error::internal)?;
        Ok(Some(Sms { message_id: row.id.as_str().to_owned(), to, text, code: code.expose().to_owned() }))
    }

    /// Asks what has become of a message; its end is logged with the provider's code.
    pub(super) async fn follow_sms(&self, realm: &Realm, claimed: &Claimed) -> Result<Delivery> {
        let row = &claimed.row;
        let Some(sender) = &self.ports.sms else {
            return self.finish(claimed, DeliveryOutcome::Done, Delivery::Moot, "moot").await;
        };
        let status = sender.status(&SmsReceipt(self.recipient(realm, row)?.to)).await;
        match status {
            Ok(SmsStatus::Delivered) => tracing::info!(outbox = %row.id, "sms delivered"),
            Ok(SmsStatus::Failed(code)) => tracing::warn!(outbox = %row.id, code, "sms not delivered"),
            Ok(SmsStatus::Pending) | Err(_) => {
                if let Some(at) = next_question(row) {
                    return self.finish(claimed, DeliveryOutcome::Retry(at), Delivery::Later, "later").await;
                }
                tracing::warn!(outbox = %row.id, "sms: what became of it is not known");
            }
        }
        self.finish(claimed, DeliveryOutcome::Done, Delivery::Sent, "known").await
    }
}

/// The question what has become of a message, due a little later.
fn ask_later(ctx: &Ctx, realm: &Realm, receipt: &SmsReceipt) -> Result<Op> {
    let about = Recipient { to: receipt.0.clone(), name: String::new() };
    let mut row = message(ctx, realm, MessageKind::SmsStatus, &about, None)?;
    if let Some(first) = ASK_AFTER.first() {
        row.due_at = ctx.now.plus(*first);
    }
    Ok(OutboxOp::Enqueue(row).into())
}

fn next_question(row: &OutboxRow) -> Option<Timestamp> {
    let asked = usize::try_from(row.attempts).unwrap_or(usize::MAX).saturating_add(1);
    ASK_AFTER.get(asked).map(|after| row.created_at.plus(*after))
}
