use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use portcullis_core::{
    clock::{Clock, Timestamp},
    message::Mail,
    port::{MailSender, SendError},
};

/// By what way a message went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// E-mail.
    Mail,
    /// A short message to a telephone.
    Sms,
}

impl Channel {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }
}

/// A message as its recipient would see it. Personal and secret: never printed.
#[derive(Clone)]
pub struct Delivered {
    /// The message's identifier; a message that was sent twice is here twice.
    pub id: String,
    /// By what way.
    pub channel: Channel,
    /// The address or telephone number.
    pub to: String,
    /// The subject of a mail; empty for a short message.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML of a mail; empty for a short message.
    pub html: String,
    /// The links in it.
    pub links: Vec<String>,
    /// The code in it.
    pub code: Option<String>,
    /// When it was sent.
    pub created_at: Timestamp,
}

impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivered({}, {})", self.channel.as_str(), self.id)
    }
}

/// Sends nothing: keeps the newest messages in memory, for whoever develops against the server.
#[derive(Debug)]
pub struct DevMailbox {
    newest: usize,
    clock: Arc<dyn Clock>,
    messages: Mutex<VecDeque<Delivered>>,
}

impl DevMailbox {
    /// Empty, with room for the newest so many.
    #[must_use]
    pub fn new(newest: usize, clock: Arc<dyn Clock>) -> Self {
        Self { newest, clock, messages: Mutex::default() }
    }

    /// What it holds, the newest first.
    #[must_use]
    pub fn list(&self) -> Vec<Delivered> {
        self.lock().iter().cloned().collect()
    }

    fn keep(&self, message: Delivered) {
        let mut messages = self.lock();
        messages.push_front(message);
        messages.truncate(self.newest);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Delivered>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl MailSender for DevMailbox {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        self.keep(Delivered {
            id: mail.message_id.clone(),
            channel: Channel::Mail,
            to: mail.to.as_str().to_owned(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            links: mail.links.clone(),
            code: None,
            created_at: self.clock.now(),
        });
        Ok(())
    }
}
