//! The schema, in numbered steps that only go forward.
//!
//! Several processes may take the same step at the same time, and one may die in the middle of it: taking a step twice has
//! the same result as taking it once.

use std::{pin::Pin, time::Duration};

use mongodb::{
    Collection, Database, IndexModel,
    bson::{Document, doc},
    error::Error,
    options::IndexOptions,
};
use portcullis_core::{clock::Timestamp, id::RealmName};

use super::{
    collections::{self, names},
    connect::{Settings, connect},
    error::{OpenError, is_duplicate},
    fields::time,
};

/// One step of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Number, from 1.
    pub version: u32,
    /// Short name.
    pub name: &'static str,
    collections: &'static [(&'static str, &'static [Index])],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Index {
    keys: &'static [&'static str],
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// For searching only.
    Plain,
    /// Unique among the documents that have the last of the keys.
    Unique,
    /// MongoDB removes a document this long after the time in the field.
    Lapses(Duration),
    /// MongoDB removes a dead message this long after the time in the field.
    LapsesDead(Duration),
}

/// Delay of MongoDB's own removal behind that of the sweep, which goes by the clock of the program. The clocks may differ.
const GRACE: Duration = Duration::from_secs(24 * 3600);
/// How long a lock document is kept after its last use.
const TOUCHED_FOR: Duration = Duration::from_secs(3600);

const MIGRATIONS: &[Migration] = &[ACCOUNTS, LIMITS, AUDIT_BY_REALM, RECORDS, CHANGES, DAY_OF_GRACE];

const ACCOUNTS: Migration = Migration {
    version: 1,
    name: "accounts",
    collections: &[
        (names::AUDIT, &[]),
        (names::ROOT_KEYS, &[]),
        (names::SIGNING_KEYS, &[]),
        (names::COUNTERS, &[]),
        (names::LOCKS, &[lapses(&["touched_at"], TOUCHED_FOR)]),
        (names::CHALLENGES, &[plain(&["_id.realm", "subject"]), lapses(&["expires_at"], GRACE)]),
        (names::REGISTRATIONS, &[unique(&["_id.realm", "blind_index"]), lapses(&["expires_at"], GRACE)]),
        (names::REVOCATIONS, &[lapses(&["expires_at"], GRACE)]),
        (
            names::SESSIONS,
            &[plain(&["_id.realm", "user_id"]), lapses(&["expires_at"], GRACE), lapses(&["idle_until"], GRACE)],
        ),
        (
            names::OUTBOX,
            &[
                plain(&["state", "channel", "due_at", "came"]),
                plain(&["state", "created_at"]),
                Index { keys: &["created_at"], rule: Rule::LapsesDead(names::DEAD_FOR) },
            ],
        ),
    ],
};

const LIMITS: Migration = Migration {
    version: 2,
    name: "limits",
    collections: &[
        (names::QUOTAS, &[lapses(&["expires_at"], GRACE)]),
        (names::FAILURES, &[lapses(&["expires_at"], GRACE)]),
    ],
};

const AUDIT_BY_REALM: Migration =
    Migration { version: 3, name: "audit_by_realm", collections: &[(names::AUDIT, &[plain(&["realm", "at", "_id"])])] };

const RECORDS: Migration = Migration {
    version: 4,
    name: "records",
    collections: &[(
        names::RECORDS,
        &[plain(&["_id.realm", "_id.kind", "_id.key"]), plain(&["_id.realm", "owner"]), lapses(&["expires_at"], GRACE)],
    )],
};

const CHANGES: Migration = Migration {
    version: 5,
    name: "changes",
    collections: &[(names::CHANGES, &[plain(&["position", "_id"]), lapses(&["expires_at"], GRACE)])],
};

/// Earlier versions removed documents a minute after their end.
const DAY_OF_GRACE: Migration = Migration {
    version: 6,
    name: "day_of_grace",
    collections: &[
        (names::CHALLENGES, &[lapses(&["expires_at"], GRACE)]),
        (names::REGISTRATIONS, &[lapses(&["expires_at"], GRACE)]),
        (names::REVOCATIONS, &[lapses(&["expires_at"], GRACE)]),
        (names::SESSIONS, &[lapses(&["expires_at"], GRACE), lapses(&["idle_until"], GRACE)]),
        (names::QUOTAS, &[lapses(&["expires_at"], GRACE)]),
        (names::FAILURES, &[lapses(&["expires_at"], GRACE)]),
        (names::RECORDS, &[lapses(&["expires_at"], GRACE)]),
        (names::CHANGES, &[lapses(&["expires_at"], GRACE)]),
    ],
};

/// Indexes of each realm's collection.
const USERS: &[Index] = &[unique(&["blind_index"])];

const fn plain(keys: &'static [&'static str]) -> Index {
    Index { keys, rule: Rule::Plain }
}

const fn unique(keys: &'static [&'static str]) -> Index {
    Index { keys, rule: Rule::Unique }
}

const fn lapses(keys: &'static [&'static str], after: Duration) -> Index {
    Index { keys, rule: Rule::Lapses(after) }
}

