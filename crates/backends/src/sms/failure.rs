//! Failures of the SMS provider: what they mean for the message, and what may be logged of them.

use std::{error::Error as _, iter, time::Duration};

use portcullis_core::port::SendError;

/// Why a message was not accepted, in words that are safe to log: the provider's own texts repeat number and code.
#[derive(Debug, thiserror::Error)]
pub(super) enum TwilioFailure {
    #[error("the SMS provider answered {status}{}", code.map(|code| format!(", error {code}")).unwrap_or_default())]
    Refused {
        status: u16,
        code: Option<u32>,
        /// How long the provider asks to wait.
        wait: Option<Duration>,
    },
    #[error("the answer of the SMS provider is unreadable")]
    Unreadable,
    #[error("the SMS provider took too long")]
    TimedOut,
    #[error("no way to the SMS provider: {0}")]
    Connection(String),
    #[error("the SMS provider was asked and has not answered: {0}")]
    Broken(String),
    #[error("the SMS provider has no message of this id")]
    Receipt,
}

impl From<reqwest::Error> for TwilioFailure {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() && !error.is_connect() {
            return Self::TimedOut;
        }
        // Errors of this side: names, sockets and TLS. The outermost only says that it was a request.
        let causes = iter::successors(error.source(), |cause| (*cause).source()).map(ToString::to_string);
        let causes = causes.collect::<Vec<_>>().join(": ");
        if error.is_connect() { Self::Connection(causes) } else { Self::Broken(causes) }
    }
}

/// Twilio's error codes that concern the account and not the message: account not active, messaging service not found,
/// messaging service without a sender.
const OF_ACCOUNT: [u32; 3] = [20005, 21701, 21703];

impl TwilioFailure {
    /// Whether the provider refuses this server, so that it would refuse every message.
    fn is_of_route(&self) -> bool {
        matches!(self, Self::Refused { status, code, .. }
            if *status == 401 || code.is_some_and(|code| OF_ACCOUNT.contains(&code)))
    }
}

impl From<TwilioFailure> for SendError {
    fn from(failure: TwilioFailure) -> Self {
        match &failure {
            TwilioFailure::Refused { wait: Some(wait), .. } => {
                let wait = *wait;
                Self::Throttled(failure.into(), wait)
            }
            _ if failure.is_of_route() => Self::Route(failure.into()),
            // Timeout and rate limit, the only two that end by themselves.
            TwilioFailure::Refused { status: 408 | 429, .. } => Self::Transient(failure.into()),
            TwilioFailure::Refused { status: 400..=499, .. } | TwilioFailure::Receipt => {
                Self::Permanent(failure.into())
            }
            // The request may have arrived.
            TwilioFailure::TimedOut | TwilioFailure::Broken(_) => Self::Unknown(failure.into()),
            _ => Self::Transient(failure.into()),
        }
    }
}
