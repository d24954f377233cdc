use super::MailView;

/// Notifies the owner of an account that a recovery code was used.
pub(super) const RECOVERY_CODE_USED: MailView =
    MailView { facts: &[("left", "9")], ..mail!("mail_recovery_code_used", "After a recovery code was used.") };
