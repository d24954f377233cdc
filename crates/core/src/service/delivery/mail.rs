//! Delivery of mails.

use super::{Delivery, DeliveryResult};
use crate::{
    ctx::Ctx,
    error::{Cause, Error, Result},
    link::{Challenge, Purpose},
    message::{
        Links, Mail,
        outbox::{DeliveryOutcome, retry_at},
    },
    port::{ChallengeOp, Op, SendError},
};

/// Rendered mail, and the challenge of its links.
struct MailDraft {
    mail: Mail,
    challenge: Option<Challenge>,
}

impl Delivery<'_> {
    /// Sends the mail of the row, unless it is obsolete.
    pub(super) async fn send_mail(&self) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        let Some(MailDraft { mail, challenge }) = self.draft().await? else { return self.obsolete().await };
        match self.ports.mailer.send(&mail).await {
            Ok(()) => self.sent(challenge).await,
            Err(SendError::Permanent(cause)) => {
                tracing::warn!(outbox = %row.id, kind = row.kind.as_str(), error = %cause, "mail rejected");
                self.finish(DeliveryOutcome::Dead, DeliveryResult::Dead, "rejected").await
            }
            Err(SendError::Transient(cause)) => self.retry_later(None, &cause).await,
            // The mail may have arrived: its reset link must not outlive the lifetime that the mail states.
            Err(SendError::Unknown(cause)) => {
                let reset = challenge.filter(|challenge| challenge.purpose == Purpose::Reset);
                self.retry_later(reset.map(|reset| expire_from_now(self.ctx, &reset)), &cause).await
            }
        }
    }

    /// Renders the mail; `None` if its links have no purpose any more.
    async fn draft(&self) -> Result<Option<MailDraft>> {
        let row = &self.claimed.row;
        let spec = row.kind.spec();
        let mut links = Links::default();
        let mut challenge = None;
        if !spec.links.is_empty() {
            let Some(linked) = self.linked_challenge().await? else { return Ok(None) };
            for link in spec.links {
                links.set(link.role, self.link(link.page, link.action, &linked));
            }
            links.lifetime = linked.lifetime;
            challenge = Some(linked);
        }
        let recipient = self.recipient()?;
        let rendered = self.ports.render.mail(row.kind, &self.realm.name, &recipient, &links, self.ctx.now);
        let mail = rendered.map_err(Error::internal)?;
        Ok(Some(MailDraft { mail: Mail { message_id: row.id.as_str().to_owned(), ..mail }, challenge }))
    }

    /// Returns the challenge of the links, unless its user or registration does not exist any more.
    async fn linked_challenge(&self) -> Result<Option<Challenge>> {
        let Some(challenge) = self.challenge().await? else { return Ok(None) };
        let (store, realm, subject) = (&self.ports.store, &self.realm.name, &challenge.subject);
        let user = match challenge.purpose {
            // A verification needs the registration itself.
            Purpose::Registration => None,
            Purpose::Reset | Purpose::Phone => store.user(realm, subject).await?,
        };
        let registration = store.registration(realm, subject).await?;
        let pending = registration.filter(|registration| registration.is_pending(self.ctx.now));
        Ok(match (user, pending) {
            (Some(_), _) => Some(challenge),
            // A verification link does not outlive the registration.
            (None, Some(pending)) if challenge.purpose == Purpose::Registration => {
                let left = pending.expires_at.since(self.ctx.now);
                Some(Challenge { lifetime: challenge.lifetime.min(left), ..challenge })
            }
            (None, Some(_)) => Some(challenge),
            (None, None) => None,
        })
    }

    /// Schedules the next attempt.
    async fn retry_later(&self, with: Option<Op>, cause: &Cause) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        let at = retry_at(self.ctx, row.attempts + 1);
        tracing::warn!(outbox = %row.id, kind = row.kind.as_str(), attempts = row.attempts + 1, retry_at = %at, error = %cause, "mail delivery failed");
        let is_recorded = self.record(DeliveryOutcome::Retry(at), with.into_iter().collect()).await?;
        Ok(if is_recorded { DeliveryResult::Later } else { DeliveryResult::Lost })
    }

    /// Records the hand-over, at which the lifetime of the links begins.
    async fn sent(&self, challenge: Option<Challenge>) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        let expire = challenge.iter().map(|challenge| expire_from_now(self.ctx, challenge)).collect();
        if !self.record(DeliveryOutcome::Done, expire).await? {
            return Ok(DeliveryResult::Lost);
        }
        tracing::info!(outbox = %row.id, kind = row.kind.as_str(), attempts = row.attempts + 1, "mail sent");
        Ok(DeliveryResult::Sent)
    }
}

/// Returns the operation that starts the lifetime of a link.
fn expire_from_now(ctx: &Ctx, challenge: &Challenge) -> Op {
    let at = ctx.now.plus(challenge.lifetime);
    ChallengeOp::Expire { realm: challenge.realm.clone(), id: challenge.id, at }.into()
}
