//! The schema, as numbered forward-only migrations.

use std::path::Path;

use portcullis_core::clock::Timestamp;
use rusqlite::{Connection, params};

use super::{connection, error::OpenError};

/// A schema migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Number, starting at 1.
    pub version: u32,
    pub name: &'static str,
    sql: &'static str,
}

/// All migrations, in order.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "accounts", sql: include_str!("migrations/0001_accounts.sql") },
    Migration { version: 2, name: "limits", sql: include_str!("migrations/0002_limits.sql") },
    Migration { version: 3, name: "password_set_at", sql: include_str!("migrations/0003_password_set_at.sql") },
    Migration { version: 4, name: "audit_by_realm", sql: include_str!("migrations/0004_audit_by_realm.sql") },
    Migration { version: 5, name: "records", sql: include_str!("migrations/0005_records.sql") },
    Migration { version: 6, name: "changes", sql: include_str!("migrations/0006_changes.sql") },
    Migration { version: 7, name: "unknown_outcomes", sql: include_str!("migrations/0007_unknown_outcomes.sql") },
    Migration { version: 8, name: "audit_rows", sql: include_str!("migrations/0008_audit_rows.sql") },
    Migration { version: 9, name: "compromised", sql: include_str!("migrations/0009_compromised.sql") },
    Migration { version: 10, name: "roles", sql: include_str!("migrations/0010_roles.sql") },
    Migration { version: 11, name: "two_step", sql: include_str!("migrations/0011_two_step.sql") },
    Migration { version: 12, name: "session_kind", sql: include_str!("migrations/0012_session_kind.sql") },
    Migration { version: 13, name: "administration", sql: include_str!("migrations/0013_administration.sql") },
    Migration { version: 14, name: "audit_chains", sql: include_str!("migrations/0014_audit_chains.sql") },
    Migration { version: 15, name: "client_sessions", sql: include_str!("migrations/0015_client_sessions.sql") },
    Migration { version: 16, name: "outbox_by_realm", sql: include_str!("migrations/0016_outbox_by_realm.sql") },
    Migration { version: 17, name: "stats", sql: include_str!("migrations/0017_stats.sql") },
    Migration { version: 18, name: "outbox_fault", sql: include_str!("migrations/0018_outbox_fault.sql") },
    Migration { version: 19, name: "outbox_recipient", sql: include_str!("migrations/0019_outbox_recipient.sql") },
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    version    INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

/// Migrates a database, and creates it if it is missing. Returns the applied migrations.
///
/// # Errors
/// Returns [`OpenError`] if the database cannot be migrated. In that case, no migration is applied.
pub fn migrate(path: &Path, now: Timestamp) -> Result<Vec<Migration>, OpenError> {
    let path = connection::create(path)?;
    advance(&path, &connection::writer(&path, connection::PATIENCE)?, now)
}

/// Migrates a database over an open connection.
pub(super) fn advance(path: &Path, db: &Connection, now: Timestamp) -> Result<Vec<Migration>, OpenError> {
    let failed = |source| OpenError::of(path, source);
    // An up-to-date database is only read, so that other processes do not wait.
    if pending(path, db)?.is_empty() {
        return Ok(Vec::new());
    }
    db.execute_batch("BEGIN EXCLUSIVE").map_err(failed)?;
    let applied = pending(path, db).and_then(|steps| apply(db, &steps, now).map(|()| steps).map_err(failed));
    db.execute_batch(if applied.is_ok() { "COMMIT" } else { "ROLLBACK" }).map_err(failed)?;
    for step in applied.iter().flatten() {
        tracing::info!(version = step.version, name = step.name, "database migrated");
    }
    applied
}

/// Returns all migrations, which are pending in a new database.
pub(super) fn all() -> Vec<Migration> {
    MIGRATIONS.to_vec()
}

/// Rejects a database with an older schema, which a running server may be using. A new database is accepted.
pub(super) fn require_current(path: &Path, db: &Connection) -> Result<(), OpenError> {
    match pending(path, db)?.first() {
        Some(step) if step.version > 1 => Err(OpenError::Older { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Returns the pending migrations. Rejects a database of a newer version or of another program.
pub(super) fn pending(path: &Path, db: &Connection) -> Result<Vec<Migration>, OpenError> {
    let failed = |source| OpenError::of(path, source);
    let foreign = || OpenError::Foreign { path: path.to_owned() };
    let Some(taken) = taken(db).map_err(failed)? else {
        // A database with tables but without a migrations table belongs to another program.
        return if has_tables(db).map_err(failed)? { Err(foreign()) } else { Ok(all()) };
    };
    let found = taken.last().map_or(0, |(version, _)| *version);
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    let is_ours =
        MIGRATIONS.iter().zip(&taken).all(|(step, (version, name))| step.version == *version && step.name == name);
    if !is_ours || (taken.is_empty() && has_tables(db).map_err(failed)?) {
        return Err(foreign());
    }
    Ok(MIGRATIONS.iter().filter(|step| step.version > found).copied().collect())
}

/// Returns the applied migrations by version, or `None` if there is no migrations table.
fn taken(db: &Connection) -> rusqlite::Result<Option<Vec<(u32, String)>>> {
    // Queried, because the connection's cached schema may be older than the transaction.
    let begun = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations')";
    if !db.query_row(begun, [], |row| row.get(0))? {
        return Ok(None);
    }
    let columns = "SELECT group_concat(name) FROM pragma_table_info('migrations')";
    let columns: String = db.query_row(columns, [], |row| row.get(0))?;
    if columns != "version,name,applied_at" {
        // The table belongs to another program. No migration has this number.
        return Ok(Some(vec![(0, String::new())]));
    }
    let mut steps = db.prepare("SELECT version, name FROM migrations ORDER BY version")?;
    let steps = steps.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(Some(steps))
}

fn has_tables(db: &Connection) -> rusqlite::Result<bool> {
    let tables = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name <> 'migrations' AND name NOT LIKE 'sqlite%')";
    db.query_row(tables, [], |row| row.get(0))
}

fn apply(db: &Connection, steps: &[Migration], now: Timestamp) -> rusqlite::Result<()> {
    db.execute_batch(TABLE)?;
    for step in steps {
        db.execute_batch(step.sql)?;
        db.execute(
            "INSERT INTO migrations (version, name, applied_at) VALUES (?1, ?2, ?3)",
            params![step.version, step.name, now.millis()],
        )?;
    }
    Ok(())
}

/// Returns the schema version supported by this program.
#[must_use]
pub fn schema_version() -> u32 {
    MIGRATIONS.last().map_or(0, |last| last.version)
}
