use std::time::Duration;

use portcullis_core::message::MessageKind;

use super::MailView;

/// Tells the owner of an address that it was used to sign up again.
pub(super) const ALREADY_REGISTERED: MailView = MailView {
    kind: MessageKind::AlreadyRegistered,
    html: html!("mail_already_registered", "To the owner of an address that somebody tried to register again."),
    text: text!("mail_already_registered"),
    sample_lifetime: Duration::ZERO,
};
