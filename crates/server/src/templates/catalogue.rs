//! The list of templates: name, purpose and built-in source of each.

use super::{mails, pages::PAGES};

/// What a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TemplateKind {
    /// A page for browsers.
    Page,
    /// One part of a mail.
    Mail,
    /// A text message.
    Sms,
    /// The frame of all pages.
    PageLayout,
    /// The frame of all mails, and the parts they share.
    MailLayout,
    /// The stylesheet of the pages, served as it is.
    Style,
}

impl TemplateKind {
    /// All kinds, in the order in which they are listed.
    pub(crate) const ALL: [Self; 6] =
        [Self::Mail, Self::Page, Self::Sms, Self::MailLayout, Self::PageLayout, Self::Style];

    /// Returns the word for scripts.
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

    /// Returns the heading above all templates of this kind.
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

    /// Returns the folder of these templates, here and in `TEMPLATES_DIR`.
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Page => "pages",
            Self::Mail | Self::Sms => "mails",
            Self::PageLayout | Self::MailLayout | Self::Style => "layout",
        }
    }

    /// Returns the kind of the templates that a layout frames.
    pub(super) const fn of_contents(self) -> Self {
        match self {
            Self::PageLayout => Self::Page,
            Self::MailLayout => Self::Mail,
            other => other,
        }
    }
}

/// A template, as far as it is known without filling it.
#[derive(Debug)]
pub(crate) struct Template {
    /// Name, and file in `TEMPLATES_DIR`: `reset.html`.
    pub(crate) name: &'static str,
    pub(crate) kind: TemplateKind,
    /// One sentence.
    pub(crate) purpose: &'static str,
    /// Built-in source, used unless an operator's file replaces it.
    pub(crate) source: &'static str,
}

impl Template {
    /// Returns the other name of its file in `TEMPLATES_DIR`: `pages/reset.html`.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.kind.folder(), self.name)
    }
}

static LAYOUTS: &[Template] = &[
    Template {
        name: "mail_base.html",
        kind: TemplateKind::MailLayout,
        purpose: "The frame around every mail: head, colours, footer.",
        source: source!("layout/mail_base.html"),
    },
    Template {
        name: "mail_parts.html",
        kind: TemplateKind::MailLayout,
        purpose: "The button and the link of a mail.",
        source: source!("layout/mail_parts.html"),
    },
    Template {
        name: "base.html",
        kind: TemplateKind::PageLayout,
        purpose: "The frame around every page: head, header, footer.",
        source: source!("layout/base.html"),
    },
    Template {
        name: "portcullis.css",
        kind: TemplateKind::Style,
        purpose: "Colours, fonts and forms of all pages.",
        source: stylesheet!("layout/portcullis.css"),
    },
];

/// Returns all templates that an operator may replace.
pub(crate) fn templates() -> impl Iterator<Item = &'static Template> {
    let pages = PAGES.iter().map(|page| &page.template);
    mails::mail_templates().chain(pages).chain(mails::sms_templates()).chain(LAYOUTS)
}

/// Returns the template of this name, or of this path.
pub(super) fn find(name: &str) -> Option<&'static Template> {
    match name.split_once('/') {
        Some((folder, name)) => find(name).filter(|template| template.kind.folder() == folder),
        None => templates().find(|template| template.name == name),
    }
}
