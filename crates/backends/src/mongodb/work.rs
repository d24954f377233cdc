//! Writes within a transaction, and reads outside of one.

use mongodb::{
    ClientSession, Collection, Cursor, Database,
    bson::{Document, doc},
    error::Error,
    options::ReadConcern,
};

use portcullis_core::{port::Precondition, session::Change};

use super::{
    error::{OpError, Unreadable, is_duplicate},
    fields::{DocumentFields, number},
};

/// Context of one transaction.
pub(super) struct Work<'a> {
    pub(super) db: &'a Database,
    pub(super) session: &'a mut ClientSession,
    /// Change log entries, appended before the commit.
    pub(super) changes: Vec<Change>,
}

impl Work<'_> {
    fn collection(&self, name: &str) -> Collection<Document> {
        self.db.collection(name)
    }

    /// Inserts a document. Returns whether its keys were free.
    pub(super) async fn insert(&mut self, into: &str, document: Document) -> Result<bool, OpError> {
        unless_duplicate(self.collection(into).insert_one(document).session(&mut *self.session).await.map(|_| true))
    }

    /// Inserts documents whose keys are free.
    pub(super) async fn insert_all(&mut self, into: &str, documents: Vec<Document>) -> Result<(), OpError> {
        if !documents.is_empty() {
            self.collection(into).insert_many(documents).session(&mut *self.session).await?;
        }
        Ok(())
    }

    /// Updates a document. Returns whether there was one.
    pub(super) async fn update(&mut self, of: &str, filter: Document, update: Document) -> Result<bool, OpError> {
        let updated = self.collection(of).update_one(filter, update).session(&mut *self.session).await?;
        Ok(updated.matched_count == 1)
    }

    /// Updates a document, or creates it if missing.
    pub(super) async fn upsert(&mut self, of: &str, filter: Document, update: Document) -> Result<(), OpError> {
        match self.collection(of).update_one(filter, update).upsert(true).session(&mut *self.session).await {
            // Another process has created it in the meantime.
            Err(error) if is_duplicate(&error) => Err(OpError::Again(error)),
            result => Ok(result.map(drop)?),
        }
    }

    /// Updates a document and returns its previous state, or `None` if it does not exist. Fails with the precondition
    /// if its new key belongs to another document.
    pub(super) async fn update_from(
        &mut self,
        of: &str,
        filter: Document,
        update: Document,
        key_free: Precondition,
    ) -> Result<Option<Document>, OpError> {
        match self.collection(of).find_one_and_update(filter, update).session(&mut *self.session).await {
            Err(error) if is_duplicate(&error) => Err(OpError::Failed(key_free)),
            result => Ok(result?),
        }
    }

    /// Runs different updates, each of at most one document. Returns the number of documents that were changed.
    pub(super) async fn update_each(&mut self, of: &str, updates: Vec<Document>) -> Result<u64, OpError> {
        let update = doc! { "update": of, "updates": updates };
        let answer = self.db.run_command(update).session(&mut *self.session).await?;
        Ok(u64::try_from(answer.get_i32("nModified").unwrap_or_default()).unwrap_or_default())
    }

    /// Updates all matching documents and returns their number.
    pub(super) async fn update_many(&mut self, of: &str, filter: Document, update: Document) -> Result<u64, OpError> {
        let updated = self.collection(of).update_many(filter, update).session(&mut *self.session).await?;
        Ok(updated.matched_count)
    }

    pub(super) async fn update_all(&mut self, of: &str, filter: Document, update: Document) -> Result<(), OpError> {
        self.collection(of).update_many(filter, update).session(&mut *self.session).await?;
        Ok(())
    }

    /// Removes a document. Returns whether there was one.
    pub(super) async fn delete(&mut self, from: &str, filter: Document) -> Result<bool, OpError> {
        let deleted = self.collection(from).delete_one(filter).session(&mut *self.session).await?;
        Ok(deleted.deleted_count == 1)
    }

    pub(super) async fn delete_all(&mut self, from: &str, filter: Document) -> Result<(), OpError> {
        self.collection(from).delete_many(filter).session(&mut *self.session).await?;
        Ok(())
    }

    /// Returns whether a document matches.
    pub(super) async fn has(&mut self, within: &str, filter: Document) -> Result<bool, OpError> {
        let collection = self.collection(within);
        let found = collection.find_one(filter).projection(doc! { "_id": 1 }).session(&mut *self.session).await?;
        Ok(found.is_some())
    }

    /// Returns the matching document as seen by the transaction, if there is one.
    pub(super) async fn find<T>(
        &mut self,
        within: &str,
        filter: Document,
        read: impl FnOnce(DocumentFields) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, OpError> {
        let found = self.collection(within).find_one(filter).session(&mut *self.session).await?;
        Ok(found.map(|document| read(DocumentFields::of(document))).transpose()?)
    }

    /// Returns these fields of the matching documents, as seen by the transaction.
    pub(super) async fn list(
        &mut self,
        of: &str,
        filter: Document,
        fields: Document,
    ) -> Result<Vec<Document>, OpError> {
        let collection = self.collection(of);
        let mut cursor = collection.find(filter).projection(fields).session(&mut *self.session).await?;
        let mut found = Vec::new();
        while cursor.advance(&mut *self.session).await? {
            found.push(cursor.deserialize_current()?);
        }
        Ok(found)
    }
}

fn unless_duplicate(result: Result<bool, Error>) -> Result<bool, OpError> {
    match result {
        Err(error) if is_duplicate(&error) => Ok(false),
        result => Ok(result?),
    }
}

/// Returns the matching document as seen by the primary, if there is one.
///
/// A newly elected primary has all acknowledged data, but needs a moment to learn that it is replicated to a
/// majority. A majority read would miss an account that was created a second ago.
pub(super) async fn find<T>(
    db: &Database,
    within: &str,
    filter: Document,
    read: impl FnOnce(DocumentFields) -> Result<T, Unreadable>,
) -> Result<Option<T>, OpError> {
    let found = db.collection::<Document>(within).find_one(filter).read_concern(ReadConcern::local()).await?;
    Ok(found.map(|document| read(DocumentFields::of(document))).transpose()?)
}

/// Returns all matching documents in this order, with majority read concern. Data that is cached in memory, such as
/// keys and the log position, must not be rolled back in a failover.
pub(super) async fn list<T>(
    db: &Database,
    within: &str,
    filter: Document,
    order: Document,
    read: fn(DocumentFields) -> Result<T, Unreadable>,
) -> Result<Vec<T>, OpError> {
    all(db.collection::<Document>(within).find(filter).sort(order).await?, read).await
}

/// Returns the first matching documents in this order, as seen by the primary.
pub(super) async fn page<T>(
    db: &Database,
    within: &str,
    filter: Document,
    order: Document,
    limit: usize,
    read: impl Fn(DocumentFields) -> Result<T, Unreadable>,
) -> Result<Vec<T>, OpError> {
    if limit == 0 {
        // MongoDB treats 0 as no limit.
        return Ok(Vec::new());
    }
    let collection = db.collection::<Document>(within);
    let first = collection.find(filter).sort(order).limit(number(limit as u64)).read_concern(ReadConcern::local());
    all(first.await?, read).await
}

async fn all<T>(
    mut cursor: Cursor<Document>,
    read: impl Fn(DocumentFields) -> Result<T, Unreadable>,
) -> Result<Vec<T>, OpError> {
    let mut found = Vec::new();
    while cursor.advance().await? {
        found.push(read(DocumentFields::of(cursor.deserialize_current()?))?);
    }
    Ok(found)
}
