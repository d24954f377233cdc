//! What may be said to a person: the kinds of mail, and the words that fill them.

pub mod outbox;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    account::{Profile, email::EmailAddress, phone::PhoneNumber},
    clock::Timestamp,
};

/// The mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// The link that proves the address of a registration.
    VerifyEmail,
    /// To the owner of an address that somebody tried to register again.
    AlreadyRegistered,
    /// After the address was proved.
    Welcome,
    /// The link for a new password.
    ResetPassword,
    /// After the password has changed.
    PasswordChanged,
    /// After the account was erased.
    AccountDeleted,
    /// A code, by SMS.
    PhoneCode,
    /// No message, but the question what has become of one.
    SmsStatus,
}

impl MessageKind {
    /// The mails.
    pub const MAILS: &'static [Self] = &[
        Self::VerifyEmail,
        Self::AlreadyRegistered,
        Self::Welcome,
        Self::ResetPassword,
        Self::PasswordChanged,
        Self::AccountDeleted,
    ];
    const OTHERS: &'static [Self] = &[Self::PhoneCode, Self::SmsStatus];

    /// The word for the store and the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::AlreadyRegistered => "already_registered",
            Self::Welcome => "welcome",
            Self::ResetPassword => "reset_password",
            Self::PasswordChanged => "password_changed",
            Self::AccountDeleted => "account_deleted",
            Self::PhoneCode => "phone_code",
            Self::SmsStatus => "sms_status",
        }
    }

    /// By what way it goes out.
    #[must_use]
    pub const fn channel(self) -> Channel {
        match self {
            Self::PhoneCode => Channel::Sms,
            Self::SmsStatus => Channel::SmsStatus,
            _ => Channel::Mail,
        }
    }

    /// From the store's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::MAILS.iter().chain(Self::OTHERS).copied().find(|kind| kind.as_str() == word)
    }
}

/// The personal part of a message that waits: to whom, and how to greet them. Never printed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Recipient {
    /// The address.
    pub to: String,
    /// The given name for the greeting; may be empty.
    pub name: String,
}

impl Recipient {
    /// The owner of this profile.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        Self { to: profile.email.as_str().to_owned(), name: profile.first_name.for_greeting().to_owned() }
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient(…)")
    }
}

/// The links that a mail may carry, as full URLs. Secrets: never printed.
#[derive(Clone, Default)]
pub struct Links {
    /// Proves the address.
    pub verification_url: Option<String>,
    /// Takes it back.
    pub undo_url: Option<String>,
    /// Leads to the form for a new password.
    pub reset_url: Option<String>,
    /// How long they are good.
    pub lifetime: Duration,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Links(…)")
    }
}

/// A short message, ready for the wire. Personal and secret: never printed.
#[derive(Clone)]
pub struct Sms {
    /// The same for every try of one message.
    pub message_id: String,
    /// To whom.
    pub to: PhoneNumber,
    /// The words.
    pub text: String,
    /// The code in them.
    pub code: String,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sms({})", self.message_id)
    }
}

/// By what way a message goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// E-mail.
    Mail,
    /// A short message to a telephone.
    Sms,
    /// The question what has become of one.
    SmsStatus,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mail, Self::Sms, Self::SmsStatus];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::SmsStatus => "sms_status",
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

/// A mail in words, ready for the wire. Personal and secret: never printed.
#[derive(Clone)]
pub struct Mail {
    /// The same for every try of one message, so that a receiver can tell a repetition (RFC 5322 §3.6.4).
    pub message_id: String,
    /// To whom.
    pub to: EmailAddress,
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// The links in it.
    pub links: Vec<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({})", self.message_id)
    }
}
