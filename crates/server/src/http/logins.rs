//! Logins, counted by their outcome.

use portcullis_core::{
    Error,
    error::ErrorKind,
    service::{Completing, Entry, LoginOutcome, PasskeyOutcome, Returned},
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
            ErrorKind::Refused | ErrorKind::BadLink => "wrong",
            _ => failed(error),
        },
    };
    metrics::counter!(LOGINS, "outcome" => outcome).increment(1);
    result
}

/// Counts the result of a flow at a provider. A flow that asks the user something first is not complete.
pub(super) fn counted_return(result: Result<Returned, Error>) -> Result<Returned, Error> {
    let outcome = match &result {
        Ok(Returned::Entered { entry: Entry::LoggedIn(_), .. }) => "ok",
        Ok(Returned::Entered { entry: Entry::Challenged(_), .. }) => "challenged",
        Ok(Returned::Pending(..)) => return result,
        Ok(Returned::SignupClosed | Returned::Refused | Returned::OtherAccount) => "failed",
        Err(error) if error.kind() == ErrorKind::BadLink => "wrong",
        Err(error) => failed(error),
    };
    metrics::counter!(LOGINS, "outcome" => outcome).increment(1);
    result
}

/// Counts the completion of a new account, if it signs the user in.
pub(super) fn counted_completion(result: Result<Completing, Error>) -> Result<Completing, Error> {
    match &result {
        Ok(Completing::Entered(Entry::LoggedIn(_))) => metrics::counter!(LOGINS, "outcome" => "ok").increment(1),
        Ok(Completing::Entered(Entry::Challenged(_))) => {
            metrics::counter!(LOGINS, "outcome" => "challenged").increment(1);
        }
        _ => {}
    }
    result
}

const fn failed(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Limited(_) => "limited",
        ErrorKind::Invalid => "invalid",
        _ => "failed",
    }
}
