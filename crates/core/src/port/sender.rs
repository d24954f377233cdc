use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    error::Cause,
    id::RealmName,
    message::{Delivered, Links, Mail, MessageKind, Recipient, Sms},
};

#[async_trait]
pub trait MailSender: Send + Sync + std::fmt::Debug {
    /// Sends an email. Returns once the next host has accepted it. Records in `transit` when the host may have
    /// received it.
    ///
    /// # Errors
    /// Returns [`SendError`] if the email was not accepted.
    async fn send(&self, mail: &Mail, transit: &Transit) -> Result<(), SendError>;
}

/// Whether the receiving server may already have the message. If delivery is cancelled after that, its outcome is
/// unknown.
#[derive(Debug, Default)]
pub struct Transit(AtomicBool);

impl Transit {
    /// Records that the message is about to be handed over.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether the message may have been handed over.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[async_trait]
pub trait SmsSender: Send + Sync + std::fmt::Debug {
    /// Sends an SMS. The receipt, if the provider returns one, can be passed to [`status`](Self::status).
    ///
    /// # Errors
    /// Returns [`SendError`] if the SMS was not accepted.
    async fn send(&self, sms: &Sms) -> Result<Option<SmsReceipt>, SendError>;

    /// Returns the delivery status of an SMS.
    ///
    /// # Errors
    /// Returns [`SendError`] if the provider does not return the status.
    async fn status(&self, receipt: &SmsReceipt) -> Result<SmsStatus, SendError>;
}

/// The provider's identifier of an accepted SMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsReceipt(pub String);

/// Delivery status of an accepted SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsStatus {
    Pending,
    /// Delivered, according to the network.
    Delivered,
    /// Failed, with the provider's error code.
    Failed(Option<u32>),
}

/// Mailbox of a development server, which stores messages instead of sending them.
#[async_trait]
pub trait Mailbox: Send + Sync + std::fmt::Debug {
    /// Returns all messages, newest first.
    fn list(&self) -> Vec<Delivered>;

    /// Adds a message.
    fn keep(&self, message: Delivered);

    /// Removes all messages.
    fn clear(&self);

    /// Returns a number that changes with each message. Waits while it is equal to `since`.
    async fn changed(&self, since: Option<u64>) -> u64;
}

/// Reason why a message was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Transient: a later attempt may succeed.
    #[error("temporarily not accepted")]
    Transient(#[source] Cause),
    /// Transient: no message will be accepted for this duration.
    #[error("temporarily accepting no messages")]
    Throttled(#[source] Cause, Duration),
    /// The message may or may not have been accepted.
    #[error("possibly accepted")]
    Unknown(#[source] Cause),
    /// Permanent: no attempt to send this message will succeed.
    #[error("rejected permanently")]
    Permanent(#[source] Cause),
    /// The provider rejects this server. No message will be accepted until an operator acts.
    #[error("the provider rejects this server")]
    Route(#[source] Cause),
}

/// Renders messages from templates.
pub trait Render: Send + Sync + std::fmt::Debug {
    /// Renders subject, text and HTML of an email. The caller sets the message ID.
    ///
    /// # Errors
    /// Returns an error if the template fails.
    fn mail(
        &self,
        kind: MessageKind,
        realm: &RealmName,
        recipient: &Recipient,
        links: &Links,
        now: Timestamp,
    ) -> Result<Mail, Cause>;

    /// Renders the text of an SMS with a code.
    ///
    /// # Errors
    /// Returns an error if the template fails.
    fn code(&self, realm: &RealmName, code: &str, lifetime: Duration, now: Timestamp) -> Result<String, Cause>;
}
