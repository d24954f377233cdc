//! Index definitions and creation. Equivalent indexes with other names are kept.

use std::time::Duration;

use mongodb::{
    Collection, Database, IndexModel,
    bson::{Document, doc},
    error::Error,
    options::IndexOptions,
};

/// Index of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) keys: &'static [&'static str],
    pub(super) rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// An index that allows duplicates.
    Plain,
    /// Unique among the documents that have the last of the key fields.
    Unique,
    /// TTL index: MongoDB removes a document this long after the time in the field.
    Lapses(Duration),
    /// TTL index: MongoDB removes a dead message this long after the time in the field.
    LapsesDead(Duration),
}

pub(super) const fn plain(keys: &'static [&'static str]) -> Index {
    Index { keys, rule: Rule::Plain }
}

pub(super) const fn unique(keys: &'static [&'static str]) -> Index {
    Index { keys, rule: Rule::Unique }
}

pub(super) const fn lapses(keys: &'static [&'static str], after: Duration) -> Index {
    Index { keys, rule: Rule::Lapses(after) }
}

/// Creates a collection and its indexes, if they are missing.
pub(super) async fn create(db: &Database, name: &str, indexes: &[Index]) -> Result<(), Error> {
    const EXISTS: i32 = 48;
    if indexes.is_empty() {
        return match db.create_collection(name).await {
            Err(error) if matches!(error.kind.as_ref(), mongodb::error::ErrorKind::Command(error) if error.code == EXISTS) => {
                Ok(())
            }
            result => result,
        };
    }
    // A user without permission to create indexes can run the server if they exist, with any name.
    let collection = db.collection::<Document>(name);
    let existing = existing_indexes(&collection).await?;
    for wanted in indexes.iter().map(Index::model) {
        if let Some(found) = existing.iter().find(|found| is_equivalent(found, &wanted)) {
            set_delay(db, name, found, &wanted).await?;
        }
    }
    let missing: Vec<IndexModel> = indexes
        .iter()
        .map(Index::model)
        .filter(|index| !existing.iter().any(|found| is_equivalent(found, index)))
        .collect();
    if missing.is_empty() { Ok(()) } else { collection.create_indexes(missing).await.map(drop) }
}

async fn existing_indexes(collection: &Collection<Document>) -> Result<Vec<IndexModel>, Error> {
    const NO_COLLECTION: i32 = 26;
    let mut cursor = match collection.list_indexes().await {
        Err(error) if matches!(error.kind.as_ref(), mongodb::error::ErrorKind::Command(error) if error.code == NO_COLLECTION) =>
        {
            return Ok(Vec::new());
        }
        cursor => cursor?,
    };
    let mut indexes = Vec::new();
    while cursor.advance().await? {
        indexes.push(cursor.deserialize_current()?);
    }
    Ok(indexes)
}

/// Changes the delay of an existing TTL index to the expected one.
async fn set_delay(db: &Database, collection: &str, found: &IndexModel, wanted: &IndexModel) -> Result<(), Error> {
    let delay = |index: &IndexModel| index.options.as_ref().and_then(|options| options.expire_after);
    let name = found.options.as_ref().and_then(|options| options.name.as_deref());
    let (Some(delay), Some(name)) = (delay(wanted).filter(|wanted| delay(found) != Some(*wanted)), name) else {
        return Ok(());
    };
    let seconds = i64::try_from(delay.as_secs()).unwrap_or(i64::MAX);
    let change = doc! { "collMod": collection, "index": { "name": name, "expireAfterSeconds": seconds } };
    match db.run_command(change).await {
        // The sweep removes expired documents in time, regardless of the index's delay.
        Err(error) if is_unauthorized(&error) => {
            tracing::warn!(collection, index = name, "no permission to change the delay of a TTL index");
            Ok(())
        }
        result => result.map(drop),
    }
}

fn is_unauthorized(error: &Error) -> bool {
    const UNAUTHORIZED: i32 = 13;
    matches!(error.kind.as_ref(), mongodb::error::ErrorKind::Command(error) if error.code == UNAUTHORIZED)
}

/// Returns whether an existing index serves the purpose of another. Names are ignored, and so are delays, which can be
/// changed.
fn is_equivalent(found: &IndexModel, wanted: &IndexModel) -> bool {
    let keys = |index: &IndexModel| -> Vec<String> { index.keys.keys().cloned().collect() };
    let rules = |index: &IndexModel| {
        let options = index.options.clone().unwrap_or_default();
        (options.unique.unwrap_or_default(), options.expire_after.is_some(), options.partial_filter_expression)
    };
    // Hashed and text indexes have a string instead of a direction.
    let is_ordered = found.keys.values().all(|direction| direction.as_str().is_none());
    is_ordered && keys(found) == keys(wanted) && rules(found) == rules(wanted)
}

impl Index {
    fn model(&self) -> IndexModel {
        let keys: Document = self.keys.iter().map(|key| ((*key).to_owned(), 1.into())).collect();
        let ours = self.keys.last().map(|last| doc! { *last: { "$exists": true } });
        let options = match self.rule {
            Rule::Plain => IndexOptions::default(),
            Rule::Unique => IndexOptions::builder().unique(true).partial_filter_expression(ours).build(),
            Rule::Lapses(after) => IndexOptions::builder().expire_after(after).build(),
            Rule::LapsesDead(after) => {
                let dead = doc! { "state": "dead" };
                IndexOptions::builder().expire_after(after).partial_filter_expression(dead).build()
            }
        };
        IndexModel::builder().keys(keys).options(options).build()
    }
}
