//! Pages for browsers.

use minijinja::{Value, context, value::Serde};
use portcullis_core::clock::Timestamp;

use super::{TemplateError, Templates, preview::Preview, sample::Sample};
use crate::http::MessageAnswer;

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
    /// What is running here.
    Landing { base_url: &'a str, docs_enabled: bool, mailbox_enabled: bool, is_development: bool },
    /// The development mailbox.
    Mailbox { messages: &'a [MessageAnswer] },
    /// All mails and pages with samples, whose files are at this prefix.
    Preview { previews: &'a [Preview], prefix: &'a str },
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
            Self::Landing { .. } => "landing.html",
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
            Self::ResetSuccess | Self::UndoSuccess => context! {},
            Self::Undo { token } => context! { token => *token, undo_url => "undo" },
            Self::Landing { base_url, docs_enabled, mailbox_enabled, is_development } => {
                context! {
                    base_url => *base_url,
                    docs_enabled => *docs_enabled,
                    mailbox_enabled => *mailbox_enabled,
                    is_development => *is_development,
                    version => env!("CARGO_PKG_VERSION"),
                }
            }
            Self::Mailbox { messages } => context! { messages => Value::from(Serde(messages)) },
            Self::Preview { previews, prefix } => {
                context! { previews => Value::from(Serde(previews)), prefix => *prefix }
            }
        }
    }
}

impl Templates {
    /// Fills a page.
    pub(crate) fn page(&self, page: &Page<'_>, realm: &str, now: Timestamp) -> Result<String, TemplateError> {
        self.engine.fill(page.template(), self.page_values(page, realm, now))
    }

    fn page_values(&self, page: &Page<'_>, realm: &str, now: Timestamp) -> Value {
        let look = &self.look;
        let base = context! {
            app_name => look.app_name.as_str(),
            root => look.root.as_str(),
            has_brand => self.brand().is_some(),
            min_length => look.min_length,
            name => "",
            realm,
            year => now.year(),
        };
        context! { ..page.values(), ..base }
    }

    /// Every page with all that can be on it.
    pub(super) fn page_samples(&self, now: Timestamp) -> Vec<Sample> {
        let error = "Invalid or expired link";
        let landing = |is_development| Page::Landing {
            base_url: "http://127.0.0.1:8000",
            docs_enabled: is_development,
            mailbox_enabled: is_development,
            is_development,
        };
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
            ("", landing(true)),
            ("production", landing(false)),
            ("", Page::Mailbox { messages: &[MessageAnswer::sample()] }),
            ("empty", Page::Mailbox { messages: &[] }),
            ("", Page::Preview { previews: &[Preview::sample()], prefix: "" }),
        ];
        let sample = |(case, page): &(&'static str, Page<'_>)| {
            Sample::of(page.template(), case, self.page_values(page, "User1", now))
        };
        pages.iter().filter_map(sample).collect()
    }
}
