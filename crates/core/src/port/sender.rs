use std::time::Duration;

use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    error::Cause,
    id::RealmName,
    message::{Delivered, Links, Mail, MessageKind, Recipient, Sms},
};

/// Hands a mail to the world.
#[async_trait]
pub trait MailSender: Send + Sync + std::fmt::Debug {
    /// Hands over one mail; returns when the next host has taken responsibility for it.
    ///
    /// # Errors
    /// [`SendError`].
    async fn send(&self, mail: &Mail) -> Result<(), SendError>;
}

/// Hands a short message to the world.
#[async_trait]
pub trait SmsSender: Send + Sync + std::fmt::Debug {
    /// Hands over one message; the receipt is what the provider calls it, for [`status`](Self::status), if it said so.
    ///
    /// # Errors
    /// [`SendError`].
    async fn send(&self, sms: &Sms) -> Result<Option<SmsReceipt>, SendError>;

    /// What has become of a message.
    ///
    /// # Errors
    /// [`SendError`].
    async fn status(&self, receipt: &SmsReceipt) -> Result<SmsStatus, SendError>;
}

/// What a provider calls a message that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsReceipt(pub String);

/// What has become of a message that a provider took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsStatus {
    /// On its way.
    Pending,
    /// At the phone, or as near as the network tells.
    Delivered,
    /// It will not arrive; the provider's code says why.
    Failed(Option<u32>),
}

/// Where messages are kept instead of being sent, on a developer's machine.
#[async_trait]
pub trait Mailbox: Send + Sync + std::fmt::Debug {
    /// What it holds, newest first.
    fn list(&self) -> Vec<Delivered>;

    /// Throws away what it holds.
    fn clear(&self);

    /// The number of its present state, another one after each change; waits while that is still this one.
    async fn changed(&self, since: Option<u64>) -> u64;
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// May go better later.
    #[error("not taken for now")]
    Transient(#[source] Cause),
    /// It may have been taken, and it may not: nobody said so before the time was up.
    #[error("nobody knows whether it was taken")]
    Unknown(#[source] Cause),
    /// There is no such mailbox, and there will be none.
    #[error("refused for good")]
    Permanent(#[source] Cause),
}

/// Puts a mail into words.
pub trait Render: Send + Sync + std::fmt::Debug {
    /// Subject, text and HTML of a mail of this kind; the caller adds the message id.
    ///
    /// # Errors
    /// When the template cannot be filled.
    fn mail(
        &self,
        kind: MessageKind,
        realm: &RealmName,
        recipient: &Recipient,
        links: &Links,
        now: Timestamp,
    ) -> Result<Mail, Cause>;

    /// The text of a short message with a code.
    ///
    /// # Errors
    /// When the template cannot be filled.
    fn code(&self, realm: &RealmName, code: &str, lifetime: Duration, now: Timestamp) -> Result<String, Cause>;
}
