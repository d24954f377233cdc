use super::MailView;

/// Notifies the owner that the account was deleted.
pub(super) const ACCOUNT_DELETED: MailView = mail!("mail_account_deleted", "Final email after an account was deleted.");
