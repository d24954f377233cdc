use std::time::Duration;

use portcullis_core::message::MessageKind;

use super::MailView;

/// Tells the owner of an account that its password was changed.
pub(super) const PASSWORD_CHANGED: MailView = MailView {
    kind: MessageKind::PasswordChanged,
    html: html!("mail_password_changed", "After a password was changed."),
    text: text!("mail_password_changed"),
    sample_lifetime: Duration::ZERO,
};
