//! Pages for browsers.

use minijinja::{Value, context, value::Serde};
use portcullis_core::clock::Timestamp;

use super::{TemplateError, Templates};
use crate::http::{Face, MessageAnswer, SWAGGER, Viewer};

/// A page and what fills it. Tokens and names: never printed.
pub(crate) enum Page<'a> {
    /// The address is verified.
    EmailVerified { name: String },
    /// The link did not act.
    EmailVerifiedFailed { error: &'a str },
    /// The form for a new password, sent to where it was shown.
    Reset { token: &'a str, reset_url: String, error: &'a str },
    /// The new password counts.
    ResetSuccess,
    /// The link did not act.
    ResetFailed { error: &'a str },
    /// "This was not me": one button.
    Undo { token: &'a str },
    /// Taken back.
    UndoSuccess,
    /// The link did not act.
    UndoFailed { error: &'a str },
    /// A bare line.
    Landing,
    /// What is running here, and a first walk.
    LandingDevelopment { face: &'a Face, mailbox_enabled: bool },
    /// The API's description, in a viewer.
    Docs { viewer: &'static Viewer },
    /// The development mailbox, one message of it in full: one that was named, or the newest.
    Mailbox {
        face: &'a Face,
        messages: &'a [MessageAnswer],
        shown: Option<&'a MessageAnswer>,
        is_named: bool,
        view: &'static str,
    },
}

impl std::fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({})", self.template())
    }
}

impl<'a> Page<'a> {
    /// The form for a new password under this token. Its target is relative, so that it works behind any proxy.
    pub(crate) fn reset(token: &'a str, error: &'a str) -> Self {
        let encoded: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
        Self::Reset { token, reset_url: format!("reset_password?token={encoded}"), error }
    }

    const fn template(&self) -> &'static str {
        match self {
            Self::EmailVerified { .. } => "email_verified.html",
            Self::EmailVerifiedFailed { .. } => "email_verified_failed.html",
            Self::Reset { .. } => "reset.html",
            Self::ResetSuccess => "reset_success.html",
            Self::ResetFailed { .. } => "reset_failed.html",
            Self::Undo { .. } => "undo.html",
            Self::UndoSuccess => "undo_success.html",
            Self::UndoFailed { .. } => "undo_failed.html",
            Self::Landing => "landing.html",
            Self::LandingDevelopment { .. } => "landing_development.html",
            Self::Docs { .. } => "docs.html",
            Self::Mailbox { .. } => "mailbox.html",
        }
    }

    fn values(&self) -> Value {
        match self {
            Self::EmailVerified { name } => context! { name => name.as_str() },
            Self::EmailVerifiedFailed { error } | Self::ResetFailed { error } | Self::UndoFailed { error } => {
                context! { error => *error }
            }
            Self::Reset { token, reset_url, error } => {
                context! { token => *token, reset_url => reset_url.as_str(), error => *error }
            }
            Self::ResetSuccess | Self::UndoSuccess | Self::Landing => context! {},
            Self::Undo { token } => context! { token => *token, undo_url => "undo" },
            Self::LandingDevelopment { face, mailbox_enabled } => context! {
                page => "landing",
                version => env!("CARGO_PKG_VERSION"),
                realms => &face.realms,
                database => face.database,
                has_public_keys => face.has_public_keys,
                mailbox_enabled => *mailbox_enabled,
                ..server(face)
            },
            Self::Docs { viewer } => context! {
                viewer => viewer.name,
                viewer_title => viewer.title,
                viewer_script => viewer.path_of(".js"),
                viewer_style => viewer.path_of(".css"),
            },
            // It is never behind a proxy, so that the root of its links is where it was found itself.
            Self::Mailbox { face, messages, shown, is_named, view } => context! {
                page => "mailbox",
                root => "..",
                mailbox_enabled => true,
                messages => Value::from(Serde(messages)),
                shown => Value::from(Serde(shown)),
                is_named => *is_named,
                view => *view,
                ..server(face)
            },
        }
    }
}

/// What the pages of developers tell of the server.
fn server(face: &Face) -> Value {
    context! { base_url => &*face.base_url, docs_enabled => face.docs }
}

impl Templates {
    /// Fills a page.
    pub(crate) fn page(&self, page: &Page<'_>, realm: &str, now: Timestamp) -> Result<String, TemplateError> {
        let look = &self.look;
        let base = context! {
            app_name => look.app_name.as_str(),
            root => look.root.as_str(),
            min_length => look.min_length,
            name => "",
            realm,
            year => now.year(),
        };
        self.engine.fill(page.template(), context! { ..page.values(), ..base })
    }

    pub(super) fn try_pages(&self) -> Result<(), TemplateError> {
        let error = "Invalid or expired link";
        let (face, message) = (&Face::sample(), &MessageAnswer::sample());
        let mailbox = |messages, shown, view| Page::Mailbox { face, messages, shown, is_named: false, view };
        let messages = std::slice::from_ref(message);
        let samples = [
            Page::EmailVerified { name: "John".to_owned() },
            Page::EmailVerifiedFailed { error },
            Page::reset("token", ""),
            Page::reset("token", "This password is too short."),
            Page::ResetSuccess,
            Page::ResetFailed { error },
            Page::Undo { token: "token" },
            Page::UndoSuccess,
            Page::UndoFailed { error },
            Page::Landing,
            Page::LandingDevelopment { face, mailbox_enabled: true },
            Page::LandingDevelopment { face, mailbox_enabled: false },
            Page::Docs { viewer: &SWAGGER },
            mailbox(&[], None, "text"),
            mailbox(messages, Some(message), "text"),
            mailbox(messages, Some(message), "html"),
            mailbox(messages, Some(message), "source"),
        ];
        samples.iter().try_for_each(|page| self.page(page, "User1", Timestamp::default()).map(|_| ()))
    }
}
