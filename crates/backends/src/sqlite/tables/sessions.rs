//! Sessions.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    oauth::{ClientId, Scopes},
    port::{Precondition, SessionOp, Sessions, StoreError},
    session::{
        Change, Family, Impersonator, Revocation, Session, SessionGrant, SessionKind, SessionUse, TokenHash, surplus,
    },
};
use rusqlite::{Connection, Row, params};

use super::{changes, find, list, write};
use crate::sqlite::{
    SqliteStore,
    error::{OpError, require},
    row::Columns,
    table::{Table, borrowed, owned},
};

const TABLE: Table<Session> = Table {
    name: "sessions",
    columns: &[
        ("realm", |session| borrowed(session.realm.as_str())),
        ("id", |session| borrowed(session.id.as_str())),
        ("user_id", |session| borrowed(session.user.as_str())),
        ("kind", |session| borrowed(session.kind.as_str())),
        ("auth_time", |session| owned(session.auth_time.millis())),
        ("amr", |session| owned(methods(session))),
        ("client", |session| borrowed(session.client.as_bytes())),
        ("impersonator", |session| owned(session.impersonator.as_ref().map(Impersonator::to_text))),
        ("created_at", |session| owned(session.created_at.millis())),
        ("expires_at", |session| owned(session.expires_at.millis())),
        ("refresh", |session| borrowed(session.family.current.0.as_slice())),
        ("previous", |session| borrowed(session.family.previous.as_ref().map(|hash| hash.0.as_slice()))),
        ("rotated_at", |session| owned(session.family.rotated_at.millis())),
        ("idle_until", |session| owned(session.family.idle_until.millis())),
        ("client_id", |session| borrowed(session.grant.as_ref().map(|grant| grant.client.as_str()))),
        ("parent", |session| borrowed(session.grant.as_ref().map(|grant| grant.parent.as_str()))),
        ("scope", |session| owned(session.grant.as_ref().map(|grant| grant.scopes.to_text()))),
    ],
};

fn methods(session: &Session) -> String {
    serde_json::Value::from_iter(session.amr.iter().map(|amr| amr.as_str())).to_string()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Session> {
    let mut columns = Columns::of(row);
    Ok(Session {
        realm: columns.realm()?,
        id: columns.word(SessionId::parse)?,
        user: columns.word(UserId::parse)?,
        kind: columns.word(SessionKind::parse)?,
        auth_time: columns.time()?,
        amr: columns.word(|words| serde_json::from_str(words).ok())?,
        client: columns.sealed()?,
        impersonator: columns.word_if_any(Impersonator::parse)?,
        created_at: columns.time()?,
        expires_at: columns.time()?,
        family: Family {
            current: columns.value().map(TokenHash)?,
            previous: columns.value::<Option<[u8; 32]>>()?.map(TokenHash),
            rotated_at: columns.time()?,
            idle_until: columns.time()?,
        },
        grant: read_grant(&mut columns)?,
    })
}

fn read_grant(columns: &mut Columns<'_>) -> rusqlite::Result<Option<SessionGrant>> {
    let client = columns.word_if_any(ClientId::parse)?;
    let parent = columns.word_if_any(SessionId::parse)?;
    let scopes = columns.word_if_any(Scopes::parse)?;
    let all = client.zip(parent).zip(scopes);
    Ok(all.map(|((client, parent), scopes)| SessionGrant { client, parent, scopes }))
}

static INSERT: LazyLock<String> = LazyLock::new(|| TABLE.insert("ON CONFLICT DO NOTHING"));
const DELETE: &str = "DELETE FROM sessions WHERE realm = ?1 AND id = ?2";
const DELETE_ALL: &str = "DELETE FROM sessions WHERE realm = ?1 AND user_id = ?2 AND id IS NOT ?3 RETURNING id";
const USES: &str = "SELECT id, previous IS NOT NULL, rotated_at FROM sessions
    WHERE realm = ?1 AND user_id = ?2 AND kind = ?4 AND client_id IS ?5 AND expires_at > ?3 AND idle_until > ?3";
const ROTATE: &str = "UPDATE sessions SET refresh = ?4, previous = ?3, rotated_at = ?5, idle_until = ?6
    WHERE realm = ?1 AND id = ?2 AND refresh = ?3";
const AUTHENTICATE: &str = "UPDATE sessions SET auth_time = ?3, amr = ?4 WHERE realm = ?1 AND id = ?2";
const SWEEP: &str = "DELETE FROM sessions WHERE (realm, id) IN
    (SELECT realm, id FROM sessions WHERE expires_at <= ?1 OR idle_until <= ?1 LIMIT ?2)";
static BY_ID: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND id = ?2"));
static BY_USER: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND user_id = ?2"));
static FEW_BY_USER: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND user_id = ?2 LIMIT ?3"));

pub(super) fn statements() -> Vec<&'static str> {
    vec![DELETE, DELETE_ALL, USES, ROTATE, AUTHENTICATE, SWEEP, &BY_ID, &BY_USER, &FEW_BY_USER]
}

