//! The pages of developers, which are as they are: an operator's folder replaces none of them.

/// Their stylesheet.
pub(crate) const DEV_STYLESHEET: &str = include_str!("../../templates/dev.css");
/// Their script.
pub(crate) const DEV_SCRIPT: &str = include_str!("../../templates/dev.js");

/// Name and source of each.
pub(super) const TEMPLATES: [(&str, &str); 4] = [
    ("dev_base.html", include_str!("../../templates/dev_base.html")),
    ("landing_development.html", include_str!("../../templates/landing_development.html")),
    ("mailbox.html", include_str!("../../templates/mailbox.html")),
    ("preview.html", include_str!("../../templates/preview.html")),
];
