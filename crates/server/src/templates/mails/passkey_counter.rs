use super::MailView;

/// Notifies the owner of an account that a passkey may have been cloned.
pub(super) const PASSKEY_COUNTER: MailView =
    mail!("mail_passkey_counter", "After the signature counter of a passkey did not increase.");
