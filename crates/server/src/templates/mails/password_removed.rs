use super::MailView;

/// Tells the owner of an account that it has no password any more.
pub(super) const PASSWORD_REMOVED: MailView =
    mail!("mail_password_removed", "After a signed-in user removed the password.");
