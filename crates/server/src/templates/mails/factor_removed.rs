use super::MailView;

/// Notifies the owner of an account that a second factor was removed.
pub(super) const FACTOR_REMOVED: MailView = MailView {
    facts: &[("what", "totp"), ("called", "Work phone"), ("last", "true")],
    ..mail!("mail_factor_removed", "After a second factor was removed.")
};