#[async_trait]
impl Sessions for SqliteStore {
    async fn session(&self, realm: &RealmName, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let (realm, id) = (realm.clone(), id.clone());
        let query = move |db: &Connection| find(db, &BY_ID, params![realm.as_str(), id.as_str()], read);
        self.readers.read("session", query).await
    }

    async fn sessions_of(&self, realm: &RealmName, user: &UserId) -> Result<Vec<Session>, StoreError> {
        let (realm, user) = (realm.clone(), user.clone());
        let query = move |db: &Connection| list(db, &BY_USER, params![realm.as_str(), user.as_str()], read);
        self.readers.read("sessions_of", query).await
    }

    async fn few_sessions_of(&self, realm: &RealmName, user: &UserId, most: usize) -> Result<Vec<Session>, StoreError> {
        let (realm, user, most) = (realm.clone(), user.clone(), i64::try_from(most).unwrap_or(i64::MAX));
        let query = move |db: &Connection| list(db, &FEW_BY_USER, params![realm.as_str(), user.as_str(), most], read);
        self.readers.read("few_sessions_of", query).await
    }
}

pub(super) fn apply(db: &Connection, op: &SessionOp) -> Result<(), OpError> {
    match op {
        SessionOp::Insert(session) => {
            require(write(db, &INSERT, TABLE.bind(session))? == 1, Precondition::SessionThere)
        }
        SessionOp::End(ended) => {
            let deleted = write(db, DELETE, params![ended.realm.as_str(), ended.session.as_str()])?;
            require(deleted == 1, Precondition::SessionThere)
        }
        SessionOp::EndAll { realm, user, except, expires_at } => {
            let params = params![realm.as_str(), user.as_str(), except.as_ref().map(SessionId::as_str)];
            let ended = list(db, DELETE_ALL, params, |row| Columns::of(row).word(SessionId::parse))?;
            Ok(log_ends(db, realm, ended, *expires_at)?)
        }
        SessionOp::EndSurplus { realm, user, kind, client, newest, most, now, expires_at } => {
            let client = client.as_ref().map(ClientId::as_str);
            let params = params![realm.as_str(), user.as_str(), now.millis(), kind.as_str(), client];
            let live = list(db, USES, params, read_use)?;
            let ended = surplus(live, newest, *most);
            for session in &ended {
                write(db, DELETE, params![realm.as_str(), session.as_str()])?;
            }
            Ok(log_ends(db, realm, ended, *expires_at)?)
        }
        SessionOp::Authenticate(session) => {
            let (realm, id, at) = (session.realm.as_str(), session.id.as_str(), session.auth_time.millis());
            let params = params![realm, id, at, methods(session)];
            require(write(db, AUTHENTICATE, params)? == 1, Precondition::SessionThere)
        }
        SessionOp::Rotate { realm, id, from, to, at, idle_until } => {
            let params = params![realm.as_str(), id.as_str(), from.0, to.0, at.millis(), idle_until.millis()];
            require(write(db, ROTATE, params)? == 1, Precondition::RefreshNewest)
        }
    }
}

fn read_use(row: &Row<'_>) -> rusqlite::Result<SessionUse> {
    let mut columns = Columns::of(row);
    Ok(SessionUse {
        id: columns.word(SessionId::parse)?,
        is_refreshed: columns.value()?,
        last_used_at: columns.time()?,
    })
}

fn log_ends(db: &Connection, realm: &RealmName, ended: Vec<SessionId>, expires_at: Timestamp) -> rusqlite::Result<()> {
    ended.into_iter().try_for_each(|session| {
        changes::append(db, &Change::SessionEnded(Revocation { realm: realm.clone(), session, expires_at }))
    })
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP, now)
}
