//! Messages to users: their kinds, their contents, and the outbox that queues them.

mod kind;
mod mail;
pub mod outbox;
mod sign_in;
mod sms;

pub use kind::{Channel, LinkRole, LinkSpec, MessageKind, Spec};
pub use mail::{Links, Mail};
pub use sign_in::{SealedSignIn, SignIn};
pub use sms::Sms;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    account::{Profile, email::EmailAddress},
    clock::Timestamp,
};

/// Personal data of a message in the outbox. Never printed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Recipient {
    /// Email address, phone number or, for a status query, the provider's receipt.
    pub to: String,
    /// Given name for the greeting; may be empty.
    pub name: String,
    /// What the text says beside it, by the names of the template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// Sign-in that the message reports. Only earlier versions stored it like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignIn>,
    /// The same, as it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_sign_in: Option<SealedSignIn>,
}

impl Recipient {
    /// Returns the owner of an address, without a name for the greeting: until the owner has signed in, a stranger may have
    /// chosen the name.
    #[must_use]
    pub fn unnamed(email: &EmailAddress) -> Self {
        Self::plain(email.as_str())
    }

    /// Returns the owner of a profile who has signed in.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        Self { name: profile.greeting_name().to_owned(), ..Self::plain(profile.email.as_str()) }
    }

    /// Returns a recipient without anything else.
    #[must_use]
    pub fn plain(to: &str) -> Self {
        Self { to: to.to_owned(), name: String::new(), sign_in: None, sealed_sign_in: None, facts: BTreeMap::new() }
    }

    /// Adds what the text says.
    #[must_use]
    pub fn with(mut self, fact: &str, value: impl Into<String>) -> Self {
        self.facts.insert(fact.to_owned(), value.into());
        self
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient(…)")
    }
}

/// Kind of an entry of the development mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxChannel {
    Mail,
    Sms,
    /// Code of an authenticator app that was just asked for.
    Totp,
}

impl MailboxChannel {
    const ALL: [Self; 3] = [Self::Mail, Self::Sms, Self::Totp];

    /// Returns the word of the mailbox.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::Totp => "totp",
        }
    }

    /// Reads the word of the mailbox.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == word)
    }
}

impl From<Channel> for MailboxChannel {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Mail => Self::Mail,
            Channel::Sms | Channel::SmsStatus => Self::Sms,
        }
    }
}

/// A message in the development mailbox. Personal and secret: never printed.
#[derive(Clone)]
pub struct Delivered {
    /// Message identifier. A message that was sent twice is listed twice.
    pub id: String,
    pub channel: MailboxChannel,
    /// Email address or phone number.
    pub to: String,
    /// Subject; empty for an SMS.
    pub subject: String,
    pub text: String,
    /// HTML body; empty for an SMS.
    pub html: String,
    /// Links in the text.
    pub links: Vec<String>,
    /// Code in the text.
    pub code: Option<String>,
    /// Time when it was sent.
    pub created_at: Timestamp,
    /// Setting that prevented it from being sent, if one did. Such a message has no links and no code.
    pub withheld: Option<String>,
}

impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivered({}, {})", self.channel.as_str(), self.id)
    }
}
