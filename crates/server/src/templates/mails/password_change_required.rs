use std::time::Duration;

use super::MailView;

/// Asks for a new password in place of one that is compromised.
pub(super) const PASSWORD_CHANGE_REQUIRED: MailView = MailView {
    sample_lifetime: Duration::from_secs(1800),
    ..mail!(
        "mail_password_change_required",
        "When the password may be known to another person: the link for a new one."
    )
};
