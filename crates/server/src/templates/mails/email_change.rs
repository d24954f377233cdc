use std::time::Duration;

use super::MailView;

/// Asks to confirm a new address of a user.
pub(super) const EMAIL_CHANGE: MailView = MailView {
    sample_lifetime: Duration::from_secs(86400),
    ..mail!("mail_email_change", "After a request for another address, to the new one: the link that confirms it.")
};
