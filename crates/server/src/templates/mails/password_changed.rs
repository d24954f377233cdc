use super::MailView;

/// Notifies the owner that the account's password was changed.
pub(super) const PASSWORD_CHANGED: MailView = mail!("mail_password_changed", "After a password was changed.");
