use serde::{Deserialize, Serialize};

use super::ProvedIdentity;
use crate::account::{email::EmailAddress, name::PersonName};

/// Proved account that waits for an answer of its user, as a page carries it, sealed and for one browser.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingIdentity {
    /// Name of the provider.
    pub provider: String,
    issuer: String,
    subject: String,
    email: Option<String>,
    is_email_proved: bool,
    first_name: Option<String>,
    last_name: Option<String>,
    called: Option<String>,
}

impl std::fmt::Debug for PendingIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PendingIdentity({})", self.provider)
    }
}

impl PendingIdentity {
    pub(crate) fn new(provider: &str, proved: &ProvedIdentity) -> Self {
        let name = |name: &Option<PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
        Self {
            provider: provider.to_owned(),
            issuer: proved.issuer.clone(),
            subject: proved.subject.clone(),
            email: proved.email.as_ref().map(|email| email.as_str().to_owned()),
            is_email_proved: proved.is_email_proved,
            first_name: name(&proved.first_name),
            last_name: name(&proved.last_name),
            called: proved.called.clone(),
        }
    }

    pub(crate) fn proved(&self) -> ProvedIdentity {
        let name = |name: &Option<String>| name.as_deref().and_then(|name| PersonName::parse(name).ok());
        ProvedIdentity {
            issuer: self.issuer.clone(),
            subject: self.subject.clone(),
            email: self.email.as_deref().and_then(|email| EmailAddress::stored(email).ok()),
            is_email_proved: self.is_email_proved,
            // Neither is believed after the flow: both let a user in without being asked.
            operates_mailbox: false,
            has_two_factors: false,
            first_name: name(&self.first_name),
            last_name: name(&self.last_name),
            called: self.called.clone(),
        }
    }

    /// Returns the address that the provider proves.
    #[must_use]
    pub fn proved_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.is_email_proved)
    }

    /// Returns what the account is called at the provider.
    #[must_use]
    pub fn called(&self) -> Option<&str> {
        self.called.as_deref()
    }
}
