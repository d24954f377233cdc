//! Errors of MongoDB, and their meaning for the port.

use std::{fmt, time::Duration};

use mongodb::error::{Error, ErrorKind, RETRYABLE_WRITE_ERROR, TRANSIENT_TRANSACTION_ERROR, WriteFailure};
use portcullis_core::port::{CommitError, Precondition, StoreError};

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL cannot be read.
    #[error("the URL of the MongoDB database cannot be used: {why}")]
    Url {
        /// Reason, without the password.
        why: String,
    },
    /// No server that accepts writes answers.
    #[error("MongoDB at {hosts} cannot be reached, or its replica set has no primary")]
    Away {
        /// Hosts of the URL.
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
        /// Where it is.
        hosts: String,
    },
    /// The replica set is not initiated.
    #[error(
        "MongoDB at {hosts} waits to be made a replica set: `mongosh --host {hosts} --eval 'rs.initiate()'` makes it one"
    )]
    NotInitiated {
        /// Where it is.
        hosts: String,
    },
    /// The server's version is too old.
    #[error("MongoDB at {hosts} is older than version 5.0, the first that this program works with")]
    TooOld {
        /// Where it is.
        hosts: String,
    },
    /// A newer version of this program has changed the database.
    #[error(
        "the database {database} is of version {found}, and this program knows versions up to {known}: run the newer \
         program, or restore a backup from before it"
    )]
    Newer {
        database: String,
        /// The database's version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The collection of the users holds documents of another system.
    #[error(
        "the collection {database}.{collection} holds users of another system, which would have to be imported first; this \
         version has no import yet: name another database in the URL, such as mongodb://HOST/portcullis"
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

/// An error of the driver in words for operators: its own are for debugging.
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
                f.write_str(of_one_server(message).unwrap_or("no primary answers"))
            }
            ErrorKind::Command(error) => write!(f, "{} ({})", error.message, error.code),
            kind => kind.fmt(f),
        }
    }
}

/// Finds the error of the first server in the driver's description of all.
fn of_one_server(message: &str) -> Option<&str> {
    let (_, error) = message.split_once("Error: Kind: ")?;
    error.split(", labels: ").next()
}

/// A field does not have the form in which this program writes it.
#[derive(Debug, thiserror::Error)]
#[error("the field {0} cannot be read")]
pub(super) struct Unreadable(pub(super) &'static str);

/// Why an operation failed.
#[derive(Debug)]
pub(super) enum OpError {
    /// A precondition did not hold.
    Failed(Precondition),
    /// Another batch was in the way. The whole batch may succeed a moment later.
    Again(Error),
    /// Other batches were in the way for too long.
    Crowded(Error),
    /// MongoDB did not answer within the time limit.
    Late(Duration),
    /// MongoDB failed, or is unavailable.
    Mongo(Error),
    /// A document cannot be read.
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
            OpError::Late(limit) => Self::Unavailable(format!("no answer within {limit:?}").into()),
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

/// Fails with this precondition unless it holds.
pub(super) fn require(holds: bool, precondition: Precondition) -> Result<(), OpError> {
    if holds { Ok(()) } else { Err(OpError::Failed(precondition)) }
}

/// Whether a unique index already has the key.
pub(super) fn is_duplicate(error: &Error) -> bool {
    const DUPLICATE_KEY: i32 = 11000;
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        ErrorKind::Command(error) => error.code == DUPLICATE_KEY,
        ErrorKind::InsertMany(error) => error.write_errors.iter().flatten().any(|error| error.code == DUPLICATE_KEY),
        _ => false,
    }
}

/// Whether another transaction wrote the same documents.
pub(super) fn is_conflict(error: &Error) -> bool {
    const WRITE_CONFLICT: i32 = 112;
    match error.kind.as_ref() {
        ErrorKind::Command(error) => error.code == WRITE_CONFLICT,
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == WRITE_CONFLICT,
        _ => false,
    }
}

/// Whether the operation, its session or its transaction was ended from outside. The transaction has failed then, unless the
/// operation was its commit.
pub(super) fn is_ended(error: &Error) -> bool {
    // Interrupted, and no such transaction.
    const ENDED: &[i32] = &[251, 11601];
    match error.kind.as_ref() {
        ErrorKind::Command(error) => ENDED.contains(&error.code),
        ErrorKind::Write(WriteFailure::WriteError(error)) => ENDED.contains(&error.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => ENDED.contains(&error.code),
        _ => false,
    }
}

/// Whether the error may end by itself: no server, no primary, a full disk.
pub(super) fn is_passing(error: &Error) -> bool {
    // Not a primary (any more), shutting down, interrupted, a lost cursor, or a timeout.
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
