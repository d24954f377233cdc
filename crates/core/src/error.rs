//! One error for the whole domain: a kind, a public text under a stable code, and a private cause.
//!
//! The public half may be shown to anybody; the cause goes to the log only. What a kind means in HTTP is decided in
//! one place of the server, never here.

use std::{borrow::Cow, time::Duration};

/// A boxed error that stays private: logged, never answered.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The result of every verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the terms of the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request could not be read at all.
    Malformed,
    /// Read, but some fields are not acceptable; see [`Error::fields`].
    Invalid,
    /// No credentials where some are needed.
    NoCredentials,
    /// A bearer token that is not, or no longer, worth anything.
    BadToken,
    /// Credentials that are wrong.
    Refused,
    /// Good credentials, but from too long ago (RFC 9470 §3).
    Stale,
    /// Right credentials, but not allowed.
    Forbidden,
    /// Not there, or not the caller's: the two are never told apart.
    NotFound,
    /// Somebody was there first.
    Conflict,
    /// A link or code that is forged, used, expired or meant for something else.
    BadLink,
    /// Too often; worth another try after this.
    Limited(Duration),
    /// More work than the machine takes on; worth another try.
    Overloaded(Duration),
    /// Something we depend on is away; worth another try.
    Unavailable(Duration),
    /// A defect of ours.
    Internal,
}

impl ErrorKind {
    /// Whether it is the server that could not, whatever was asked of it.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Overloaded(_) | Self::Unavailable(_) | Self::Internal)
    }
}

/// Why one field of a request was refused. Never carries the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name as in the request.
    pub field: &'static str,
    /// A stable word, such as `password.too_short`.
    pub code: &'static str,
    /// A sentence for a person.
    pub detail: Cow<'static, str>,
}

/// A refusal or failure: public text for the caller, private cause for the log.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Error {
    kind: ErrorKind,
    code: &'static str,
    detail: &'static str,
    fields: Vec<FieldError>,
    #[source]
    cause: Option<Cause>,
}

impl Error {
    /// An error of this kind with its stable code and public text.
    #[must_use]
    pub const fn new(kind: ErrorKind, code: &'static str, detail: &'static str) -> Self {
        Self { kind, code, detail, fields: Vec::new(), cause: None }
    }

    /// Fields that are not acceptable, all of them at once.
    #[must_use]
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Self { fields, ..Self::new(ErrorKind::Invalid, "request.invalid", "Some fields are not acceptable.") }
    }

    /// A defect of ours: the caller learns nothing, the log everything.
    #[must_use]
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::new(ErrorKind::Internal, "internal", "Something went wrong on our side.").because(cause)
    }

    /// The one answer for a bearer token that is not worth anything, whatever the reason (RFC 6750 §3.1).
    #[must_use]
    pub const fn bad_token() -> Self {
        Self::new(ErrorKind::BadToken, "token.invalid", "Invalid or expired token")
    }

    /// The one answer for a link that does not act, whatever the reason.
    #[must_use]
    pub const fn bad_link() -> Self {
        Self::new(ErrorKind::BadLink, "link.invalid", "Invalid or expired link")
    }

    /// The one answer for what is not there or not the caller's.
    #[must_use]
    pub const fn not_found() -> Self {
        Self::new(ErrorKind::NotFound, "not_found", "Not found")
    }

    /// The one answer for what was done too often, whatever it was.
    #[must_use]
    pub const fn limited(wait: Duration) -> Self {
        Self::new(ErrorKind::Limited(wait), "limited", "Too many requests; please try again later.")
    }

    /// Adds the private cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The public text.
    #[must_use]
    pub const fn detail(&self) -> &'static str {
        self.detail
    }

    /// The fields that were refused, for [`ErrorKind::Invalid`].
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// The private cause, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }
}
