//! Logins, counted by their outcome.

use portcullis_core::{
    Error,
    error::ErrorKind,
    service::{Entry, LoginOutcome, PasskeyOutcome},
};

use crate::metrics::LOGINS;

/// Counts a login by its outcome.
pub(super) fn counted(result: Result<LoginOutcome, Error>) -> Result<LoginOutcome, Error> {
    let outcome = match &result {
        Ok(LoginOutcome::LoggedIn(_)) => "ok",
        Ok(LoginOutcome::Challenged(_)) => "challenged",
        Ok(LoginOutcome::Wrong) => "wrong",
        Ok(LoginOutcome::Unverified) => "unverified",
        Ok(LoginOutcome::Compromised) => "compromised",
        Err(error) => failed(error),
    };
    metrics::counter!(LOGINS, "outcome" => outcome).increment(1);
    result
}

/// Counts a login with a passkey by its outcome.
pub(super) fn counted_passkey(result: Result<PasskeyOutcome, Error>) -> Result<PasskeyOutcome, Error> {
    let outcome = match &result {
        Ok(PasskeyOutcome::LoggedIn(_)) => "ok",
        Ok(PasskeyOutcome::Refused { .. }) => "wrong",
        Err(error) => failed(error),
    };
    metrics::counter!(LOGINS, "outcome" => outcome).increment(1);
    result
}

/// Counts a login with a provider by its outcome.
pub(super) fn counted_entry(result: Result<Entry, Error>) -> Result<Entry, Error> {
    let outcome = match &result {
        Ok(Entry::LoggedIn(_)) => "ok",
        Ok(Entry::Challenged(_)) => "challenged",
        Err(error) => match error.kind() {
            ErrorKind::Malformed => "invalid",
            ErrorKind::Refused => "wrong",
            _ => failed(error),
        },
    };
    metrics::counter!(LOGINS, "outcome" => outcome).increment(1);
    result
}

const fn failed(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Limited(_) => "limited",
        ErrorKind::Invalid => "invalid",
        _ => "failed",
    }
}
