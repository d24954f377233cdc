use std::time::Duration;

use super::MailView;

/// Confirms that the old address was restored, and asks for a new password.
pub(super) const EMAIL_CHANGE_UNDONE: MailView = MailView {
    sample_lifetime: Duration::from_secs(1800),
    ..mail!("mail_email_change_undone", "After an address change was undone: the link to set a new password.")
};
