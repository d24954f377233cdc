use super::MailView;

/// Tells the owner of an account that its phone number was replaced.
pub(super) const PHONE_CHANGED: MailView = mail!("mail_phone_changed", "After a phone number was changed.");
