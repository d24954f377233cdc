//! What an error of Redis means: that it cannot be used for now, or that a command is wrong.

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Words with which a server says that it cannot serve for now, beside those that the library knows.
const PASSING: &[&str] = &["BUSY", "MISCONF", "NOREPLICAS", "OOM", "WRONGPASS", "NOAUTH"];

/// Whether Redis cannot be used for now, as opposed to a defect: a command or script that it refuses.
pub(super) fn is_outage(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(kind) => matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::TryAgain
        ),
        ErrorKind::Extension => error.code().is_some_and(|code| PASSING.contains(&code)),
        ErrorKind::UnexpectedReturnType | ErrorKind::InvalidClientConfig => false,
        // No connection, no answer in time, or an answer that is none of Redis's.
        _ => true,
    }
}

/// Returns what a log may say of an error: the server's own words may repeat the command.
pub(super) fn told(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::Io => error.to_string(),
        _ => error.code().unwrap_or_else(|| error.category()).to_owned(),
    }
}
