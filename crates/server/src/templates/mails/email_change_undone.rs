use std::time::Duration;

use super::MailView;

/// Tells that the address was restored, and asks for a new password.
pub(super) const EMAIL_CHANGE_UNDONE: MailView = MailView {
    sample_lifetime: Duration::from_secs(1800),
    ..mail!("mail_email_change_undone", "After the change of an address was undone: the link for a new password.")
};
