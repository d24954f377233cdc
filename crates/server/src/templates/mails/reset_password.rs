use std::time::Duration;

use super::MailView;

/// Contains the password reset link.
pub(super) const RESET_PASSWORD: MailView = MailView {
    sample_lifetime: Duration::from_secs(30 * 60),
    ..mail!("mail_password_reset", "The password reset link.")
};
