//! The pages of developers, which are as they are: an operator's folder replaces none of them.

/// Their stylesheet.
pub(crate) const DEV_STYLESHEET: &str = include_str!("../../../templates/dev/dev.css");
/// Their script.
pub(crate) const DEV_SCRIPT: &str = include_str!("../../../templates/dev/dev.js");

/// The stylesheet of the documentation.
pub(crate) const DOCS_STYLESHEET: &str = include_str!("../../../templates/dev/docs.css");
/// What starts its viewers.
pub(crate) const DOCS_SCRIPT: &str = include_str!("../../../templates/dev/docs.js");

/// Name and source of each.
pub(super) const TEMPLATES: [(&str, &str); 5] = [
    ("dev_base.html", include_str!("../../../templates/dev/dev_base.html")),
    ("docs.html", include_str!("../../../templates/dev/docs.html")),
    ("landing_development.html", include_str!("../../../templates/dev/landing_development.html")),
    ("mailbox.html", include_str!("../../../templates/dev/mailbox.html")),
    ("preview.html", include_str!("../../../templates/dev/preview.html")),
];
