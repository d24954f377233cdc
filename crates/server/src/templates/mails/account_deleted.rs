use super::MailView;

/// Tells the owner of an account that it was deleted.
pub(super) const ACCOUNT_DELETED: MailView =
    mail!("mail_account_deleted", "After an account was deleted: the last mail.");
