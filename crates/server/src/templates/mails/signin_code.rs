use std::time::Duration;

use super::MailView;

/// Contains the code and the link that sign in.
pub(super) const SIGNIN_CODE: MailView = MailView {
    sample_lifetime: Duration::from_secs(600),
    ..mail!("mail_signin_code", "The code and the link that sign in.")
};
