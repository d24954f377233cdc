use std::{fmt, time::Duration};

use super::LinkRole;
use crate::account::email::EmailAddress;

/// Rendered mail, ready to send. Personal and secret: never printed.
#[derive(Clone)]
pub struct Mail {
    /// Identifier, the same for every attempt to send it, so that a receiver can detect a duplicate (RFC 5322 §3.6.4).
    pub message_id: String,
    pub to: EmailAddress,
    pub subject: String,
    /// Body in plain text.
    pub text: String,
    /// Body in HTML.
    pub html: String,
    /// Links in the text.
    pub links: Vec<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({})", self.message_id)
    }
}

/// Links of a mail, as full URLs. Secret: never printed.
#[derive(Clone, Default)]
pub struct Links {
    /// Verifies the address, or replaces the earlier one by it.
    pub verification_url: Option<String>,
    /// Discards the registration, or undoes the change.
    pub undo_url: Option<String>,
    /// Opens the form for a new password.
    pub reset_url: Option<String>,
    /// Lifetime of the links.
    pub lifetime: Duration,
}

impl Links {
    /// Sets the URL of a link.
    pub fn set(&mut self, role: LinkRole, url: String) {
        let place = match role {
            LinkRole::Verification => &mut self.verification_url,
            LinkRole::Undo => &mut self.undo_url,
            LinkRole::Reset => &mut self.reset_url,
        };
        *place = Some(url);
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Links(…)")
    }
}
