use std::path::PathBuf;

use portcullis_core::seal::EncryptionKey;

use crate::config::{
    table::{DATA_DIR, DATABASE_URL, ENCRYPTION_KEY},
    values::Values,
};

/// Where the server stores.
#[derive(Debug)]
pub struct Store {
    /// `DATA_DIR`; it need not be there yet.
    pub data_dir: PathBuf,
    /// The file that `DATABASE_URL` names.
    pub database: PathBuf,
    /// `ENCRYPTION_KEY`: the first wraps, all unwrap; at least one.
    pub encryption_keys: Vec<EncryptionKey>,
}

impl Store {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            data_dir: values.path(&DATA_DIR)?,
            database: values.path(&DATABASE_URL)?,
            encryption_keys: values.get(&ENCRYPTION_KEY)?,
        })
    }
}
