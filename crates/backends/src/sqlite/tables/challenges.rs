//! Challenges behind links and codes.

use std::time::Duration;

use portcullis_core::{
    clock::Timestamp,
    id::{ChallengeId, RealmName, UserId},
    link::{Challenge, Purpose},
    port::Precondition,
};
use rusqlite::{Connection, Row, params};

use super::{find, write};
use crate::sqlite::{
    error::{OpError, require},
    row::Columns,
};

pub(super) const STATEMENTS: &[&str] = &[SPEND, TRY, DROP, EXPIRE, SWEEP, BY_ID];

const INSERT: &str = "INSERT INTO challenges (realm, id, purpose, subject, lifetime, expires_at, used_at, tries)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
const SPEND: &str = "UPDATE challenges SET used_at = ?3
    WHERE realm = ?1 AND id = ?2 AND used_at IS NULL AND expires_at > ?3";
const TRY: &str = "UPDATE challenges SET tries = tries + 1
    WHERE realm = ?1 AND id = ?2 AND used_at IS NULL AND expires_at > ?3 AND tries < ?4";
const DROP: &str = "DELETE FROM challenges WHERE realm = ?1 AND subject = ?2 AND (?3 IS NULL OR purpose = ?3)";
const EXPIRE: &str = "UPDATE challenges SET expires_at = ?3 WHERE realm = ?1 AND id = ?2 AND used_at IS NULL";
const SWEEP: &str = "DELETE FROM challenges WHERE (realm, id) IN
    (SELECT realm, id FROM challenges WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
const BY_ID: &str = "SELECT realm, id, purpose, subject, lifetime, expires_at, used_at, tries
    FROM challenges WHERE realm = ?1 AND id = ?2";

pub(super) fn insert(db: &Connection, challenge: &Challenge) -> Result<(), OpError> {
    let params = params![
        challenge.realm.as_str(),
        challenge.id.0,
        challenge.purpose.as_str(),
        challenge.subject.as_str(),
        i64::try_from(challenge.lifetime.as_millis()).unwrap_or(i64::MAX),
        challenge.expires_at.millis(),
        challenge.used_at.map(|at| at.millis()),
        challenge.tries,
    ];
    require(write(db, INSERT, params)? == 1, Precondition::ChallengeFresh)
}

pub(super) fn spend(db: &Connection, realm: &RealmName, id: ChallengeId, now: Timestamp) -> Result<(), OpError> {
    let spent = write(db, SPEND, params![realm.as_str(), id.0, now.millis()])?;
    require(spent == 1, Precondition::ChallengeFresh)
}

pub(super) fn attempt(
    db: &Connection,
    realm: &RealmName,
    id: ChallengeId,
    now: Timestamp,
    limit: u32,
) -> Result<(), OpError> {
    let tried = write(db, TRY, params![realm.as_str(), id.0, now.millis(), limit])?;
    require(tried == 1, Precondition::ChallengeFresh)
}

pub(super) fn drop_all(
    db: &Connection,
    realm: &RealmName,
    subject: &UserId,
    purpose: Option<Purpose>,
) -> Result<(), OpError> {
    write(db, DROP, params![realm.as_str(), subject.as_str(), purpose.map(Purpose::as_str)])?;
    Ok(())
}

pub(super) fn expire(db: &Connection, realm: &RealmName, id: ChallengeId, at: Timestamp) -> Result<(), OpError> {
    write(db, EXPIRE, params![realm.as_str(), id.0, at.millis()])?;
    Ok(())
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP, now)
}

pub(in crate::sqlite) fn by_id(
    db: &Connection,
    realm: &RealmName,
    id: ChallengeId,
) -> rusqlite::Result<Option<Challenge>> {
    find(db, BY_ID, params![realm.as_str(), id.0], read)
}

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
    })
}
