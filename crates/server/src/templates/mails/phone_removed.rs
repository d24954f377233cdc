use super::MailView;

/// Notifies the owner that the account's phone number was removed.
pub(super) const PHONE_REMOVED: MailView = mail!("mail_phone_removed", "After a phone number was removed.");
