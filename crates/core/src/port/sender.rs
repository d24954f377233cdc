use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    error::Cause,
    message::{Delivered, Links, Mail, MailKind, Recipient},
    realm::RealmName,
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

/// Where messages are kept instead of being sent, on a developer's machine.
pub trait Mailbox: Send + Sync + std::fmt::Debug {
    /// What it holds, newest first.
    fn list(&self) -> Vec<Delivered>;
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// May go better later.
    #[error("not taken for now")]
    Transient(#[source] Cause),
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
        kind: MailKind,
        realm: &RealmName,
        recipient: &Recipient,
        links: &Links,
        now: Timestamp,
    ) -> Result<Mail, Cause>;
}
