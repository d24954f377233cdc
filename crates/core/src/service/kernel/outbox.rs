//! Messages for the outbox.

use std::time::Duration;

use aws_lc_rs::hmac;

use super::Scope;
use crate::{
    account::{User, email::EmailAddress},
    audit::Event,
    batch,
    ctx::Ctx,
    error::{Error, Result},
    id::{ChallengeId, OutboxId},
    limit::{LimitKey, LimitKind},
    link::{Challenge, HAND_OVER_WITHIN},
    message::{Channel, Delivered, Links, MessageKind, Recipient, outbox::OutboxRow},
    port::{Batch, ChallengeOp, CommitError, LimitOp},
    random,
    seal::{BlindIndex, RealmKeys},
};

/// Mail with a link to an address that may have no account.
#[derive(Debug)]
pub(in crate::service) struct AddressMail<'a> {
    pub(in crate::service) email: &'a EmailAddress,
    pub(in crate::service) kind: MessageKind,
    pub(in crate::service) challenge: Challenge,
    /// Whether to invalidate earlier challenges of the subject and purpose.
    pub(in crate::service) replaces: bool,
    pub(in crate::service) event: Event,
    /// User of the address.
    pub(in crate::service) user: Option<User>,
}

impl Scope<'_> {
    /// Creates a message. It is due after a random delay, so that the load of its delivery does not reveal which
    /// request caused it.
    ///
    /// # Errors
    /// Returns `Internal` if the recipient cannot be serialized.
    pub(in crate::service) fn message(
        &self,
        kind: MessageKind,
        to: &Recipient,
        challenge: Option<ChallengeId>,
    ) -> Result<OutboxRow> {
        let ctx = self.ctx;
        let id = OutboxId::random(ctx.random());
        let plain = serde_json::to_vec(to).map_err(Error::internal)?;
        Ok(OutboxRow {
            recipient: self.realm.keys.seal_outbox(ctx, id.as_str(), &plain),
            index: Some(recipient_index(&self.realm.keys, kind.channel(), &to.to)),
            id,
            realm: self.realm.name.clone(),
            kind,
            challenge,
            created_at: ctx.now,
            due_at: ctx.now.plus(random_delay(ctx, self.settings.message_delay)),
            give_up_at: ctx.now.plus(HAND_OVER_WITHIN),
            attempts: 0,
            unknowns: 0,
        })
    }

    /// Commits a challenge and its mail. The work is the same whether or not the address has an account. Without one,
    /// the mail is dropped during delivery.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the mail cannot be serialized.
    pub(in crate::service) async fn mail_to_address(&self, mail: AddressMail<'_>) -> Result<()> {
        self.mail_to_address_with(mail, Batch::new()).await
    }

    /// Like [`Self::mail_to_address`], with operations that are committed with the mail.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the mail cannot be serialized.
    pub(in crate::service) async fn mail_to_address_with(&self, mail: AddressMail<'_>, with: Batch) -> Result<()> {
        let AddressMail { email, kind, challenge, replaces, event, user } = mail;
        let index = email.blind_index(&self.realm.keys);
        let recipient = Recipient::unnamed(email);
        let message = self.message(kind, &recipient, Some(challenge.id))?;
        let mut batch = with;
        if replaces {
            let (realm, subject) = (challenge.realm.clone(), challenge.subject.clone());
            batch.push(ChallengeOp::Drop { realm, subject, purpose: Some(challenge.purpose) }.into());
        }
        let audit = self.audit(event).address(user.as_ref(), index);
        batch.extend(batch![ChallengeOp::Insert(challenge), message, audit]);
        Ok(self.commit_mail((kind, email), batch, Batch::new()).await?)
    }

    /// Commits a batch with a mail of a kind that visitors can trigger, unless the address or its mailbox has
    /// received too many. In that case commits `silent` and an audit row, and the response does not reveal it.
    ///
    /// # Errors
    /// Returns the error of the commit.
    pub(in crate::service) async fn commit_mail(
        &self,
        (kind, email): (MessageKind, &EmailAddress),
        batch: Batch,
        mut silent: Batch,
    ) -> Result<(), CommitError> {
        let index = email.blind_index(&self.realm.keys);
        let Some(reached) = self.commit_within(self.mail_quotas(email), batch).await? else { return Ok(()) };
        silent.extend(self.refused(self.audit(Event::LimitReached).index(index).limit(reached)));
        self.commit(silent).await?;
        self.show_withheld(kind, email.as_str(), reached.setting());
        Ok(())
    }

    /// Returns the operations that count a mail to an address if other people can trigger it.
    pub(in crate::service) fn mail_quotas(&self, email: &EmailAddress) -> Batch {
        let (keys, limits, index) = (&self.realm.keys, &self.settings.limits, email.blind_index(&self.realm.keys));
        let count = |limit, subject: &[u8], quota| LimitOp::Count {
            kind: limit,
            key: LimitKey::in_realm(keys, limit, &[subject]),
            quota,
            now: self.ctx.now,
        };
        // With tags, one mailbox has an unlimited number of addresses.
        batch![
            count(LimitKind::Mails, &index.0, limits.mails_account),
            count(LimitKind::Mailbox, email.mailbox().as_bytes(), limits.mails_mailbox),
        ]
    }

    /// Shows a message in the development mailbox, if there is one, although this setting prevented its delivery.
    pub(in crate::service) fn show_withheld(&self, kind: MessageKind, to: &str, setting: &str) {
        let Some(mailbox) = &self.ports.mailbox else { return };
        let recipient = Recipient::plain(to);
        // Only the subject is shown, but the template requires links to render the rest.
        let mut links = Links::default();
        for link in kind.spec().links {
            links.set(link.role, String::new());
        }
        let rendered = self.ports.render.mail(kind, &self.realm.name, &recipient, &links, self.ctx.now);
        mailbox.keep(Delivered {
            id: OutboxId::random(self.ctx.random()).as_str().to_owned(),
            channel: kind.channel().into(),
            to: recipient.to,
            subject: rendered.map(|mail| mail.subject).unwrap_or_default(),
            text: format!("This message was not sent, because of {setting}."),
            html: String::new(),
            links: Vec::new(),
            code: None,
            created_at: self.ctx.now,
            withheld: Some(setting.to_owned()),
        });
    }
}

/// Returns the blind index of an address or number. That of an address is the one of its user.
pub(in crate::service) fn recipient_index(keys: &RealmKeys, channel: Channel, to: &str) -> BlindIndex {
    let key = if channel == Channel::Mail { keys.index_key() } else { keys.phone_key() };
    BlindIndex(hmac::sign(key, to.as_bytes()).as_ref().first_chunk().copied().unwrap_or_default())
}

/// Returns a random delay between a sixth of the maximum and the maximum.
fn random_delay(ctx: &Ctx, longest: Duration) -> Duration {
    let shortest = longest / 6;
    let part = u64::from(u32::from_be_bytes(random::bytes(ctx.random())));
    let range = u64::try_from((longest - shortest).as_millis()).unwrap_or(u64::MAX);
    shortest + Duration::from_millis(range.saturating_mul(part) >> 32)
}
