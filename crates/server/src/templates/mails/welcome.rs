use super::MailView;

/// Welcomes the owner of a confirmed address.
pub(super) const WELCOME: MailView = mail!("registration", "Welcome, once the address is confirmed.");
