use std::{io, net::SocketAddr};

use portcullis_backends::hash;
use portcullis_core::{oauth::ClientId, service::OpenRealmsError};

use super::{backends, shared};
use crate::{config::ListenOn, templates::TemplateError};

/// Reason why the application could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The data folder cannot be created.
    #[error("the data folder {0} cannot be created; set DATA_DIR to another folder")]
    DataDir(std::path::PathBuf, #[source] io::Error),
    /// The database cannot be opened.
    #[error(transparent)]
    Database(#[from] backends::DatabaseError),
    /// A startup task panicked.
    #[error("startup failed because of an internal error")]
    Task(#[source] portcullis_core::error::Cause),
    /// The hash threads could not be started.
    #[error("the password hash threads cannot be started")]
    Hash(#[from] hash::StartError),
    /// The realms could not be opened.
    #[error(transparent)]
    Realms(#[from] OpenRealmsError),
    /// A template is invalid.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The mail or SMS senders could not be created.
    #[error(transparent)]
    Mail(#[from] backends::MailError),
    /// Redis cannot be used with these settings.
    #[error(transparent)]
    Redis(#[from] shared::RedisError),
    /// The signing keys could not be read or created.
    #[error("the signing keys cannot be read or created")]
    Keys(#[source] portcullis_core::Error),
    /// A third-party client requires an audience.
    #[error(
        "the client {0} is not first-party, and without JWT_AUDIENCE, services could mistake its tokens for tokens of another application's users: set JWT_AUDIENCE, or make it first-party (portcullis clients edit {0} --first-party)"
    )]
    Audience(ClientId),
    /// There are passkeys for another domain.
    #[error(
        "{0} passkeys were created for a domain other than {1}, where browsers do not offer them: set PASSKEY_RP_ID to the earlier domain to keep them, or to {1} to discard them"
    )]
    PasskeyDomain(usize, String),
    /// The stored passkeys could not be counted.
    #[error("the stored passkeys cannot be counted")]
    Passkeys(#[source] portcullis_core::Error),
    /// The listener of administration could not be opened.
    #[error(
        "administration cannot be served on {0}: set ADMIN_LISTEN to a free address and port, or to a path that the server may write"
    )]
    AdminListener(ListenOn, #[source] portcullis_core::error::Cause),
    /// The metrics recorder or its listener could not be started.
    #[error("metrics cannot be served on {0}: set METRICS_LISTEN to a free address and port")]
    Metrics(SocketAddr, #[source] portcullis_core::error::Cause),
}
