//! SMS provider failures: their effect on the message, and how they are logged.

use std::{error::Error as _, iter, time::Duration};

use portcullis_core::port::SendError;

/// Reason why a message was not accepted, without the provider's own text, which contains the number and the code and
/// must not be logged.
#[derive(Debug, thiserror::Error)]
pub(super) enum TwilioFailure {
    #[error("the SMS provider responded with {status}{}", code.map(|code| format!(", error {code}")).unwrap_or_default())]
    Refused {
        status: u16,
        code: Option<u32>,
        /// Wait requested by the provider.
        wait: Option<Duration>,
    },
    #[error("the SMS provider sent an invalid response")]
    Unreadable,
    #[error("the SMS provider took too long")]
    TimedOut,
    #[error("cannot connect to the SMS provider: {0}")]
    Connection(String),
    #[error("no response from the SMS provider after the request was sent: {0}")]
    Broken(String),
    #[error("the SMS provider has no message with this id")]
    Receipt,
}

impl From<reqwest::Error> for TwilioFailure {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() && !error.is_connect() {
            return Self::TimedOut;
        }
        // Local errors: DNS, sockets and TLS. The outermost error only says that a request failed.
        let causes = iter::successors(error.source(), |cause| (*cause).source()).map(ToString::to_string);
        let causes = causes.collect::<Vec<_>>().join(": ");
        if error.is_connect() { Self::Connection(causes) } else { Self::Broken(causes) }
    }
}

/// Twilio error codes that concern the account and not the message: account not active, messaging service not found,
/// messaging service without a sender.
const OF_ACCOUNT: [u32; 3] = [20005, 21701, 21703];

impl TwilioFailure {
    /// Returns whether the provider rejects this server and therefore every message.
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
            // Timeout and rate limit, the only transient statuses.
            TwilioFailure::Refused { status: 408 | 429, .. } => Self::Transient(failure.into()),
            TwilioFailure::Refused { status: 400..=499, .. } | TwilioFailure::Receipt => {
                Self::Permanent(failure.into())
            }
            // The request may have been received.
            TwilioFailure::TimedOut | TwilioFailure::Broken(_) => Self::Unknown(failure.into()),
            _ => Self::Transient(failure.into()),
        }
    }
}
