use super::MailView;

/// Notifies the owner of an account that a second factor was added, if it cannot be undone.
pub(super) const FACTOR_ADDED_FOR_GOOD: MailView = MailView {
    facts: &[("what", "totp"), ("called", "Work phone"), ("first", "true")],
    ..mail!("mail_factor_added_for_good", "After a second factor was added, if `ADDITION_UNDO` is 0.")
};
