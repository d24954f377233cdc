//! Domain errors: a kind, a public text with a stable code, and a private cause.
//!
//! Code and text are public and defined in the [`catalogue`]. The cause is only logged. The server maps each kind to
//! an HTTP status in one place.

pub mod catalogue;

pub use catalogue::{FieldRefusal, Refusal};

use std::{borrow::Cow, time::Duration};

/// Private cause of an error: logged, never sent to a client.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Kind of an error, in domain terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request cannot be parsed.
    Malformed,
    /// Some fields of the request are invalid; see [`Error::fields`].
    Invalid,
    /// Credentials are required but missing.
    NoCredentials,
    /// The bearer token is invalid, expired or revoked.
    BadToken,
    /// The credentials are wrong.
    Refused,
    /// The credentials of a client are missing or wrong (RFC 6749 §5.2, `invalid_client`).
    BadClient,
    /// The last authentication is older than `max_age`, or weaker than required (RFC 9470 §3).
    Stale { max_age: Duration, needs: Needed },
    /// The credentials are valid but insufficient.
    Forbidden,
    /// The object does not exist or belongs to another user. Clients cannot distinguish the two.
    NotFound,
    /// Another object has the same unique value.
    Conflict,
    /// The object was modified after the revision given in the request (RFC 9110 §15.5.13).
    Outdated,
    /// The request must contain the revision that it is based on (RFC 6585 §3).
    Unconditional,
    /// The link or code is forged, used, expired or for another purpose.
    BadLink,
    /// A limit was reached. Retry after this time.
    Limited(Duration),
    /// The server is overloaded. Retry after this time.
    Overloaded(Duration),
    /// A dependency is unavailable. Retry after this time.
    Unavailable(Duration),
    /// An internal error.
    Internal,
}

/// Requirement on an authentication besides being recent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    Nothing,
    TwoFactors,
    /// A login with a passkey or security key is required.
    Passkey,
}

impl ErrorKind {
    /// Returns whether the error is the server's fault, not the request's.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Overloaded(_) | Self::Unavailable(_) | Self::Internal)
    }
}

/// Reason why a field of a request was rejected. Never contains the submitted value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field in the request.
    pub field: Cow<'static, str>,
    /// Stable code, such as `password.too_short`.
    pub code: &'static str,
    /// A sentence for the user.
    pub detail: Cow<'static, str>,
}

/// An error with a public text for the client and a private cause for the log.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Error {
    kind: ErrorKind,
    code: &'static str,
    detail: &'static str,
    fields: Vec<FieldError>,
    limit: Option<&'static str>,
    /// Byte offset of the syntax error in a request that cannot be parsed.
    offset: Option<u32>,
    #[source]
    cause: Option<Cause>,
}

impl From<Refusal> for Error {
    fn from(Refusal { kind, code, detail }: Refusal) -> Self {
        Self { kind, code, detail, fields: Vec::new(), limit: None, offset: None, cause: None }
    }
}

impl Error {
    /// Creates the error for invalid fields, with all of them together.
    #[must_use]
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Self { fields, ..catalogue::INVALID.into() }
    }

    /// Creates an internal error. The client receives no details; the cause is logged.
    #[must_use]
    pub fn internal(cause: impl Into<Cause>) -> Self {
        catalogue::INTERNAL.because(cause)
    }

    /// Creates the error for a rejected bearer token, the same whatever the reason (RFC 6750 §3.1).
    #[must_use]
    pub fn bad_token() -> Self {
        catalogue::TOKEN_INVALID.into()
    }

    /// Creates the error for a rejected link, the same whatever the reason.
    #[must_use]
    pub fn bad_link() -> Self {
        catalogue::LINK_INVALID.into()
    }

    /// Creates the error for an object that does not exist or belongs to another user.
    #[must_use]
    pub fn not_found() -> Self {
        catalogue::NOT_FOUND.into()
    }

    /// Creates the error for a limit that was reached. `limit` is the name of its setting.
    #[must_use]
    pub fn limited(wait: Duration, limit: &'static str) -> Self {
        Self { limit: Some(limit), ..catalogue::LIMITED.after(wait).into() }
    }

    /// Replaces the setting's name in the error for a limit.
    #[must_use]
    pub fn with_limit(self, limit: &'static str) -> Self {
        Self { limit: self.limit.map(|_| limit), ..self }
    }

    /// Adds the byte offset of the syntax error.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.offset = u32::try_from(offset).ok();
        self
    }

    /// Adds the private cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Returns the kind of the error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the public text.
    #[must_use]
    pub const fn detail(&self) -> &'static str {
        self.detail
    }

    /// Returns the public text, with the byte offset if it is known.
    #[must_use]
    pub fn text(&self) -> Cow<'static, str> {
        match self.offset {
            Some(offset) => format!("{} at byte {offset}.", self.detail.trim_end_matches('.')).into(),
            None => self.detail.into(),
        }
    }

    /// Returns the invalid fields of an [`ErrorKind::Invalid`].
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// Returns the name of the setting for [`ErrorKind::Limited`].
    #[must_use]
    pub const fn limit(&self) -> Option<&'static str> {
        self.limit
    }

    /// Returns the private cause for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }
}
