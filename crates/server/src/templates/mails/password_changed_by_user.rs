use std::time::Duration;

use super::MailView;

/// Notifies the owner that the password was changed from a signed-in device.
pub(super) const PASSWORD_CHANGED_BY_USER: MailView = MailView {
    sample_lifetime: Duration::from_secs(604800),
    ..mail!("mail_password_changed_by_user", "After a signed-in user changed the password: the link that undoes it.")
};
