//! What went wrong between us and the SMS provider, what it means for the message, and what of it may be written down.

use std::{error::Error as _, iter};

use portcullis_core::port::SendError;

/// Why a message was not taken, in words that are fit for a log: the provider's own repeat the number and the text.
#[derive(Debug, thiserror::Error)]
pub(super) enum TwilioFailure {
    #[error("the SMS provider answered {status}{}", code.map(|code| format!(", error {code}")).unwrap_or_default())]
    Refused { status: u16, code: Option<u32> },
    #[error("the SMS provider's answer makes no sense")]
    Unreadable,
    #[error("the SMS provider took too long")]
    TimedOut,
    #[error("no way to the SMS provider: {0}")]
    Connection(String),
    #[error("the SMS provider was asked and has not answered: {0}")]
    Broken(String),
    #[error("no message at the SMS provider is called so")]
    Receipt,
}

impl From<reqwest::Error> for TwilioFailure {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() && !error.is_connect() {
            return Self::TimedOut;
        }
        // Said by this side: names, sockets and TLS. The outermost says only that it was a request.
        let causes = iter::successors(error.source(), |cause| (*cause).source()).map(ToString::to_string);
        let causes = causes.collect::<Vec<_>>().join(": ");
        if error.is_connect() { Self::Connection(causes) } else { Self::Broken(causes) }
    }
}

impl From<TwilioFailure> for SendError {
    fn from(failure: TwilioFailure) -> Self {
        match &failure {
            // Too slow and too often: the only two that time alone puts right.
            TwilioFailure::Refused { status: 408 | 429, .. } => Self::Transient(failure.into()),
            TwilioFailure::Refused { status: 400..=499, .. } | TwilioFailure::Receipt => {
                Self::Permanent(failure.into())
            }
            // The request was on its way.
            TwilioFailure::TimedOut | TwilioFailure::Broken(_) => Self::Unknown(failure.into()),
            _ => Self::Transient(failure.into()),
        }
    }
}
