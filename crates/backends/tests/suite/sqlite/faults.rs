//! Unusable files: how they are reported, and that writes are only acknowledged if they are kept.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use portcullis_backends::sqlite::{Fault, OpenError, SqliteStore, probe};
use portcullis_core::{
    batch,
    port::{CommitError, SessionOp, Sessions, Store, StoreError, UserOp},
    suite::rows::{NOW, here, session, session_id, user},
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{make, open, path};

/// Longer than the interval of the watch thread.
const SOON: Duration = Duration::from_secs(10);

fn one(name: &str) -> portcullis_core::port::Batch {
    batch![SessionOp::Insert(session(&here(), name))]
}

#[track_caller]
fn refused(result: &Result<(), CommitError>) {
    assert!(matches!(result, Err(CommitError::Store(StoreError::Unavailable(_)))), "{result:?}");
}

async fn well_again(store: &SqliteStore) {
    let begun = Instant::now();
    while store.ping().await.is_err() {
        assert!(begun.elapsed() < SOON, "it stays unwell");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

type Harm = fn(&mut Vec<u8>);

/// Copies the database, as a backup does.
fn backup(of: &Path, to: &Path) {
    Connection::open(of).unwrap().execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
}

#[tokio::test]
async fn no_write_to_a_replaced_or_removed_file_is_acknowledged() {
    for end in ["", "-wal", "-shm"] {
        for is_replaced in [true, false] {
            let made = make().await;
            made.commit(one("before")).await.unwrap();
            let file = made.path().with_file_name(format!("portcullis.db{end}"));
            let kept = made.path().with_file_name("kept");
            fs::rename(&file, &kept).unwrap();
            if is_replaced {
                fs::copy(&kept, &file).unwrap();
            }
            refused(&made.commit(one("lost")).await);
            assert!(made.ping().await.is_err(), "{file:?} {is_replaced}");
            fs::rename(&kept, &file).unwrap();
            well_again(&made).await;
            made.commit(one("after")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_file_that_was_replaced_is_noticed_without_a_request() {
    let made = make().await;
    fs::rename(made.path(), made.path().with_file_name("kept")).unwrap();
    let begun = Instant::now();
    // The log is truncated once the watch thread has noticed the file.
    while fs::metadata(made.path().with_file_name("portcullis.db-wal")).unwrap().len() > 0 {
        assert!(begun.elapsed() < SOON);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_moved_file_is_complete_and_its_log_does_not_damage_the_new_file() {
    let made = make().await;
    made.commit(one("early")).await.unwrap();
    let (saved, kept) = (made.path().with_file_name("saved"), made.path().with_file_name("kept"));
    backup(&made.path(), &saved);
    made.commit(one("late")).await.unwrap();
    fs::rename(made.path(), &kept).unwrap();
    fs::rename(&saved, made.path()).unwrap();
    refused(&made.commit(one("lost")).await);

    // As after `kill -9`, the log is next to the file.
    let elsewhere = TempDir::new().unwrap();
    let found = open(&super::crashed(&made.path(), &elsewhere));
    assert!(found.session(&here(), &session_id("early")).await.unwrap().is_some());
    assert_eq!(found.session(&here(), &session_id("late")).await.unwrap(), None);
    let kept = open(&kept);
    assert!(kept.session(&here(), &session_id("late")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lock_of_another_process_is_reported_and_not_awaited_again() {
    let folder = tempfile::tempdir().unwrap();
    let patience = Duration::from_millis(500);
    let store = SqliteStore::open_with_patience(&path(&folder), NOW, patience).unwrap();
    let other = Connection::open(store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    refused(&store.commit(one("one")).await);
    assert!(store.ping().await.is_err());
    let begun = Instant::now();
    for name in ["two", "three", "four"] {
        refused(&store.commit(one(name)).await);
    }
    assert!(begun.elapsed() < patience, "{:?}", begun.elapsed());
    probe(store.path()).unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    well_again(&store).await;
    store.commit(one("one")).await.unwrap();
}

#[test]
fn a_database_of_another_program_is_rejected_and_not_touched() {
    let theirs = [
        "CREATE TABLE notes (text TEXT)",
        "CREATE TABLE migrations (id INTEGER, migration TEXT)",
        "CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT, applied_at INTEGER);
         INSERT INTO migrations VALUES (1, 'create_users', 0)",
        "CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT, applied_at INTEGER); CREATE TABLE notes (text TEXT)",
    ];
    for sql in theirs {
        let folder = tempfile::tempdir().unwrap();
        Connection::open(path(&folder)).unwrap().execute_batch(sql).unwrap();
        let before = fs::read(path(&folder)).unwrap();
        let said = [SqliteStore::open(&path(&folder), NOW).unwrap_err(), probe(&path(&folder)).unwrap_err()];
        assert!(said.iter().all(|error| matches!(error, OpenError::Foreign { .. })), "{sql}: {said:?}");
        assert!(said[0].to_string().contains("belongs to another program; set DATABASE_URL"));
        assert_eq!(fs::read(path(&folder)).unwrap(), before, "{sql}");
    }
}

#[tokio::test]
async fn a_damaged_file_is_rejected_at_the_start() {
    let harm: [(&str, Harm); 4] = [
        ("overwritten from the middle on", |bytes| bytes[20_000..].fill(0x55)),
        ("cut off", |bytes| bytes.truncate(bytes.len() / 2)),
        ("without its header", |bytes| bytes[..100].fill(0)),
        ("some text", |bytes| *bytes = b"this is a letter, not a database".repeat(200)),
    ];
    for (how, harm) in harm {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&path(&folder));
        store.commit(batch![UserOp::Insert(user(&here(), "ada", "ada@example.org"))]).await.unwrap();
        drop(store);
        let mut bytes = fs::read(path(&folder)).unwrap();
        harm(&mut bytes);
        fs::write(path(&folder), &bytes).unwrap();
        let said = [probe(&path(&folder)).unwrap_err(), SqliteStore::open(&path(&folder), NOW).unwrap_err()];
        for error in said {
            let is_damaged = matches!(error, OpenError::Unusable { fault: Fault::Damaged, .. });
            assert!(is_damaged && error.to_string().contains("restore a backup"), "{how}: {error}");
        }
    }
}

#[tokio::test]
async fn a_probe_creates_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let names = || {
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    probe(&path(&folder)).unwrap();
    assert!(names().is_empty());
    drop(open(&path(&folder)));
    let before = fs::read(path(&folder)).unwrap();
    probe(&path(&folder)).unwrap();
    assert_eq!((names().len(), fs::read(path(&folder)).unwrap()), (1, before));
    let _store = open(&path(&folder));
    let open_files = names();
    probe(&path(&folder)).unwrap();
    assert_eq!(names(), open_files);
}

#[tokio::test]
async fn the_key_of_an_erased_account_is_in_no_file_after_the_sweep() {
    let made = make().await;
    let ada = user(&here(), "ada", "ada@example.org");
    let planted = ["data_key", "profile", "password"].map(|what| format!("planted-{what}-of-ada").into_bytes());
    let mut ada = ada;
    let [data_key, profile, password] = planted.clone().map(portcullis_core::seal::Sealed::from_bytes);
    ada.envelope = portcullis_core::account::Envelope { data_key, profile, password };
    made.commit(batch![UserOp::Insert(ada.clone())]).await.unwrap();
    let found = || {
        let files = fs::read_dir(made.folder.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
        let contents: Vec<Vec<u8>> = files.collect();
        let is_in =
            |trace: &[u8]| contents.iter().any(|bytes| bytes.windows(trace.len()).any(|window| window == trace));
        planted.iter().filter(|trace| is_in(trace)).count()
    };
    assert_eq!(found(), 3, "the test looks in the right place");
    made.commit(batch![UserOp::Delete { realm: here(), id: ada.id, revision: 1 }]).await.unwrap();
    while made.sweep(NOW, 1000).await.unwrap() > 0 {}
    assert_eq!(found(), 0);
}
