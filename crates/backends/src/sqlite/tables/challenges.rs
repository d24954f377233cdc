//! Challenges behind links and codes.

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    id::{ChallengeId, RealmName, UserId},
    link::{Challenge, Purpose},
    port::{ChallengeOp, Challenges, Precondition, StoreError},
};
use rusqlite::{Connection, Row, params};

use super::{find, write};
use crate::sqlite::{
    SqliteStore,
    error::{OpError, require},
    row::Columns,
    table::{Table, borrowed, owned},
};

const TABLE: Table<Challenge> = Table {
    name: "challenges",
    columns: &[
        ("realm", |row| borrowed(row.realm.as_str())),
        ("id", |row| borrowed(row.id.0.as_slice())),
        ("purpose", |row| borrowed(row.purpose.as_str())),
        ("subject", |row| borrowed(row.subject.as_str())),
        ("lifetime", |row| owned(i64::try_from(row.lifetime.as_millis()).unwrap_or(i64::MAX))),
        ("expires_at", |row| owned(row.expires_at.millis())),
        ("used_at", |row| owned(row.used_at.map(|at| at.millis()))),
        ("tries", |row| owned(row.tries)),
        ("note", |row| owned(row.note.as_ref().map(|note| note.as_bytes().to_vec()))),
    ],
};

fn read(row: &Row<'_>) -> rusqlite::Result<Challenge> {
    let mut columns = Columns::of(row);
    Ok(Challenge {
        realm: columns.realm()?,
        id: columns.challenge()?,
        purpose: columns.word(Purpose::parse)?,
        subject: columns.word(UserId::parse)?,
        lifetime: Duration::from_millis(columns.count()?),
        expires_at: columns.time()?,
        used_at: columns.time_if_any()?,
        tries: columns.value()?,
        note: columns.sealed_if_any()?,
    })
}

static INSERT: LazyLock<String> = LazyLock::new(|| TABLE.insert("ON CONFLICT DO NOTHING"));
const SPEND: &str = "UPDATE challenges SET used_at = ?3
    WHERE realm = ?1 AND id = ?2 AND used_at IS NULL AND expires_at > ?3";
const TRY: &str = "UPDATE challenges SET tries = tries + 1
    WHERE realm = ?1 AND id = ?2 AND used_at IS NULL AND expires_at > ?3 AND tries < ?4";
const ANNOTATE: &str = "UPDATE challenges SET note = ?4
    WHERE realm = ?1 AND id = ?2 AND used_at IS NULL AND expires_at > ?3";
const DROP: &str = "DELETE FROM challenges WHERE realm = ?1 AND subject = ?2 AND (?3 IS NULL OR purpose = ?3)";
const EXPIRE: &str = "UPDATE challenges SET expires_at = ?3 WHERE realm = ?1 AND id = ?2 AND used_at IS NULL";
const SWEEP: &str = "DELETE FROM challenges WHERE (realm, id) IN
    (SELECT realm, id FROM challenges WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
static BY_ID: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND id = ?2"));

pub(super) fn statements() -> Vec<&'static str> {
    vec![SPEND, TRY, ANNOTATE, DROP, EXPIRE, SWEEP, &BY_ID]
}

#[async_trait]
impl Challenges for SqliteStore {
    async fn challenge(&self, realm: &RealmName, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        let realm = realm.clone();
        let query = move |db: &Connection| find(db, &BY_ID, params![realm.as_str(), id.0], read);
        self.readers.read("challenge", query).await
    }
}

pub(super) fn apply(db: &Connection, op: &ChallengeOp) -> Result<(), OpError> {
    match op {
        ChallengeOp::Insert(row) => require(write(db, &INSERT, TABLE.bind(row))? == 1, Precondition::ChallengeFresh),
        ChallengeOp::Spend { realm, id, now } => {
            let spent = write(db, SPEND, params![realm.as_str(), id.0, now.millis()])?;
            require(spent == 1, Precondition::ChallengeFresh)
        }
        ChallengeOp::Try { realm, id, now, limit } => {
            let tried = write(db, TRY, params![realm.as_str(), id.0, now.millis(), limit])?;
            require(tried == 1, Precondition::ChallengeFresh)
        }
        ChallengeOp::Annotate { realm, id, note, now } => {
            let annotated = write(db, ANNOTATE, params![realm.as_str(), id.0, now.millis(), note.as_bytes()])?;
            require(annotated == 1, Precondition::ChallengeFresh)
        }
        ChallengeOp::Drop { realm, subject, purpose } => {
            write(db, DROP, params![realm.as_str(), subject.as_str(), purpose.map(Purpose::as_str)])?;
            Ok(())
        }
        ChallengeOp::Expire { realm, id, at } => {
            write(db, EXPIRE, params![realm.as_str(), id.0, at.millis()])?;
            Ok(())
        }
    }
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP, now)
}
