use super::MailView;

/// Notifies a user that an administrator impersonates them.
pub(super) const IMPERSONATED: MailView = MailView {
    facts: &[("minutes", "10")],
    ..mail!("mail_impersonated", "When an administrator begins to impersonate the user.")
};
