use std::time::Duration;

use super::MailView;

/// Asks to confirm the email address of a registration.
pub(super) const VERIFY_EMAIL: MailView = MailView {
    sample_lifetime: Duration::from_secs(24 * 3600),
    ..mail!(
        "mail_email_verify",
        "After a registration: the link that confirms the address, and the one that discards it."
    )
};
