//! MongoDB errors, and their mapping to port errors.

use std::{fmt, time::Duration};

use mongodb::error::{Error, ErrorKind, RETRYABLE_WRITE_ERROR, TRANSIENT_TRANSACTION_ERROR, WriteFailure};
use portcullis_core::port::{CommitError, Precondition, StoreError};

/// Reason why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is invalid.
    #[error("the MongoDB URL is invalid: {why}")]
    Url {
        /// Reason, without the password.
        why: String,
    },
    /// No writable server responds.
    #[error("MongoDB at {hosts} cannot be reached, or its replica set has no primary")]
    Away {
        /// Hosts in the URL.
        hosts: String,
        #[source]
        source: Reason,
    },
    /// The server is standalone.
    #[error(
        "MongoDB at {hosts} is a standalone server, which has no transactions: start it as `mongod --replSet rs0`, then make \
         it a replica set of one by `mongosh --host {hosts} --eval 'rs.initiate()'`"
    )]
    Standalone {
        /// Host of the server.
        hosts: String,
    },
    /// The replica set is not initiated.
    #[error(
        "MongoDB at {hosts} is not initialized as a replica set: run `mongosh --host {hosts} --eval 'rs.initiate()'`"
    )]
    NotInitiated {
        /// Host of the server.
        hosts: String,
    },
    /// The server's version is too old.
    #[error("MongoDB at {hosts} is too old: version 5.0 or newer is required")]
    TooOld {
        /// Host of the server.
        hosts: String,
    },
    /// The clocks of this machine and of the database differ.
    #[error(
        "the clocks of this machine and of MongoDB at {hosts} differ by {skew:?}, so that leases and lifetimes would be wrong: \
         synchronize both with NTP"
    )]
    Clock {
        /// Hosts of the URL.
        hosts: String,
        skew: Duration,
    },
    /// The database was migrated by a newer version of this program.
    #[error(
        "the database {database} has schema version {found}, but this program supports versions up to {known}: run the newer \
         program, or restore a backup from before the upgrade"
    )]
    Newer {
        database: String,
        /// Schema version of the database.
        found: u32,
        /// Newest schema version that this program supports.
        known: u32,
    },
    /// The database has an older schema. Only the server or `portcullis migrate` may change it.
    #[error(
        "the database {database} has an older schema, and commands do not migrate the database: start this version of the \
         server, or run `portcullis migrate`"
    )]
    Older { database: String },
    /// The user collection contains documents of another system.
    #[error(
        "the collection {database}.{collection} contains users of another system, which would have to be imported first; this \
         version has no import yet: use another database in the URL, such as mongodb://HOST/portcullis"
    )]
    Foreign {
        database: String,
        /// The realm's collection.
        collection: String,
    },
    #[error("the database {database} cannot be used")]
    Mongo {
        database: String,
        #[source]
        source: Reason,
    },
}

/// A driver error, worded for operators. The driver's own message is for debugging.
#[derive(Debug)]
pub struct Reason(Error);

impl From<Error> for Reason {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl std::error::Error for Reason {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind.as_ref() {
            ErrorKind::ServerSelection { message, .. } => {
                f.write_str(of_one_server(message).unwrap_or("no primary responds"))
            }
            ErrorKind::Command(error) => write!(f, "{} ({})", error.message, error.code),
            kind => kind.fmt(f),
        }
    }
}

/// Extracts the error of the first server from the driver's description of all servers.
fn of_one_server(message: &str) -> Option<&str> {
    let (_, error) = message.split_once("Error: Kind: ")?;
    error.split(", labels: ").next()
}

