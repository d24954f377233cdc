use super::MailView;

/// Tells the owner of an account that its phone number was removed.
pub(super) const PHONE_REMOVED: MailView = mail!("mail_phone_removed", "After a phone number was removed.");
