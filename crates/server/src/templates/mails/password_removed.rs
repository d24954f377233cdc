use super::MailView;

/// Notifies the owner of an account that it no longer has a password.
pub(super) const PASSWORD_REMOVED: MailView =
    mail!("mail_password_removed", "After a signed-in user removed the password.");
