//! Classification of Redis errors: temporarily unavailable, or a defect.

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Error codes of temporary conditions, in addition to those that the library knows.
const TRANSIENT: &[&str] = &["BUSY", "MISCONF", "NOREPLICAS", "OOM", "WRONGPASS", "NOAUTH"];
/// Error codes that Redis 6.2 includes in the text of an error if the command is part of a script.
const IN_SCRIPT: &[&str] = &["-READONLY ", "-MISCONF ", "-NOREPLICAS ", "-OOM "];

/// Returns whether Redis is temporarily unavailable. Otherwise the error is a defect: a command or script that Redis
/// rejects.
pub(super) fn is_outage(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ResponseError) => is_within(error, IN_SCRIPT),
        ErrorKind::Server(kind) => matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::TryAgain
        ),
        ErrorKind::Extension => error.code().is_some_and(|code| TRANSIENT.contains(&code)),
        ErrorKind::UnexpectedReturnType | ErrorKind::InvalidClientConfig => false,
        // No connection, no response in time, or a response that is not in Redis's protocol.
        _ => true,
    }
}

/// Returns whether the error alone proves that the server is unusable: it has become a replica, which still answers
/// reads.
pub(super) fn is_conclusive(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ReadOnly) => true,
        ErrorKind::Server(ServerErrorKind::ResponseError) => is_within(error, &["-READONLY "]),
        _ => false,
    }
}

fn is_within(error: &RedisError, codes: &[&str]) -> bool {
    error.detail().is_some_and(|detail| codes.iter().any(|code| detail.contains(code)))
}

/// Returns a description for the log. The server's own text may contain the command, so it is omitted.
pub(super) fn told(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::Io => error.to_string(),
        _ => error.code().unwrap_or_else(|| error.category()).to_owned(),
    }
}
