use std::time::Duration;

use super::MailView;

/// Notifies the owner of an account that the addition of a factor was undone.
pub(super) const ADDITION_UNDONE: MailView = MailView {
    sample_lifetime: Duration::from_secs(1800),
    facts: &[("what", "totp")],
    ..mail!("mail_addition_undone", "After the addition of a factor was undone: the link for a new password.")
};
