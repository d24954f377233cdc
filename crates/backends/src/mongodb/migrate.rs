//! The schema, as numbered forward-only migrations.
//!
//! Several processes may run the same migration at the same time, and one may be killed in between, so migrations are
//! idempotent.

use std::{pin::Pin, time::Duration};

use mongodb::{
    Database,
    bson::{Document, doc},
    error::Error,
};
use portcullis_core::{clock::Timestamp, id::RealmName};

use super::{
    collections::{self, names},
    connect::{Settings, connect},
    error::{OpenError, is_duplicate},
    fields::time,
    indexes::{Index, Rule, create, lapses, plain, unique},
};

/// A schema migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Number, starting at 1.
    pub version: u32,
    pub name: &'static str,
    collections: &'static [(&'static str, &'static [Index])],
}

/// Delay of MongoDB's TTL removal after the sweep, which uses the program's clock. The clocks may differ.
const GRACE: Duration = Duration::from_secs(24 * 3600);
/// How long a lock document is kept after its last use.
const TOUCHED_FOR: Duration = Duration::from_secs(3600);

const MIGRATIONS: &[Migration] = &[
    ACCOUNTS,
    LIMITS,
    AUDIT_BY_REALM,
    RECORDS,
    CHANGES,
    DAY_OF_GRACE,
    AUDIT_ROWS,
    AUDIT_CHAINS,
    OUTBOX_BY_REALM,
    STATS,
];

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

/// Earlier versions removed documents one minute after their expiry.
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

/// All fields of audit rows.
const AUDIT_ROWS: Migration =
    Migration { version: 7, name: "audit_rows", collections: &[(names::AUDIT, &[plain(&["realm", "user_id", "id"])])] };

/// Signed blocks, and an index for each filter of audit trail queries.
const AUDIT_CHAINS: Migration = Migration {
    version: 8,
    name: "audit_chains",
    collections: &[
        (
            names::AUDIT,
            &[
                unique(&["chain", "chain_position"]),
                plain(&["chain_position", "_id"]),
                plain(&["id"]),
                plain(&["realm", "id"]),
                plain(&["user_id", "id"]),
                plain(&["event", "id"]),
                plain(&["actor_id", "id"]),
                plain(&["outcome", "id"]),
                plain(&["request_id", "id"]),
                plain(&["session_id", "id"]),
                plain(&["blind_index", "id"]),
            ],
        ),
        (names::AUDIT_BLOCKS, &[plain(&["_id.chain", "_id.number"]), plain(&["_id.chain", "is_pruned", "_id.number"])]),
    ],
};

/// Pages of a realm's outbox, newest first.
const OUTBOX_BY_REALM: Migration = Migration {
    version: 9,
    name: "outbox_by_realm",
    collections: &[(names::OUTBOX, &[plain(&["realm", "state", "created_at", "_id"])])],
};

const STATS: Migration = Migration {
    version: 10,
    name: "stats",
    collections: &[(names::STATS, &[plain(&["_id.realm", "_id.day", "_id.name"])])],
};

/// Indexes of each realm's collection.
const USERS: &[Index] =
    &[unique(&["blind_index"]), plain(&["created_at", "_id"]), plain(&["seen_on"]), plain(&["two_step"])];

/// Migrates a database. Returns the applied migrations.
///
/// The future is boxed for the same reason as in [`super::MongoStore::open`].
///
/// # Errors
/// Returns [`OpenError`] if the database cannot be used.
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

/// Returns the migrations that the next start applies, without changing anything.
///
/// # Errors
/// Returns [`OpenError`] if the database cannot be used.
#[must_use]
pub fn plan(
    settings: &Settings,
    now: Timestamp,
) -> Pin<Box<dyn Future<Output = Result<Vec<Migration>, OpenError>> + Send + '_>> {
    Box::pin(async move {
        let (_, db) = connect(settings, now).await?;
        Ok(pending(&db, &settings.realms).await?.copied().collect())
    })
}

/// Returns the pending migrations. Rejects a database of a newer version or of another program.
async fn pending(
    db: &Database,
    realms: &[RealmName],
) -> Result<impl Iterator<Item = &'static Migration> + use<>, OpenError> {
    let failed = |source: Error| OpenError::Mongo { database: db.name().to_owned(), source: source.into() };
    let found = version(db).await.map_err(failed)?;
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    if found > known {
        return Err(OpenError::Newer { database: db.name().to_owned(), found, known });
    }
    for realm in realms {
        refuse_foreign(db, realm).await?;
    }
    Ok(MIGRATIONS.iter().filter(move |step| step.version > found))
}

/// Migrates a database over an open connection.
pub(super) async fn advance(db: &Database, realms: &[RealmName], now: Timestamp) -> Result<Vec<Migration>, OpenError> {
    let failed = |source: Error| OpenError::Mongo { database: db.name().to_owned(), source: source.into() };
    let mut taken = Vec::new();
    for step in pending(db, realms).await? {
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

/// Creates the schema of a new database. An existing one, which running servers may use, must already have the schema
/// of this program.
pub(super) async fn create_if_new(db: &Database, realms: &[RealmName], now: Timestamp) -> Result<(), OpenError> {
    let failed = |source: Error| OpenError::Mongo { database: db.name().to_owned(), source: source.into() };
    let (database, known) = (db.name().to_owned(), schema_version());
    match version(db).await.map_err(failed)? {
        0 => advance(db, realms, now).await.map(drop),
        found if found < known => Err(OpenError::Older { database }),
        found if found > known => Err(OpenError::Newer { database, found, known }),
        _ => Ok(()),
    }
}

async fn version(db: &Database) -> Result<u32, Error> {
    let newest = db.collection::<Document>("migrations").find_one(doc! {}).sort(doc! { "_id": -1 }).await?;
    Ok(newest.and_then(|step| u32::try_from(step.get_i32("_id").ok()?).ok()).unwrap_or(0))
}

/// Rejects a collection with documents of the original service. Their keys are ObjectIds, which this program never
/// uses there.
async fn refuse_foreign(db: &Database, realm: &RealmName) -> Result<(), OpenError> {
    let theirs = doc! { "_id": { "$type": "objectId" } };
    let (database, collection) = (db.name().to_owned(), realm.as_str().to_owned());
    match db.collection::<Document>(realm.as_str()).find_one(theirs).projection(doc! { "_id": 1 }).await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(OpenError::Foreign { database, collection }),
        Err(source) => Err(OpenError::Mongo { database, source: source.into() }),
    }
}

/// Applies a migration. Returns whether this process was the first to finish it.
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
    if step.version == AUDIT_ROWS.version {
        collections::carry_over_audit(db).await?;
    }
    let record = doc! { "_id": step.version, "name": step.name, "applied_at": time(now) };
    match db.collection::<Document>("migrations").insert_one(record).await {
        Err(error) if is_duplicate(&error) => Ok(false),
        result => result.map(|_| true),
    }
}

/// Returns the schema version supported by this program.
#[must_use]
pub fn schema_version() -> u32 {
    MIGRATIONS.last().map_or(0, |last| last.version)
}
