use super::MailView;

/// Notifies the owner of an account that another person who knows the password failed at the second factor.
pub(super) const WRONG_FACTORS: MailView =
    mail!("mail_wrong_factors", "After three wrong codes that followed a correct password.");
