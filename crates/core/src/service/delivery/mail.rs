//! Email delivery.

use std::time::Duration;

use super::{Delivery, DeliveryResult};
use crate::{
    account::email::EmailAddress,
    clock::Timestamp,
    error::{Cause, Error, Result},
    link::{Challenge, Code, Purpose},
    message::{
        Links, Mail, MessageKind, Recipient,
        outbox::{DeliveryFault, DeliveryOutcome, retry_unknown_at},
    },
    port::{Batch, ChallengeOp, Op, SendError, Transit},
    stats::Handed,
};

/// A rendered email, and the challenge of its links.
struct MailDraft {
    mail: Mail,
    challenge: Option<Challenge>,
    /// Whether the address has no account or registration.
    is_decoy: bool,
}

/// Challenge of an email's links.
struct LinkedChallenge {
    challenge: Challenge,
    /// Whether the address has no account or registration. The email is then rendered but not sent.
    is_decoy: bool,
}

impl Delivery<'_> {
    /// Sends the email of the row, unless it is obsolete. An email to an address without an account is rendered and
    /// recorded like any other. Otherwise the duration of subsequent requests would reveal that it was not sent.
    pub(super) async fn send_mail(&self, transit: &Transit) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        let Some(MailDraft { mail, challenge, is_decoy }) = self.draft().await? else { return self.obsolete().await };
        if is_decoy {
            return self.handed_over(challenge, DeliveryResult::Obsolete).await;
        }
        let outcome = self.ports.mailer.send(&mail, transit).await;
        if matches!(outcome, Ok(()) | Err(SendError::Permanent(_) | SendError::Unknown(_))) {
            self.resume();
        }
        match outcome {
            Ok(()) => {
                tracing::info!(outbox = %row.id, kind = row.kind.as_str(), attempts = row.attempts + 1, "mail sent");
                self.handed_over(challenge, DeliveryResult::Sent).await
            }
            Err(SendError::Permanent(cause)) => {
                tracing::warn!(outbox = %row.id, kind = row.kind.as_str(), error = %cause, "mail rejected");
                self.fail(DeliveryOutcome::Dead, DeliveryResult::Dead, DeliveryFault::Rejected).await
            }
            Err(SendError::Transient(cause)) => self.retry_later(&cause).await,
            Err(SendError::Throttled(cause, wait)) => self.throttled(&cause, wait).await,
            Err(SendError::Unknown(cause)) => self.unclear(challenge.as_ref(), &cause).await,
            Err(SendError::Route(cause)) => self.refused(&cause).await,
        }
    }

    /// Schedules another attempt after one that may have delivered the email, or abandons delivery.
    pub(super) async fn unclear(&self, challenge: Option<&Challenge>, cause: &Cause) -> Result<DeliveryResult> {
        let (row, ended) = (&self.claimed.row, self.clock.now());
        // The email may have arrived: its reset link must not outlive the lifetime stated in it.
        let reset = challenge.filter(|challenge| challenge.purpose == Purpose::Reset);
        let expires_at = reset.map_or(row.give_up_at, |reset| ended.plus(reset.lifetime)).min(row.give_up_at);
        let with: Batch = reset.map(|reset| expire_from(ended, reset)).into_iter().collect();
        let (attempts, error) = (row.attempts + 1, cause);
        // A link that has expired by then is not sent.
        let next = retry_unknown_at(ended, row.unknowns).filter(|at| *at < expires_at);
        let (outcome, result) = if let Some(at) = next {
            tracing::warn!(outbox = %row.id, kind = row.kind.as_str(), attempts, retry_at = %at, %error, "mail outcome unknown");
            (DeliveryOutcome::Unknown(at), DeliveryResult::Later)
        } else {
            tracing::warn!(outbox = %row.id, kind = row.kind.as_str(), attempts, %error, "mail abandoned, outcome unknown");
            (DeliveryOutcome::Dead, DeliveryResult::Dead)
        };
        let is_recorded = self.record(outcome, Some(DeliveryFault::Unknown), with).await?;
        Ok(if is_recorded { result } else { DeliveryResult::Lost })
    }

    /// Renders the email; `None` if its links are no longer valid.
    async fn draft(&self) -> Result<Option<MailDraft>> {
        let row = &self.claimed.row;
        let spec = row.kind.spec();
        let mut links = Links::default();
        let (mut challenge, mut is_decoy) = (None, false);
        if !spec.links.is_empty() {
            let Some(linked) = self.linked_challenge().await? else { return Ok(None) };
            for link in spec.links {
                links.set(link.role, self.link(link.page, link.action, &linked.challenge));
            }
            if row.kind == MessageKind::SigninCode {
                links.code = Some(self.mailed_code(&linked.challenge)?);
            }
            links.lifetime = linked.challenge.lifetime;
            is_decoy = linked.is_decoy;
            challenge = Some(linked.challenge);
        }
        let Some(recipient) = self.opened_recipient().await? else { return Ok(None) };
        let rendered = self.ports.render.mail(row.kind, &self.realm.name, &recipient, &links, self.ctx.now);
        let mail = rendered.map_err(Error::internal)?;
        Ok(Some(MailDraft { mail: Mail { message_id: row.id.as_str().to_owned(), ..mail }, challenge, is_decoy }))
    }

    /// Returns the recipient with the data sealed under the user's data key, or `None` if the user was deleted.
    async fn opened_recipient(&self) -> Result<Option<Recipient>> {
        let recipient = self.recipient()?;
        let Some(sealed) = &recipient.sealed_sign_in else { return Ok(Some(recipient)) };
        let Some(id) = sealed.user() else { return Ok(None) };
        let Some(user) = self.ports.store.user(&self.realm.name, &id).await? else { return Ok(None) };
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        Ok(sealed.open(&key).map(|sign_in| Recipient { sign_in: Some(sign_in), ..recipient }))
    }

    /// Returns the challenge of the links if it is valid.
    async fn linked_challenge(&self) -> Result<Option<LinkedChallenge>> {
        let Some(challenge) = self.challenge().await? else { return Ok(None) };
        let (store, realm, subject) = (&self.ports.store, &self.realm.name, &challenge.subject);
        let user = match challenge.purpose {
            // A verification requires the registration itself.
            Purpose::Registration => None,
            _ => store.user(realm, subject).await?,
        };
        let registration = store.registration(realm, subject).await?;
        let pending = registration.filter(|registration| registration.is_pending(self.ctx.now));
        let is_decoy = user.is_none() && pending.is_none() && challenge.purpose != Purpose::Invitation;
        // A verification link expires with its registration.
        let left = pending.filter(|_| challenge.purpose == Purpose::Registration);
        let left = left.map_or(Duration::MAX, |pending| pending.expires_at.since(self.ctx.now));
        let is_short = challenge.purpose.begins_at_hand_over() || challenge.purpose == Purpose::SigninCode;
        let left = if is_short { left } else { self.hours_left(&challenge) };
        let challenge = Challenge { lifetime: challenge.lifetime.min(left), ..challenge };
        Ok(Some(LinkedChallenge { challenge, is_decoy }))
    }

    /// Returns the code of a challenge for the address of the row.
    fn mailed_code(&self, challenge: &Challenge) -> Result<String> {
        let to = EmailAddress::stored(&self.recipient()?.to).map_err(Error::internal)?;
        let code = Code::derive_for_mail(&self.realm.keys, challenge, to.blind_index(&self.realm.keys));
        Ok(code.expose().to_owned())
    }

    /// Returns the time until a challenge expires, rounded up to hours, so that an email queued for seconds still
    /// states whole days.
    fn hours_left(&self, challenge: &Challenge) -> Duration {
        let left = challenge.expires_at.since(self.ctx.now).as_secs();
        Duration::from_secs(left.div_ceil(3600) * 3600)
    }

    /// Schedules the next attempt.
    async fn retry_later(&self, cause: &Cause) -> Result<DeliveryResult> {
        let row = &self.claimed.row;
        let at = self.next_attempt(Duration::MAX);
        tracing::warn!(outbox = %row.id, kind = row.kind.as_str(), attempts = row.attempts + 1, retry_at = %at, error = %cause, "mail delivery failed");
        self.fail(DeliveryOutcome::Retry(at), DeliveryResult::Later, DeliveryFault::Failed).await
    }

    /// Records the hand-over, which starts the lifetime of the links.
    async fn handed_over(&self, challenge: Option<Challenge>, result: DeliveryResult) -> Result<DeliveryResult> {
        let ended = self.clock.now();
        let begins = challenge.iter().filter(|challenge| challenge.purpose.begins_at_hand_over());
        let expire = begins.map(|challenge| expire_from(ended, challenge));
        let handed = if result == DeliveryResult::Sent { Handed::Sent } else { Handed::Dropped };
        let with = expire.chain(self.count(handed)).collect();
        let is_recorded = self.record(DeliveryOutcome::Done, None, with).await?;
        Ok(if is_recorded { result } else { DeliveryResult::Lost })
    }
}

/// Returns the operation that starts the lifetime of a link.
fn expire_from(handed_over: Timestamp, challenge: &Challenge) -> Op {
    let at = handed_over.plus(challenge.lifetime);
    ChallengeOp::Expire { realm: challenge.realm.clone(), id: challenge.id, at }.into()
}
