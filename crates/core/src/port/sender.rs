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
    /// Sends an email; returns once the next host has accepted it. Records in `transit` when the host may have it.
    ///
    /// # Errors
    /// [`SendError`].
    async fn send(&self, mail: &Mail, transit: &Transit) -> Result<(), SendError>;
}

/// Whether the receiving server may already have the message. If delivery is aborted after that, its outcome is unknown.
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
    /// [`SendError`].
    async fn send(&self, sms: &Sms) -> Result<Option<SmsReceipt>, SendError>;

    /// Returns the delivery status of an SMS.
    ///
    /// # Errors
    /// [`SendError`].
    async fn status(&self, receipt: &SmsReceipt) -> Result<SmsStatus, SendError>;
}

/// The provider's identifier of an accepted SMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsReceipt(pub String);

/// Delivery status of an accepted SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsStatus {
    Pending,
    /// Delivered, as far as the network reports it.
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

    /// Returns the number of the current state, which changes with each message; waits while it equals `since`.
    async fn changed(&self, since: Option<u64>) -> u64;
}

/// Why a message was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Transient: a later attempt may succeed.
    #[error("temporarily not accepted")]
    Transient(#[source] Cause),
    /// Transient, and no message will be accepted before this time has passed.
    #[error("temporarily accepting no messages")]
    Throttled(#[source] Cause, Duration),
    /// The message may or may not have been accepted.
    #[error("possibly accepted")]
    Unknown(#[source] Cause),
    /// Permanent: no attempt to send this message will succeed.
    #[error("rejected permanently")]
    Permanent(#[source] Cause),
    /// The provider rejects this server itself, so that no message will be accepted until an operator acts.
    #[error("the provider rejects this server")]
    Route(#[source] Cause),
}

/// Renders messages from templates.
pub trait Render: Send + Sync + std::fmt::Debug {
    /// Renders subject, text and HTML of an email; the caller sets the message id.
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
