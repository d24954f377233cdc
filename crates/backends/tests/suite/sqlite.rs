//! Tests of the SQLite store.

mod faults;

use std::{
    fs,
    ops::Deref,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use portcullis_backends::sqlite::{LockError, OpenError, ServeLock, SqliteStore, migrate, statements};
use portcullis_core::{
    batch,
    message::Channel,
    port::{CommitError, Outbox, OutboxOp, SessionOp, Sessions, Store, StoreError, UserOp},
    session::LogPosition,
    suite::{
        Revocations, join_all,
        rows::{NOW, audit, here, lease, message, revocation, session, session_id, user},
    },
};
use rusqlite::Connection;
use tempfile::TempDir;

/// A store with its own folder, which is removed on drop.
struct Fresh {
    store: SqliteStore,
    folder: TempDir,
}

impl Deref for Fresh {
    type Target = SqliteStore;

    fn deref(&self) -> &SqliteStore {
        &self.store
    }
}

impl Fresh {
    fn path(&self) -> PathBuf {
        path(&self.folder)
    }
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("portcullis.db")
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, NOW).expect("the database should open")
}

async fn make() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    Fresh { store: open(&path(&folder)), folder }
}

portcullis_core::store_suite!(make);

/// Copies the file and its log, as they would be found after a crash at this moment.
fn crashed(path: &Path, to: &TempDir) -> PathBuf {
    for end in ["", "-wal"] {
        let name = format!("portcullis.db{end}");
        fs::copy(path.with_file_name(&name), to.path().join(&name)).unwrap();
    }
    to.path().join("portcullis.db")
}

#[tokio::test]
async fn acknowledged_writes_survive_a_crash() {
    let made = make().await;
    let names: Vec<_> = (0..40).map(|n| format!("session-{n}")).collect();
    let commits = names.iter().map(|name| made.store.commit(batch![SessionOp::Insert(session(&here(), name))]));
    assert!(join_all(commits).await.iter().all(Result::is_ok));
    made.commit(batch![SessionOp::End(revocation(&here(), &names[0])), OutboxOp::Enqueue(message("one"))])
        .await
        .unwrap();
    made.claim(Channel::Mail, 1, &lease("first", NOW)).await.unwrap();

    let elsewhere = tempfile::tempdir().unwrap();
    let found = open(&crashed(&made.path(), &elsewhere));
    assert_eq!(found.session(&here(), &session_id(&names[0])).await.unwrap(), None);
    for name in &names[1..] {
        assert!(found.session(&here(), &session_id(name)).await.unwrap().is_some());
    }
    assert_eq!(found.revocations_after(LogPosition(0)).await.unwrap().0, [revocation(&here(), &names[0])]);
    assert_eq!(found.claim(Channel::Mail, 1, &lease("second", NOW)).await.unwrap(), []);
}

