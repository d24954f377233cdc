use crate::{
    ctx::Ctx,
    error::{Error, Result},
    port::RecordOp,
    record::{Record, RecordKeys, RecordRow},
    seal::DataKey,
};

/// A decrypted value with the record it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held<T> {
    pub noun: T,
    row: RecordRow,
}

impl<T: Record> Held<T> {
    /// Opens a record of a user.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted.
    pub fn open(row: RecordRow, key: &DataKey) -> Result<Self> {
        let noun = T::open(&row, RecordKeys::Owner(key)).map_err(Error::internal)?;
        Ok(Self { noun, row })
    }

    /// Returns the operation that replaces the record. It fails if the record was changed.
    pub fn replace(&self, ctx: &Ctx, key: &DataKey, noun: &T) -> RecordOp {
        let row = noun.seal(ctx, &self.row.realm, RecordKeys::Owner(key));
        RecordOp::Replace(RecordRow { revision: self.row.revision + 1, ..row })
    }

    /// Returns the operation that removes the record. It fails if the record was changed.
    pub fn delete(&self) -> RecordOp {
        let RecordRow { realm, kind, key, revision, .. } = self.row.clone();
        RecordOp::Delete { realm, kind, key, revision: Some(revision) }
    }
}
