//! Statistics: counters of a day and realm.

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    id::RealmName,
    port::{StatOp, Stats, StoreError},
    stats::{Stat, UserCounts},
};
use rusqlite::{Connection, Row, params};

use super::{list, write};
use crate::sqlite::{
    SqliteStore,
    error::OpError,
    row::{Columns, number},
};

const ADD: &str = "INSERT INTO stats (realm, day, name, value) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (realm, day, name) DO UPDATE SET value = value + excluded.value";
const SET: &str = "INSERT INTO stats (realm, day, name, value) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (realm, day, name) DO UPDATE SET value = excluded.value";
const LIST: &str = "SELECT realm, day, name, value FROM stats
    WHERE realm = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY realm, day, name";
const COUNT: &str = "SELECT (SELECT count(*) FROM users WHERE realm = ?1),
    (SELECT count(*) FROM users WHERE realm = ?1 AND two_step = 1),
    (SELECT count(*) FROM users WHERE realm = ?1 AND seen_on >= ?2),
    (SELECT count(*) FROM users WHERE realm = ?1 AND seen_on >= ?3)";

pub(super) fn statements() -> Vec<&'static str> {
    vec![LIST, COUNT]
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stat> {
    let mut columns = Columns::of(row);
    Ok(Stat { realm: columns.realm()?, day: columns.time()?, name: columns.value()?, value: columns.count()? })
}

fn read_counts(row: &Row<'_>) -> rusqlite::Result<UserCounts> {
    let mut columns = Columns::of(row);
    Ok(UserCounts {
        users: columns.count()?,
        two_step: columns.count()?,
        active: columns.count()?,
        active_30d: columns.count()?,
    })
}

#[async_trait]
impl Stats for SqliteStore {
    async fn stats(&self, realm: &RealmName, from: Timestamp, to: Timestamp) -> Result<Vec<Stat>, StoreError> {
        let realm = realm.clone();
        let query = move |db: &Connection| list(db, LIST, params![realm.as_str(), from.millis(), to.millis()], read);
        self.readers.read("stats", query).await
    }

    async fn user_counts(
        &self,
        realm: &RealmName,
        day: Timestamp,
        earlier: Timestamp,
    ) -> Result<UserCounts, StoreError> {
        let realm = realm.clone();
        let query = move |db: &Connection| {
            let params = params![realm.as_str(), day.millis(), earlier.millis()];
            db.prepare_cached(COUNT)?.query_row(params, read_counts)
        };
        self.readers.read("user_counts", query).await
    }
}

pub(super) fn apply(db: &Connection, op: &StatOp) -> Result<(), OpError> {
    let (sql, stat) = match op {
        StatOp::Add(stat) => (ADD, stat),
        StatOp::Set(stat) => (SET, stat),
    };
    write(db, sql, params![stat.realm.as_str(), stat.day.millis(), stat.name, number(stat.value)])?;
    Ok(())
}
