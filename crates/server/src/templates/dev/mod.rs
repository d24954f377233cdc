//! Developer pages. They cannot be replaced by custom templates.

mod docs;
mod landing;
mod mailbox;
mod preview;

pub(crate) use docs::Docs;
pub(crate) use landing::LandingDevelopment;
pub(crate) use mailbox::{Mailbox, MailboxView};
pub(crate) use preview::PreviewIndex;

use minijinja::{Value, context};

/// Stylesheet of the landing page, the mailbox and the previews.
pub(crate) const DEV_STYLESHEET: &str = stylesheet!("dev/dev.css");
/// Script of the landing page and the mailbox.
pub(crate) const DEV_SCRIPT: &str = source!("dev/dev.js");

/// Stylesheet of the page around the API documentation viewers.
pub(crate) const DOCS_STYLESHEET: &str = source!("dev/docs.css");
/// Script that starts the viewers.
pub(crate) const DOCS_SCRIPT: &str = source!("dev/docs.js");

/// Name and source of each template.
pub(super) const TEMPLATES: [(&str, &str); 5] = [
    ("dev_base.html", source!("dev/dev_base.html")),
    ("docs.html", source!("dev/docs.html")),
    ("landing_development.html", source!("dev/landing_development.html")),
    ("mailbox.html", source!("dev/mailbox.html")),
    ("preview.html", source!("dev/preview.html")),
];

/// Server state shown in the navigation of these pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DevServer<'a> {
    pub(crate) base_url: &'a str,
    /// Whether the API documentation is served.
    pub(crate) docs_enabled: bool,
    /// Whether emails and SMS are stored in the mailbox.
    pub(crate) mailbox_enabled: bool,
}

impl DevServer<'_> {
    fn values(self) -> Value {
        context! {
            base_url => self.base_url,
            docs_enabled => self.docs_enabled,
            mailbox_enabled => self.mailbox_enabled,
        }
    }
}
