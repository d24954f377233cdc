use std::{fmt, time::Duration};

use super::LinkRole;
use crate::account::email::EmailAddress;

/// Rendered email, ready to send. Personal and secret: never printed.
#[derive(Clone)]
pub struct Mail {
    /// Identifier shared by all attempts, so that the recipient's server can detect duplicates (RFC 5322 §3.6.4).
    pub message_id: String,
    pub to: EmailAddress,
    pub subject: String,
    /// Plain text body.
    pub text: String,
    /// HTML part of the email.
    pub html: String,
    /// Links in the text.
    pub links: Vec<String>,
    /// Code in the text, if there is one.
    pub code: Option<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({})", self.message_id)
    }
}

/// Links of an email, as full URLs, and its code. Secret: never printed.
#[derive(Clone, Default)]
pub struct Links {
    /// Verifies the address, or confirms an address change.
    pub verification_url: Option<String>,
    /// Cancels the registration, or undoes the change.
    pub undo_url: Option<String>,
    /// Opens the password reset form.
    pub reset_url: Option<String>,
    /// Opens the page that signs in.
    pub sign_in_url: Option<String>,
    /// Code that signs in.
    pub code: Option<String>,
    /// Lifetime of the links and the code.
    pub lifetime: Duration,
}

impl Links {
    /// Returns the URLs that are set.
    pub fn urls(&self) -> impl Iterator<Item = &String> {
        [&self.verification_url, &self.undo_url, &self.reset_url, &self.sign_in_url].into_iter().flatten()
    }

    /// Sets the URL of a link.
    pub fn set(&mut self, role: LinkRole, url: String) {
        let place = match role {
            LinkRole::Verification => &mut self.verification_url,
            LinkRole::Undo => &mut self.undo_url,
            LinkRole::Reset => &mut self.reset_url,
            LinkRole::SignIn => &mut self.sign_in_url,
        };
        *place = Some(url);
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Links(…)")
    }
}
