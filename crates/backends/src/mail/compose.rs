//! Composes an email for SMTP.

use std::time::{Duration, SystemTime};

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};
use portcullis_core::{clock::Timestamp, message::Mail};

use super::failure::SmtpFailure;

/// The sender of all emails.
#[derive(Debug)]
pub(super) struct Author {
    pub(super) address: Address,
    pub(super) name: String,
}

/// An email with its envelope.
pub(super) struct Letter {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) bytes: Vec<u8>,
}

impl Letter {
    /// Returns whether an address has non-ASCII characters and needs SMTPUTF8 (RFC 6531 §3.4).
    pub(super) fn needs_smtputf8(&self) -> bool {
        !(self.from.is_ascii() && self.to.is_ascii())
    }
}

impl Author {
    /// Composes an email. All attempts have identical bytes, except for the date and the MIME boundary.
    pub(super) fn write(&self, mail: &Mail, now: Timestamp) -> Result<Letter, SmtpFailure> {
        if mail.to.has_encoded_word() {
            return Err(SmtpFailure::EncodedWord);
        }
        // The core has validated the address more strictly than the mail library does.
        let (local, domain) = mail.to.as_str().rsplit_once('@').unwrap_or_default();
        let to = Address::new_dangerous(local, domain);
        let name = Some(in_one_line(&self.name)).filter(|name| !name.is_empty());
        let message = Message::builder()
            .from(Mailbox::new(name, self.address.clone()))
            .to(Mailbox::new(None, to))
            .subject(in_one_line(&mail.subject))
            .date(system_time(now))
            .message_id(Some(self.message_id(&mail.message_id)))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(lines(&mail.text), lines(&mail.html)))?;
        Ok(Letter { from: self.address.to_string(), to: mail.to.as_str().to_owned(), bytes: message.formatted() })
    }

    /// Returns the Message-ID. It is the same for every attempt, so that the recipient's server can detect duplicates
    /// (RFC 5322 §3.6.4).
    fn message_id(&self, id: &str) -> String {
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let id: String = id.chars().filter(plain).collect();
        format!("<{id}@{}>", self.address.domain())
    }
}

/// Header that marks the email as automatic to prevent automatic replies (RFC 3834 §5).
#[derive(Debug, Clone, Copy)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Replaces line breaks in a header value, which would start another header.
fn in_one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}

/// Normalizes line endings. Bare carriage returns are included, because some servers treat them as line endings.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn system_time(at: Timestamp) -> SystemTime {
    let since_epoch = Duration::from_millis(u64::try_from(at.millis()).unwrap_or(0));
    SystemTime::UNIX_EPOCH.checked_add(since_epoch).unwrap_or(SystemTime::UNIX_EPOCH)
}
