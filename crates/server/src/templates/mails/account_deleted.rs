use std::time::Duration;

use portcullis_core::message::MessageKind;

use super::MailView;

/// Tells the owner of an account that it was deleted.
pub(super) const ACCOUNT_DELETED: MailView = MailView {
    kind: MessageKind::AccountDeleted,
    html: html!("mail_account_deleted", "After an account was deleted: the last mail."),
    text: text!("mail_account_deleted"),
    sample_lifetime: Duration::ZERO,
};
