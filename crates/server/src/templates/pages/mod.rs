//! Pages for browsers.

use minijinja::{Value, context, value::Serde};
use portcullis_core::clock::Timestamp;

use super::{TemplateError, Templates, preview::Preview, sample::Sample};
use crate::http::{Face, MessageAnswer, Viewer};

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
    /// All mails and pages with samples, as the server shows them or, without a face, as files beside this page.
    Preview { previews: &'a [Preview], face: Option<&'a Face>, mailbox_enabled: bool },
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
            Self::Preview { .. } => "preview.html",
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
            Self::Preview { previews, face, mailbox_enabled } => context! {
                page => "templates",
                root => if face.is_some() { ".." } else { "." },
                is_served => face.is_some(),
                mailbox_enabled => *mailbox_enabled,
                previews => Value::from(Serde(previews)),
                ..face.map(server).unwrap_or_default()
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
        self.engine.fill(page.template(), self.page_values(page, realm, now))
    }

    fn page_values(&self, page: &Page<'_>, realm: &str, now: Timestamp) -> Value {
        let look = &self.branding;
        let base = context! {
            app_name => look.app_name.as_str(),
            root => look.root.as_str(),
            min_length => look.min_length,
            name => "",
            realm,
            year => now.year(),
        };
        context! { ..page.values(), ..base }
    }

    /// Every page that an operator may change, with all that can be on it.
    pub(super) fn page_samples(&self, now: Timestamp) -> Vec<Sample> {
        let error = "Invalid or expired link";
        let pages = [
            ("", Page::EmailVerified { name: "John".to_owned() }),
            ("nameless", Page::EmailVerified { name: String::new() }),
            ("", Page::EmailVerifiedFailed { error }),
            ("", Page::reset("token", "")),
            ("refused", Page::reset("token", "A password must have at least 8 characters.")),
            ("", Page::ResetSuccess),
            ("", Page::ResetFailed { error }),
            ("", Page::Undo { token: "token" }),
            ("", Page::UndoSuccess),
            ("", Page::UndoFailed { error }),
            ("", Page::Landing),
        ];
        let sample = |(case, page): &(&'static str, Page<'_>)| {
            Sample::of(page.template(), case, self.page_values(page, "User1", now))
        };
        pages.iter().filter_map(sample).collect()
    }
}
