use std::time::Duration;

use super::MailView;

/// Notifies the old address that it was replaced.
pub(super) const EMAIL_CHANGED: MailView = MailView {
    sample_lifetime: Duration::from_secs(604800),
    ..mail!("mail_email_changed", "To the old address after an address change: the link that restores it.")
};
