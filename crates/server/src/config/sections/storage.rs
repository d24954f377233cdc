use std::{path::PathBuf, time::Duration};

use portcullis_core::seal::EncryptionKey;

use crate::config::{
    table::{DATA_DIR, DATABASE_TIMEOUT, DATABASE_URL, DATABASE_WAIT_TIMEOUT, ENCRYPTION_KEY},
    value::Database,
    values::Values,
};

/// Where the server stores.
#[derive(Debug)]
pub struct Store {
    /// `DATA_DIR`; it need not be there yet.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`.
    pub database: Database,
    /// `DATABASE_TIMEOUT`.
    pub timeout: Duration,
    /// `DATABASE_WAIT_TIMEOUT`.
    pub wait: Duration,
    /// `ENCRYPTION_KEY`: the first wraps, all unwrap; at least one.
    pub encryption_keys: Vec<EncryptionKey>,
}

impl Store {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            data_dir: values.path(&DATA_DIR)?,
            database: match values.get(&DATABASE_URL)? {
                Database::Sqlite(path) => Database::Sqlite(values.absolute(&path)),
                #[cfg(feature = "mongodb")]
                url @ Database::MongoDb(_) => url,
            },
            timeout: values.get(&DATABASE_TIMEOUT)?,
            wait: values.get(&DATABASE_WAIT_TIMEOUT)?,
            encryption_keys: values.get(&ENCRYPTION_KEY)?,
        })
    }
}
