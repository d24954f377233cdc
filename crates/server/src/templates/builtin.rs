//! The templates that are built in, under the origin's names and ours.

/// The pages' stylesheet.
pub(crate) const STYLESHEET: &str = include_str!("../../templates/portcullis.css");

/// The stylesheet of the pages of developers.
pub(crate) const DEV_STYLESHEET: &str = include_str!("../../templates/dev.css");
/// Their script.
pub(crate) const DEV_SCRIPT: &str = include_str!("../../templates/dev.js");

/// The stylesheet of the documentation.
pub(crate) const DOCS_STYLESHEET: &str = include_str!("../../templates/docs.css");
/// What starts its viewers.
pub(crate) const DOCS_SCRIPT: &str = include_str!("../../templates/docs.js");

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        /// Name and source of each.
        pub(super) const TEMPLATES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../templates/", $name)))),+];
    };
}

templates![
    "base.html",
    "dev_base.html",
    "docs.html",
    "email_verified.html",
    "email_verified_failed.html",
    "landing.html",
    "landing_development.html",
    "mail_account_deleted.html",
    "mail_account_deleted.txt",
    "mail_already_registered.html",
    "mail_already_registered.txt",
    "mail_base.html",
    "mail_email_verify.html",
    "mail_email_verify.txt",
    "mail_password_changed.html",
    "mail_password_changed.txt",
    "mail_password_reset.html",
    "mail_password_reset.txt",
    "mailbox.html",
    "registration.html",
    "registration.txt",
    "reset.html",
    "reset_failed.html",
    "reset_success.html",
    "sms_code.txt",
    "undo.html",
    "undo_failed.html",
    "undo_success.html",
];
