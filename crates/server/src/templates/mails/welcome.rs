use std::time::Duration;

use portcullis_core::message::MessageKind;

use super::MailView;

/// Welcomes the owner of a confirmed address.
pub(super) const WELCOME: MailView = MailView {
    kind: MessageKind::Welcome,
    html: html!("registration", "Welcome, once the address is confirmed."),
    text: text!("registration"),
    sample_lifetime: Duration::ZERO,
};
