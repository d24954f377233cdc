use super::MailView;

/// Notifies the owner of an account that two-step verification was turned on or off.
pub(super) const TWO_STEP_CHANGED: MailView = MailView {
    facts: &[("switch", "off")],
    ..mail!("mail_two_step_changed", "After two-step verification was turned on or off.")
};
