use std::time::Duration;

use super::MailView;

/// Tells the earlier address that it was replaced.
pub(super) const EMAIL_CHANGED: MailView = MailView {
    sample_lifetime: Duration::from_secs(604800),
    ..mail!("mail_email_changed", "After a change of the address, to the earlier one: the link that restores it.")
};