/// A field does not have the expected format.
#[derive(Debug, thiserror::Error)]
#[error("the field {0} is unreadable")]
pub(super) struct Unreadable(pub(super) &'static str);

/// Reason why an operation failed.
#[derive(Debug)]
pub(super) enum OpError {
    /// A precondition did not hold.
    Failed(Precondition),
    /// A transient conflict with another batch. The whole batch can be retried.
    Again(Error),
    /// Conflicts with other batches lasted too long.
    Crowded(Error),
    /// MongoDB did not respond within the time limit.
    Late(Duration),
    /// MongoDB failed, or is unavailable.
    Mongo(Error),
    /// A document could not be parsed.
    Unreadable(Unreadable),
}

impl From<Error> for OpError {
    fn from(error: Error) -> Self {
        let again = error.contains_label(TRANSIENT_TRANSACTION_ERROR) || is_ended(&error);
        if again { Self::Again(error) } else { Self::Mongo(error) }
    }
}

impl From<Unreadable> for OpError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

impl From<OpError> for StoreError {
    fn from(fault: OpError) -> Self {
        match fault {
            OpError::Again(error) => Self::Unavailable(Reason(error).into()),
            OpError::Crowded(error) => Self::Overloaded(Reason(error).into()),
            OpError::Late(limit) => Self::Unavailable(format!("no response within {limit:?}").into()),
            OpError::Mongo(error) if is_passing(&error) => Self::Unavailable(Reason(error).into()),
            OpError::Mongo(error) => Self::Broken(Reason(error).into()),
            OpError::Unreadable(unreadable) => Self::Broken(unreadable.into()),
            OpError::Failed(precondition) => Self::Broken(format!("{precondition:?} outside of a batch").into()),
        }
    }
}

impl From<OpError> for CommitError {
    fn from(fault: OpError) -> Self {
        match fault {
            OpError::Failed(precondition) => Self::Failed(precondition),
            other => Self::Store(other.into()),
        }
    }
}

/// Returns the precondition as an error unless it holds.
pub(super) fn require(holds: bool, precondition: Precondition) -> Result<(), OpError> {
    if holds { Ok(()) } else { Err(OpError::Failed(precondition)) }
}

/// Returns whether a unique index already contains the key.
pub(super) fn is_duplicate(error: &Error) -> bool {
    const DUPLICATE_KEY: i32 = 11000;
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        ErrorKind::Command(error) => error.code == DUPLICATE_KEY,
        ErrorKind::InsertMany(error) => error.write_errors.iter().flatten().any(|error| error.code == DUPLICATE_KEY),
        _ => false,
    }
}

/// Returns whether the error is a write conflict with another transaction.
pub(super) fn is_conflict(error: &Error) -> bool {
    const WRITE_CONFLICT: i32 = 112;
    match error.kind.as_ref() {
        ErrorKind::Command(error) => error.code == WRITE_CONFLICT,
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == WRITE_CONFLICT,
        _ => false,
    }
}

/// Returns whether the operation, its session or its transaction was killed. The transaction has then failed, unless
/// the operation was its commit.
pub(super) fn is_ended(error: &Error) -> bool {
    // Interrupted, NoSuchTransaction.
    const ENDED: &[i32] = &[251, 11601];
    match error.kind.as_ref() {
        ErrorKind::Command(error) => ENDED.contains(&error.code),
        ErrorKind::Write(WriteFailure::WriteError(error)) => ENDED.contains(&error.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => ENDED.contains(&error.code),
        _ => false,
    }
}

/// Returns whether the error may be transient: no server, no primary, a full disk.
pub(super) fn is_passing(error: &Error) -> bool {
    // The server is not a primary (or no longer one), is shutting down, was interrupted, lost the cursor or timed out.
    const PASSING: &[i32] = &[
        6, 7, 24, 43, 50, 64, 89, 91, 112, 134, 175, 189, 237, 246, 251, 262, 290, 9001, 10058, 10107, 11600, 11602,
        13435, 13436, 14031,
    ];
    if error.contains_label(RETRYABLE_WRITE_ERROR) || error.contains_label(TRANSIENT_TRANSACTION_ERROR) {
        return true;
    }
    match error.kind.as_ref() {
        ErrorKind::Io(_)
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::DnsResolve { .. } => true,
        ErrorKind::Command(error) => PASSING.contains(&error.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(_)) => true,
        ErrorKind::Write(WriteFailure::WriteError(error)) => PASSING.contains(&error.code),
        _ => false,
    }
}
