use super::MailView;

/// Notifies the owner that the account's phone number was replaced.
pub(super) const PHONE_CHANGED: MailView = mail!("mail_phone_changed", "After a phone number was changed.");
