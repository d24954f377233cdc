use super::MailView;

/// Notifies the owner of an address of another sign-up with it.
pub(super) const ALREADY_REGISTERED: MailView =
    mail!("mail_already_registered", "To the owner of an account whose address was used for another sign-up.");
