use super::MailView;

/// Notifies the owner of an account that new recovery codes were created.
pub(super) const RECOVERY_CODES_RENEWED: MailView =
    mail!("mail_recovery_codes_renewed", "After new recovery codes were created.");