#[tokio::test]
async fn a_closed_store_leaves_a_single_complete_file() {
    let Fresh { store, folder } = make().await;
    store.commit(batch![SessionOp::Insert(session(&here(), "one"))]).await.unwrap();
    drop(store);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["portcullis.db"]);
    assert!(open(&path(&folder)).session(&here(), &session_id("one")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_batch_is_committed_even_if_its_caller_is_cancelled() {
    let Fresh { store, folder } = make().await;
    tokio::select! {
        biased;
        _ = store.commit(batch![SessionOp::Insert(session(&here(), "one"))]) => {}
        () = std::future::ready(()) => {}
    }
    drop(store);
    assert!(open(&path(&folder)).session(&here(), &session_id("one")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_panic_in_one_batch_does_not_affect_the_others() {
    let made = make().await;
    let twice = || batch![SessionOp::Insert(session(&here(), "bad")), OutboxOp::Enqueue(message("one"))];
    made.commit(batch![OutboxOp::Enqueue(message("one"))]).await.unwrap();
    let good = |name| made.store.commit(batch![SessionOp::Insert(session(&here(), name))]);
    let results = join_all([good("a"), made.store.commit(twice()), good("b")]).await;
    assert!(matches!(results.as_slice(), [Ok(()), Err(CommitError::Store(StoreError::Broken(_))), Ok(())]));
    assert!(made.session(&here(), &session_id("b")).await.unwrap().is_some());
    assert_eq!(made.session(&here(), &session_id("bad")).await.unwrap(), None);
    made.ping().await.unwrap();
}

#[tokio::test]
async fn a_lock_of_another_process_is_awaited_for_a_limited_time() {
    let folder = tempfile::tempdir().unwrap();
    let patience = Duration::from_millis(200);
    let store = SqliteStore::open_with_patience(&path(&folder), NOW, patience).unwrap();
    let other = Connection::open(store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.commit(batch![SessionOp::Insert(session(&here(), "one"))]);
    let unharmed = async { store.session(&here(), &session_id("one")).await };
    let begun = Instant::now();
    let (refused, read) = tokio::join!(refused, unharmed);
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Unavailable(_)))), "{refused:?}");
    assert!(begun.elapsed() >= patience);
    assert_eq!(read.unwrap(), None);

    let waiting = store.commit(batch![SessionOp::Insert(session(&here(), "one"))]);
    let lets_go = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        other.execute_batch("ROLLBACK").unwrap();
    };
    tokio::join!(waiting, lets_go).0.unwrap();
}

#[tokio::test]
async fn the_audit_trail_is_appended_to() {
    let made = make().await;
    made.commit(batch![audit(&here())]).await.unwrap();
    let db = Connection::open(made.path()).unwrap();
    let row: (i64, String, String, String, String, Vec<u8>, String) = db
        .query_row("SELECT at, realm, event, reason, user_id, blind_index, request_id FROM audit", [], |row| {
            row.try_into()
        })
        .unwrap();
    let wanted = audit(&here());
    assert_eq!((row.0, row.1.as_str(), row.2.as_str()), (NOW.millis(), "User1", "login_refused"));
    assert_eq!((row.3.as_str(), row.4.as_str(), row.6.as_str()), ("wrong_password", "ada", "request"));
    assert_eq!(row.5, wanted.index.unwrap().0);
}

#[tokio::test]
async fn deleted_data_does_not_remain_in_the_file() {
    let Fresh { store, folder } = make().await;
    let row = message("one");
    let trace = row.recipient.as_bytes().to_vec();
    store.commit(batch![OutboxOp::Enqueue(row)]).await.unwrap();
    let claimed = store.claim(Channel::Mail, 1, &lease("first", NOW)).await.unwrap().remove(0);
    let settle = OutboxOp::FinishDelivery {
        id: claimed.row.id,
        lease: claimed.lease,
        outcome: portcullis_core::message::outbox::DeliveryOutcome::Done,
    }
    .into();
    store.commit(vec![settle]).await.unwrap();
    drop(store);
    let bytes = fs::read(path(&folder)).unwrap();
    assert!(!bytes.windows(trace.len()).any(|window| window == trace));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let made = make().await;
    let lock = ServeLock::acquire(&made.path()).unwrap();
    made.commit(batch![UserOp::Insert(user(&here(), "ada", "ada@example.org"))]).await.unwrap();
    for end in ["", "-wal", "-shm", ".lock"] {
        let file = made.path().with_file_name(format!("portcullis.db{end}"));
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{end}");
    }
    drop(lock);
}

#[test]
fn only_one_process_serves() {
    let folder = tempfile::tempdir().unwrap();
    let first = ServeLock::acquire(&path(&folder)).unwrap();
    assert!(matches!(ServeLock::acquire(&path(&folder)), Err(LockError::AlreadyServed { .. })));
    migrate(&path(&folder), NOW).unwrap();
    assert!(matches!(ServeLock::acquire(&path(&folder)), Err(LockError::AlreadyServed { .. })));
    drop(first);
    ServeLock::acquire(&path(&folder)).unwrap();
}

#[test]
fn each_migration_is_applied_once() {
    let folder = tempfile::tempdir().unwrap();
    let steps: Vec<_> = migrate(&path(&folder), NOW).unwrap().iter().map(|step| (step.version, step.name)).collect();
    let known = [
        "accounts",
        "limits",
        "password_set_at",
        "audit_by_realm",
        "records",
        "changes",
        "unknown_outcomes",
        "audit_rows",
        "compromised",
        "roles",
        "two_step",
        "session_kind",
        "administration",
        "audit_chains",
        "client_sessions",
        "outbox_by_realm",
        "stats",
        "outbox_fault",
        "outbox_recipient",
    ];
    assert_eq!(steps, (1..).zip(known).collect::<Vec<_>>());
    assert_eq!(migrate(&path(&folder), NOW).unwrap(), []);
    let db = Connection::open(path(&folder)).unwrap();
    let at: i64 = db.query_row("SELECT applied_at FROM migrations WHERE version = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(at, NOW.millis());
}

#[test]
fn passwords_of_an_older_schema_date_from_their_accounts_creation() {
    let folder = tempfile::tempdir().unwrap();
    let db = Connection::open(path(&folder)).unwrap();
    for step in ["0001_accounts", "0002_limits"] {
        let file = format!("{}/src/sqlite/migrations/{step}.sql", env!("CARGO_MANIFEST_DIR"));
        db.execute_batch(&fs::read_to_string(file).unwrap()).unwrap();
    }
    db.execute_batch(
        "CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;
        INSERT INTO migrations VALUES (1, 'accounts', 0), (2, 'limits', 0);
        INSERT INTO users (realm, id, blind_index, data_key, profile, password, created_at, revision, phone_disputed)
        VALUES ('User1', 'ada', x'00', x'00', x'00', x'00', 7, 1, 0)",
    )
    .unwrap();
    migrate(&path(&folder), NOW).unwrap();
    let set_at: i64 = db.query_row("SELECT password_set_at FROM users", [], |row| row.get(0)).unwrap();
    assert_eq!(set_at, 7);
}

#[test]
fn concurrent_processes_apply_each_migration_once() {
    let folder = tempfile::tempdir().unwrap();
    let taken: usize = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| migrate(&path(&folder), NOW).unwrap().len())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).sum()
    });
    assert_eq!(taken, 19);
}

