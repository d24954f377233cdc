use std::time::Duration;

use portcullis_core::message::MessageKind;

use super::MailView;

/// Asks to confirm the address of a registration.
pub(super) const VERIFY_EMAIL: MailView = MailView {
    kind: MessageKind::VerifyEmail,
    html: html!(
        "mail_email_verify",
        "After a registration: the link that confirms the address, and the one that discards it."
    ),
    text: text!("mail_email_verify"),
    sample_lifetime: Duration::from_secs(24 * 3600),
};
