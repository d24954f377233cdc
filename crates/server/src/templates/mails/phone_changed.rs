use super::MailView;

/// Notifies the owner that the account's phone number was added or replaced.
pub(super) const PHONE_CHANGED: MailView =
    MailView { facts: &[("first", "")], ..mail!("mail_phone_changed", "After a phone number was added or changed.") };
