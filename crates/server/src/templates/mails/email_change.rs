use std::time::Duration;

use super::MailView;

/// Asks a user to confirm a new email address.
pub(super) const EMAIL_CHANGE: MailView = MailView {
    sample_lifetime: Duration::from_secs(86400),
    ..mail!("mail_email_change", "To the new address after an address change was requested: the link that confirms it.")
};
