use std::time::Duration;

use super::MailView;

/// Notifies the owner of an account that a second factor was added.
pub(super) const FACTOR_ADDED: MailView = MailView {
    sample_lifetime: Duration::from_secs(604800),
    facts: &[("what", "totp"), ("called", "Work phone"), ("first", "true")],
    ..mail!("mail_factor_added", "After a second factor was added: the link that undoes it.")
};
