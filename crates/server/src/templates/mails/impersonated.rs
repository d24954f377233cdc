use super::MailView;

/// Tells a user that an administrator acts in their name.
pub(super) const IMPERSONATED: MailView = MailView {
    facts: &[("minutes", "10")],
    ..mail!("mail_impersonated", "When an administrator begins to impersonate the user.")
};
