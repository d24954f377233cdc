use std::time::Duration;

use super::MailView;

/// Carries the link for a new password.
pub(super) const RESET_PASSWORD: MailView = MailView {
    sample_lifetime: Duration::from_secs(30 * 60),
    ..mail!("mail_password_reset", "The link for a new password.")
};
