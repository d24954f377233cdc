use super::MailView;

/// Tells the owner of an account that its password was changed.
pub(super) const PASSWORD_CHANGED: MailView = mail!("mail_password_changed", "After a password was changed.");
