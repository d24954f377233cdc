use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ProvedIdentity;
use crate::{
    account::{email::EmailAddress, name::PersonName},
    clock::Timestamp,
    ctx::Ctx,
    id::UserId,
    link::SpentProof,
    seal,
};

/// Time for the user to decide.
pub const PENDING_TTL: Duration = Duration::from_secs(3600);

/// A verified external account that needs another step by its user. Pages carry it sealed and bound to the browser.
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
    /// User who requested the link. Other users may not link it.
    #[serde(default)]
    user: Option<String>,
    /// Random value, so that it can only be used once.
    #[serde(default)]
    once: String,
    /// Deadline for the user's decision.
    #[serde(default)]
    until: i64,
}

impl std::fmt::Debug for PendingIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PendingIdentity({})", self.provider)
    }
}

impl PendingIdentity {
    pub(crate) fn new(ctx: &Ctx, provider: &str, proved: &ProvedIdentity, user: Option<String>) -> Self {
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
            user,
            once: seal::hex(&ctx.bytes::<16>()),
            until: ctx.now.plus(PENDING_TTL).millis(),
        }
    }

    pub(crate) fn proved(&self) -> ProvedIdentity {
        let name = |name: &Option<String>| name.as_deref().and_then(|name| PersonName::parse(name).ok());
        ProvedIdentity {
            issuer: self.issuer.clone(),
            subject: self.subject.clone(),
            email: self.email.as_deref().and_then(|email| EmailAddress::stored(email).ok()),
            is_email_proved: self.is_email_proved,
            // Not trusted after the flow, because both allow a login without a question to the user.
            operates_mailbox: false,
            has_two_factors: false,
            first_name: name(&self.first_name),
            last_name: name(&self.last_name),
            called: self.called.clone(),
        }
    }

    /// Returns the address verified by the provider.
    #[must_use]
    pub fn proved_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.is_email_proved)
    }

    /// Returns the name of the account for its owner. The identifier is added to a name chosen by the owner, because
    /// such names are not unique.
    #[must_use]
    pub fn called(&self) -> String {
        match self.called.as_deref() {
            Some(called) if called.contains('@') => called.to_owned(),
            Some(called) => format!("{called} ({})", self.subject),
            None => self.subject.clone(),
        }
    }

    /// Returns the address reported by the provider, verified or not.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Returns whether linking was started for another user than this one.
    #[must_use]
    pub fn is_of_other(&self, user: &UserId) -> bool {
        self.user.as_deref().is_some_and(|asked| asked != user.as_str())
    }

    /// Returns whether the user may still decide.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        Timestamp::from_millis(self.until) > now
    }

    /// Returns the marker that records its use. After it was linked or has created a user, it cannot be used again.
    pub(crate) fn spent(&self) -> SpentProof {
        SpentProof::new(&[b"pending identity", self.once.as_bytes()], Timestamp::from_millis(self.until))
    }
}