/// Migrates a database. Returns the steps that were taken.
///
/// The future is boxed for the same reason as that of [`super::MongoStore::open`].
///
/// # Errors
/// [`OpenError`].
#[must_use]
pub fn migrate(
    settings: &Settings,
    now: Timestamp,
) -> Pin<Box<dyn Future<Output = Result<Vec<Migration>, OpenError>> + Send + '_>> {
    Box::pin(async move {
        let (_, db) = connect(settings, now).await?;
        advance(&db, &settings.realms, now).await
    })
}

/// Migrates a database over an open connection.
pub(super) async fn advance(db: &Database, realms: &[RealmName], now: Timestamp) -> Result<Vec<Migration>, OpenError> {
    let failed = |source: Error| OpenError::Mongo { database: db.name().to_owned(), source: source.into() };
    let found = version(db).await.map_err(failed)?;
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    if found > known {
        return Err(OpenError::Newer { database: db.name().to_owned(), found, known });
    }
    for realm in realms {
        refuse_foreign(db, realm).await?;
    }
    let mut taken = Vec::new();
    for step in MIGRATIONS.iter().filter(|step| step.version > found) {
        if take(db, step, now).await.map_err(failed)? {
            tracing::info!(version = step.version, name = step.name, "database migrated");
            taken.push(*step);
        }
    }
    for realm in realms {
        create(db, realm.as_str(), USERS).await.map_err(failed)?;
    }
    Ok(taken)
}

async fn version(db: &Database) -> Result<u32, Error> {
    let newest = db.collection::<Document>("migrations").find_one(doc! {}).sort(doc! { "_id": -1 }).await?;
    Ok(newest.and_then(|step| u32::try_from(step.get_i32("_id").ok()?).ok()).unwrap_or(0))
}

/// Refuses documents of the origin. Their keys are generated by MongoDB, which this program's never are.
async fn refuse_foreign(db: &Database, realm: &RealmName) -> Result<(), OpenError> {
    let theirs = doc! { "_id": { "$type": "objectId" } };
    let (database, collection) = (db.name().to_owned(), realm.as_str().to_owned());
    match db.collection::<Document>(realm.as_str()).find_one(theirs).projection(doc! { "_id": 1 }).await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(OpenError::Foreign { database, collection }),
        Err(source) => Err(OpenError::Mongo { database, source: source.into() }),
    }
}

/// Takes the step. Returns whether this process was the first to finish it.
async fn take(db: &Database, step: &Migration, now: Timestamp) -> Result<bool, Error> {
    for (collection, indexes) in step.collections {
        create(db, collection, indexes).await?;
    }
    let counters = db.collection::<Document>(names::COUNTERS);
    let start = doc! { "$setOnInsert": { "given": 0_i64 } };
    match counters.update_one(doc! { "_id": names::REVOCATIONS }, start).upsert(true).await {
        Err(error) if !is_duplicate(&error) => return Err(error),
        _ => {}
    }
    if step.version == CHANGES.version {
        collections::copy_revocations(db).await?;
    }
    let record = doc! { "_id": step.version, "name": step.name, "applied_at": time(now) };
    match db.collection::<Document>("migrations").insert_one(record).await {
        Err(error) if is_duplicate(&error) => Ok(false),
        result => result.map(|_| true),
    }
}

/// Creates a collection and its indexes, if they are missing.
async fn create(db: &Database, name: &str, indexes: &[Index]) -> Result<(), Error> {
    const EXISTS: i32 = 48;
    if indexes.is_empty() {
        return match db.create_collection(name).await {
            Err(error) if matches!(error.kind.as_ref(), mongodb::error::ErrorKind::Command(error) if error.code == EXISTS) => {
                Ok(())
            }
            result => result,
        };
    }
    // A user who may not create indexes can serve where they exist, under whatever name.
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

/// Gives an index that removes documents the delay of the wanted one.
async fn set_delay(db: &Database, collection: &str, found: &IndexModel, wanted: &IndexModel) -> Result<(), Error> {
    let delay = |index: &IndexModel| index.options.as_ref().and_then(|options| options.expire_after);
    let name = found.options.as_ref().and_then(|options| options.name.as_deref());
    let (Some(delay), Some(name)) = (delay(wanted).filter(|wanted| delay(found) != Some(*wanted)), name) else {
        return Ok(());
    };
    let seconds = i64::try_from(delay.as_secs()).unwrap_or(i64::MAX);
    db.run_command(doc! { "collMod": collection, "index": { "name": name, "expireAfterSeconds": seconds } })
        .await
        .map(drop)
}

/// Whether an index does what another is wanted for. Neither its name matters, nor its delay, which can be changed.
fn is_equivalent(found: &IndexModel, wanted: &IndexModel) -> bool {
    let keys = |index: &IndexModel| -> Vec<String> { index.keys.keys().cloned().collect() };
    let rules = |index: &IndexModel| {
        let options = index.options.clone().unwrap_or_default();
        (options.unique.unwrap_or_default(), options.expire_after.is_some(), options.partial_filter_expression)
    };
    // Hashed and text indexes have a word in place of the direction.
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
