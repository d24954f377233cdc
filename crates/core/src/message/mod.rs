//! Messages to users: their kinds, their contents, and the outbox that queues them.

mod channel;
mod kind;
mod mail;
pub mod outbox;
mod sign_in;
mod sms;

pub use channel::Channel;
pub use kind::{LinkRole, LinkSpec, MessageKind, Spec};
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
    /// Given name for the greeting. May be empty.
    pub name: String,
    /// Further values for the template, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// Sign-in reported by the message. Only written by earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignIn>,
    /// Sign-in reported by the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_sign_in: Option<SealedSignIn>,
}

impl Recipient {
    /// Returns the recipient for an address, without a name for the greeting: until the owner has signed in, another
    /// person may have entered the name.
    #[must_use]
    pub fn unnamed(email: &EmailAddress) -> Self {
        Self::plain(email.as_str())
    }

    /// Returns the recipient for the profile of a user who has signed in.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        Self { name: profile.greeting_name().to_owned(), ..Self::plain(profile.email.as_str()) }
    }

    /// Returns a recipient with only an address.
    #[must_use]
    pub fn plain(to: &str) -> Self {
        Self { to: to.to_owned(), name: String::new(), sign_in: None, sealed_sign_in: None, facts: BTreeMap::new() }
    }

    /// Adds a value for the template.
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

/// Channel of an entry in the development mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxChannel {
    Mail,
    Sms,
    /// Current code of an authenticator app.
    Totp,
}

impl MailboxChannel {
    const ALL: [Self; 3] = [Self::Mail, Self::Sms, Self::Totp];

    /// Returns the name used in the mailbox.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::Totp => "totp",
        }
    }

    /// Parses a name used in the mailbox.
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
    /// Subject. Empty for an SMS.
    pub subject: String,
    pub text: String,
    /// HTML body. Empty for an SMS.
    pub html: String,
    /// Links in the text.
    pub links: Vec<String>,
    /// Code in the text.
    pub code: Option<String>,
    /// Time of sending.
    pub created_at: Timestamp,
    /// Setting that prevented the message from being sent. Such a message has no links and no code.
    pub withheld: Option<String>,
}

impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivered({}, {})", self.channel.as_str(), self.id)
    }
}
