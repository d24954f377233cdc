use super::MailView;

/// Tells the owner of an address that it was used to sign up again.
pub(super) const ALREADY_REGISTERED: MailView =
    mail!("mail_already_registered", "To the owner of an address that was registered again.");
