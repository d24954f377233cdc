//! The templates that there are, under the origin's names and ours: what each is for, and its built-in source.

/// What a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A page for browsers.
    Page,
    /// One part of a mail.
    Mail,
    /// A short message to a telephone.
    Sms,
    /// What the pages have in common.
    PageLayout,
    /// What the mails have in common.
    MailLayout,
    /// What the pages are dressed in, served as it is.
    Style,
}

impl Kind {
    /// All, in the order in which they are listed.
    pub(crate) const ALL: [Self; 6] =
        [Self::Mail, Self::Page, Self::Sms, Self::MailLayout, Self::PageLayout, Self::Style];

    /// The word for it.
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

    /// The heading over all of a kind.
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

    /// What the templates of a layout make.
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
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// One sentence.
    pub(crate) purpose: &'static str,
    /// What is used unless an operator's file replaces it.
    pub(crate) source: &'static str,
}

macro_rules! templates {
    ($($kind:ident in $folder:literal { $($name:literal: $purpose:literal),+ $(,)? })+) => {
        /// All of them.
        pub(crate) static TEMPLATES: &[Template] = &[$($(Template {
            name: $name,
            kind: Kind::$kind,
            purpose: $purpose,
            source: include_str!(concat!("../../templates/", $folder, "/", $name)),
        }),+),+];
    };
}

templates! {
    Mail in "mails" {
        "mail_email_verify.html": "After a registration: the link that confirms the address, and the one that discards it.",
        "mail_email_verify.txt": "Its subject and plain text.",
        "registration.html": "Welcome, once the address is confirmed.",
        "registration.txt": "Its subject and plain text.",
        "mail_already_registered.html": "To the owner of an address that somebody tried to register again.",
        "mail_already_registered.txt": "Its subject and plain text.",
        "mail_password_reset.html": "The link for a new password.",
        "mail_password_reset.txt": "Its subject and plain text.",
        "mail_password_changed.html": "After a password was changed.",
        "mail_password_changed.txt": "Its subject and plain text.",
        "mail_account_deleted.html": "After an account was deleted: the last mail.",
        "mail_account_deleted.txt": "Its subject and plain text.",
    }
    Page in "pages" {
        "email_verified.html": "The address is confirmed.",
        "email_verified_failed.html": "The link of a verification mail did not work.",
        "reset.html": "The form for a new password.",
        "reset_success.html": "The new password counts.",
        "reset_failed.html": "The link for a new password did not work.",
        "undo.html": "The link \"this was not me\": one button.",
        "undo_success.html": "The registration is discarded.",
        "undo_failed.html": "There was nothing to discard.",
        "landing.html": "What is found at the root of a server in production.",
    }
    Sms in "mails" {
        "sms_code.txt": "The code that proves a phone number.",
    }
    MailLayout in "layout" {
        "mail_base.html": "The frame around every mail: head, colours, footer.",
        "mail_parts.html": "The button and the link of a mail.",
    }
    PageLayout in "layout" {
        "base.html": "The frame around every page: head, header, footer.",
    }
    Style in "layout" {
        "portcullis.css": "Colours, fonts and forms of all pages.",
    }
}

/// The template of this name.
pub(super) fn find(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}
