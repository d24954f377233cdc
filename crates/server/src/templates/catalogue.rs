//! The list of templates, with name, purpose and built-in source.

use super::{mails, pages::PAGES};

/// What a template is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TemplateKind {
    /// A page for browsers.
    Page,
    /// One part (HTML or text) of an email.
    Mail,
    /// A text message.
    Sms,
    /// Layout of all pages.
    PageLayout,
    /// Layout of all emails, and their shared parts.
    MailLayout,
    /// Stylesheet of the pages, served verbatim.
    Style,
}

impl TemplateKind {
    /// All kinds, in documentation order.
    pub(crate) const ALL: [Self; 6] =
        [Self::Mail, Self::Page, Self::Sms, Self::MailLayout, Self::PageLayout, Self::Style];

    /// Returns the identifier used in JSON output.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::PageLayout => "page_layout",
            Self::MailLayout => "mail_layout",
            Self::Style => "style",
        }
    }

    /// Returns the heading for this kind of template.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Page => "Pages",
            Self::Mail => "Mails",
            Self::Sms => "SMS",
            Self::PageLayout => "Layout of the pages",
            Self::MailLayout => "Layout of the mails",
            Self::Style => "Stylesheet of the pages",
        }
    }

    /// Returns the folder of these templates, both built in and in `TEMPLATES_DIR`.
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Page => "pages",
            Self::Mail | Self::Sms => "mails",
            Self::PageLayout | Self::MailLayout | Self::Style => "layout",
        }
    }

    /// Returns the kind of template that uses a layout.
    pub(super) const fn of_contents(self) -> Self {
        match self {
            Self::PageLayout => Self::Page,
            Self::MailLayout => Self::Mail,
            other => other,
        }
    }
}

/// A template's metadata and source.
#[derive(Debug)]
pub(crate) struct Template {
    /// Name, which is also its file name in `TEMPLATES_DIR`: `reset.html`.
    pub(crate) name: &'static str,
    pub(crate) kind: TemplateKind,
    /// Purpose, as one sentence.
    pub(crate) purpose: &'static str,
    /// Built-in source, used unless a custom file replaces it.
    pub(crate) source: &'static str,
}

impl Template {
    /// Returns the alternative path in `TEMPLATES_DIR`: `pages/reset.html`.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.kind.folder(), self.name)
    }
}

static LAYOUTS: &[Template] = &[
    Template {
        name: "mail_base.html",
        kind: TemplateKind::MailLayout,
        purpose: "Layout of every email: header, colours, footer.",
        source: source!("layout/mail_base.html"),
    },
    Template {
        name: "mail_parts.html",
        kind: TemplateKind::MailLayout,
        purpose: "The button and the link of an email.",
        source: source!("layout/mail_parts.html"),
    },
    Template {
        name: "base.html",
        kind: TemplateKind::PageLayout,
        purpose: "Layout of every page: head, header, footer.",
        source: source!("layout/base.html"),
    },
    Template {
        name: "account_base.html",
        kind: TemplateKind::PageLayout,
        purpose: "Layout of the pages of the account: bar and menu.",
        source: source!("layout/account_base.html"),
    },
    Template {
        name: "page_parts.html",
        kind: TemplateKind::PageLayout,
        purpose: "Icons, fields and notices of the pages.",
        source: source!("layout/page_parts.html"),
    },
    Template {
        name: "portcullis.css",
        kind: TemplateKind::Style,
        purpose: "Colours, fonts and forms of all pages.",
        source: stylesheet!("layout/portcullis.css"),
    },
];

/// Returns all templates that can be replaced.
pub(crate) fn templates() -> impl Iterator<Item = &'static Template> {
    let pages = PAGES.iter().map(|page| &page.template);
    mails::mail_templates().chain(pages).chain(mails::sms_templates()).chain(LAYOUTS)
}

/// Returns the template with this name or path.
pub(super) fn find(name: &str) -> Option<&'static Template> {
    match name.split_once('/') {
        Some((folder, name)) => find(name).filter(|template| template.kind.folder() == folder),
        None => templates().find(|template| template.name == name),
    }
}
