use std::time::Duration;

use portcullis_core::message::MessageKind;

use super::MailView;

/// Carries the link for a new password.
pub(super) const RESET_PASSWORD: MailView = MailView {
    kind: MessageKind::ResetPassword,
    html: html!("mail_password_reset", "The link for a new password."),
    text: text!("mail_password_reset"),
    sample_lifetime: Duration::from_secs(30 * 60),
};
