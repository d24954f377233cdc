//! Logins, counted by their outcome.

use portcullis_core::{Error, error::ErrorKind, service::LoginOutcome};

use crate::metrics::LOGINS;

/// Counts a login by its outcome.
pub(super) fn counted(result: Result<LoginOutcome, Error>) -> Result<LoginOutcome, Error> {
    let outcome = match &result {
        Ok(LoginOutcome::LoggedIn(_)) => "ok",
        Ok(LoginOutcome::Challenged(_)) => "challenged",
        Ok(LoginOutcome::Wrong) => "wrong",
        Ok(LoginOutcome::Unverified) => "unverified",
        Ok(LoginOutcome::Compromised) => "compromised",
        Err(error) => match error.kind() {
            ErrorKind::Limited(_) => "limited",
            ErrorKind::Invalid => "invalid",
            _ => "failed",
        },
    };
    metrics::counter!(LOGINS, "outcome" => outcome).increment(1);
    result
}
