use std::time::Duration;

use super::MailView;

/// Asks for a new password to replace a compromised one.
pub(super) const PASSWORD_CHANGE_REQUIRED: MailView = MailView {
    sample_lifetime: Duration::from_secs(1800),
    ..mail!("mail_password_change_required", "When a password may be compromised: the link to set a new one.")
};