#[test]
fn a_database_of_a_newer_version_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&path(&folder)));
    let db = Connection::open(path(&folder)).unwrap();
    db.execute("INSERT INTO migrations VALUES (1000, 'future', 0)", []).unwrap();
    let refused = SqliteStore::open(&path(&folder), NOW).unwrap_err();
    assert!(matches!(refused, OpenError::Newer { found: 1000, .. }), "{refused:?}");
    assert!(refused.to_string().contains("version 1000"));
}

#[test]
fn while_a_server_runs_a_database_is_created_but_never_migrated() {
    let folder = TempDir::new().unwrap();
    let open = || SqliteStore::open_beside(&path(&folder), NOW, Duration::from_secs(5));
    drop(open().unwrap());
    drop(open().unwrap());
    let newest = "DELETE FROM migrations WHERE version = (SELECT max(version) FROM migrations)";
    Connection::open(path(&folder)).unwrap().execute(newest, []).unwrap();
    let refused = open().unwrap_err();
    assert!(matches!(refused, OpenError::Older { .. }), "{refused:?}");
    assert!(refused.to_string().contains("portcullis migrate"), "{refused}");
}

#[test]
fn a_file_that_is_not_a_database_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(path(&folder), "this is a letter, not a database; it is long enough to have a header".repeat(20))
        .unwrap();
    assert!(matches!(SqliteStore::open(&path(&folder), NOW), Err(OpenError::Unusable { .. })));
    let nowhere = folder.path().join("missing/portcullis.db");
    assert!(matches!(SqliteStore::open(&nowhere, NOW), Err(OpenError::Create { .. })));
}

#[tokio::test]
async fn no_statement_scans_a_whole_table() {
    let made = make().await;
    let db = Connection::open(made.path()).unwrap();
    assert!(statements().len() <= 256, "the cache of prepared statements is too small");
    for sql in statements() {
        let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan = statement.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<Vec<_>, _>>().unwrap();
        let walks = |step: &String| step.starts_with("SCAN") && step != "SCAN CONSTANT ROW";
        assert!(!plan.iter().any(|step| walks(step) || step.contains("TEMP B-TREE")), "{sql}\n{plan:#?}");
    }
}

#[test]
fn no_realm_may_have_the_name_of_a_table() {
    let migrations = [include_str!("../../src/sqlite/migrations/0001_accounts.sql")];
    let tables = migrations.iter().flat_map(|sql| sql.lines()).filter_map(|line| line.strip_prefix("CREATE TABLE "));
    let names: Vec<_> = tables.filter_map(|rest| rest.split_whitespace().next()).collect();
    assert!(names.len() >= 9);
    for name in names {
        assert!(portcullis_core::id::RealmName::parse(name).is_err(), "{name}");
    }
}
