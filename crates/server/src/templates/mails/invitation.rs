use std::time::Duration;

use super::MailView;

/// Lifetime in the samples.
const SAMPLE: Duration = Duration::from_secs(7 * 86_400);

/// Contains the link to accept an invitation.
pub(super) const INVITATION: MailView = MailView {
    sample_lifetime: SAMPLE,
    ..mail!("mail_invitation", "An invitation, with the link that opens the account.")
};

/// Contains the link to accept an invitation as an administrator.
pub(super) const ADMIN_INVITATION: MailView = MailView {
    sample_lifetime: SAMPLE,
    ..mail!("mail_admin_invitation", "An invitation of an administrator, with the link that opens the account.")
};
