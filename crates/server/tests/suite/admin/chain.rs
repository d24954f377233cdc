//! Chains of the audit trail: findings of a verification of the database, and removals by retention.

use std::{fs, time::Duration};

use portcullis::cli::Caller;
use portcullis_core::audit::Chain;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{BEGIN, Person, TestApp, database::Database};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Lets the columns of the trail contain values of any type.
const LENIENT: &str = "PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'audit';
    PRAGMA writable_schema = RESET";

pub(super) async fn of_sqlite(settings: &[(&str, &str)]) -> TestApp {
    TestApp::on(TempDir::new().unwrap(), Database::Sqlite, BEGIN, settings).await
}

/// Returns the faults found by a verification of the database, with their chain, block and row.
pub(super) async fn findings(app: &TestApp, more: &[&str]) -> Vec<Value> {
    // The verification of a file needs no database.
    let caller = if more.contains(&"--public-key") { Caller::nowhere() } else { app.beside().await };
    findings_of(app, &caller, more).await
}

async fn findings_of(app: &TestApp, caller: &Caller, more: &[&str]) -> Vec<Value> {
    let (code, verified) = app.command_of(caller, &[&["audit", "verify"], more].concat()).await;
    let found = verified["findings"].as_array().unwrap().clone();
    assert_eq!(code, u8::from(!found.is_empty()), "{verified}");
    let short = |one: &Value| json!([one["fault"], one["chain"], one["block"], one["row"]]);
    found.iter().map(short).collect()
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a list of changes")]
async fn each_change_of_the_database_is_found_and_named() {
    let app = of_sqlite(&[]).await;
    for number in 0..3 {
        Person::new(&format!("user{number}@example.com")).join(&app).await.log_in(&app).await;
        app.seal_audit().await;
        app.advance(Duration::from_secs(60));
    }
    assert_eq!(findings(&app, &[]).await, [] as [Value; 0]);
    let execute = |sql: &str| {
        let db = Connection::open(app.data().join("portcullis.db")).unwrap();
        db.execute("ATTACH ?1 AS saved", [app.data().join("saved.db").to_str().unwrap()]).unwrap();
        db.execute_batch(sql).unwrap();
    };
    let inserted = |chain: &str, position: &str| {
        format!(
            "INSERT INTO audit (at, realm, event, request_id, id, chain, chain_position)
             VALUES (0, 'User1', 'logged_in', 'r', x'000102030405060708090a0b0c0d0e0f', {chain}, {position})"
        )
    };
    execute(
        "CREATE TABLE saved.audit AS SELECT * FROM audit; CREATE TABLE saved.audit_blocks AS SELECT * FROM audit_blocks",
    );
    let blocks = app.store().await.blocks_after(Chain::Main, 0, 9).await.unwrap();
    let (first, last) = (blocks[1].block.first, blocks[1].block.last);
    let (caller, row) = (app.beside().await, "chain = 'main' AND chain_position");
    for (sql, expected) in [
        (
            format!("UPDATE audit SET outcome = 'failed' WHERE {row} = {first}"),
            json!(["row_changed", "main", 2, first]),
        ),
        (format!("DELETE FROM audit WHERE {row} = {last}"), json!(["row_removed", "main", 2, last])),
        (format!("DELETE FROM audit WHERE {row} BETWEEN {first} AND {last}"), json!(["row_removed", "main", 2, first])),
        (inserted("'main'", "99"), json!(["row_added", "main", 3, 99])),
        // Rows outside all chains, which administrators would see.
        (inserted("NULL", "7"), json!(["row_added", "main", 3, 0])),
        (inserted("'another'", "7"), json!(["row_added", "main", 3, 0])),
        (inserted("'main'", "0"), json!(["row_added", "main", 3, 0])),
        (inserted("'reads'", "-1"), json!(["row_added", "main", 3, 0])),
        (
            "DELETE FROM audit_blocks WHERE chain = 'main' AND number = 1".to_owned(),
            json!(["block_removed", "main", 1, null]),
        ),
        (
            "UPDATE audit_blocks SET to_at = to_at + 1 WHERE number = 2".to_owned(),
            json!(["block_changed", "main", 2, null]),
        ),
        (
            "UPDATE audit_blocks SET signature = zeroblob(64) WHERE number = 3".to_owned(),
            json!(["signature", "main", 3, null]),
        ),
        // Text as a position, for which the table is changed first.
        (format!("{LENIENT}; {}", inserted("'main'", "'seven'")), json!(["row_added", "main", 3, 0])),
        (
            format!("{LENIENT}; UPDATE audit SET chain_position = 'x' WHERE {row} = {last}"),
            json!(["row_removed", "main", 2, last]),
        ),
    ] {
        execute(&sql);
        assert_eq!(findings_of(&app, &caller, &[]).await.first(), Some(&expected), "{sql}");
        let (code, rows) = app.command_of(&caller, &["audit", "query", "--limit", "200"]).await;
        assert!(code == 0 && rows["items"].as_array().unwrap().len() > 5, "the others are read: {sql}: {rows}");
        execute("DELETE FROM main.audit; INSERT INTO main.audit SELECT * FROM saved.audit");
        execute("DELETE FROM main.audit_blocks; INSERT INTO main.audit_blocks SELECT * FROM saved.audit_blocks");
    }
    // A server log that contains a later block.
    let hash = data_encoding::BASE64URL_NOPAD.encode(&blocks[2].block.hash);
    let log = app.data().join("server.log");
    let line =
        |number: u64| format!("INFO audit block sealed chain=\"main\" epoch=1 number={number} hash=\"{hash}\"\n");
    let log_with = |number| fs::write(&log, format!("INFO something else\n{}", line(number))).unwrap();
    let checkpoints = ["--checkpoints", log.to_str().unwrap()];
    log_with(3);
    assert_eq!(findings(&app, &checkpoints).await, [] as [Value; 0]);
    log_with(2);
    assert_eq!(findings(&app, &checkpoints).await, [json!(["rewritten", "main", 2, null])]);
    log_with(9);
    assert_eq!(findings(&app, &checkpoints).await, [json!(["cut_off", "main", 9, null])]);
}

#[tokio::test]
async fn old_rows_are_removed_in_whole_blocks_and_the_rest_remains_verifiable() {
    let app = TestApp::with(&[("AUDIT_RETENTION", "100d"), ("AUDIT_RETENTION_READS", "10d")]).await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    owner.get(&app, &format!("/realms/User1/users/{}", john.id)).await;
    app.seal_audit().await;
    app.advance(DAY * 11);
    app.seal_audit().await;
    let store = app.store().await;
    let left = async |chain| store.sealed_rows(chain, 0, u64::MAX).await.unwrap().len();
    assert_eq!(left(Chain::Reads).await, 0);
    let before = left(Chain::Main).await;
    assert!(before > 0);
    assert_eq!(findings(&app, &[]).await, [] as [Value; 0], "before the row about the removal is sealed");
    app.seal_audit().await;
    app.advance(DAY * 90);
    app.seal_audit().await;
    app.seal_audit().await;
    let (code, verified) = app.command(&["audit", "verify"]).await;
    let pruned = verified["pruned"].as_array().unwrap();
    assert_eq!((code, pruned.len(), &verified["findings"]), (0, 2, &json!([])));
    assert!(left(Chain::Main).await < before);
    let (_, blocks) = app.command(&["audit", "blocks"]).await;
    let pruned: Vec<bool> =
        blocks["items"].as_array().unwrap().iter().map(|block| block["pruned"].as_bool().unwrap()).collect();
    assert!(pruned.last() == Some(&true) && pruned.first() == Some(&false), "{pruned:?}");
    let (_, rows) = app.command(&["audit", "query", "--event", "audit_pruned"]).await;
    let rows_of_main = rows["items"].as_array().unwrap().iter().filter(|row| row["details"]["chain"] == "main");
    assert_eq!(rows_of_main.count(), 1);
    assert_eq!(rows["items"][0]["actor"]["kind"], "server");
}

/// Adds an unsealed row, like an attacker who can write to the database.
fn add_row(app: &TestApp, at: i64, event: &str, details: &str) {
    let db = Connection::open(app.data().join("portcullis.db")).unwrap();
    let sql = "INSERT INTO audit (position, at, realm, event, request_id, details, id)
        VALUES (?1, ?2, 'admin', ?3, 'r', ?4, randomblob(16))";
    let position = -i64::from(db.query_row("SELECT count(*) FROM audit", [], |row| row.get::<_, u32>(0)).unwrap());
    db.execute(sql, rusqlite::params![position, at, event, details]).unwrap();
}

fn remove_rows(app: &TestApp, last: u64) {
    let db = Connection::open(app.data().join("portcullis.db")).unwrap();
    let sql = "DELETE FROM audit WHERE chain = 'main' AND chain_position <= ?1";
    assert!(db.execute(sql, [i64::try_from(last).unwrap()]).unwrap() > 0);
}

/// The server signs the rows, but their time and contents reveal the forgery.
#[tokio::test]
async fn rows_that_were_forged_before_they_were_sealed_prove_nothing() {
    let app = of_sqlite(&[]).await;
    Person::new("john@example.com").join(&app).await;
    app.seal_audit().await;
    let now = BEGIN.millis();
    // Claims that retention removed rows.
    add_row(&app, now + 1, "audit_pruned", r#"{"block":1,"chain":"main"}"#);
    app.seal_audit().await;
    assert_eq!(findings(&app, &[]).await, [] as [Value; 0], "a row below position 1 of its table is sealed, too");
    let first = app.store().await.blocks_after(Chain::Main, 0, 1).await.unwrap().remove(0).block;
    remove_rows(&app, first.last);
    assert_eq!(findings(&app, &[]).await, [json!(["row_removed", "main", 1, 1])], "they were young");
    let shorter = findings(&app, &["--retention", "1s"]).await;
    assert_eq!(shorter, [json!(["row_removed", "main", 1, 1])]);
    // Claims that something happened long ago.
    add_row(&app, now - 600_000, "logged_in", "{}");
    app.seal_audit().await;
    assert_eq!(findings(&app, &[]).await[0], json!(["backdated", "main", 3, null]));
}

/// The row about removals from the chain `reads` is in the main chain, and is itself removed.
#[tokio::test]
async fn what_retention_removed_is_known_also_when_the_row_that_said_so_is_gone() {
    let app = of_sqlite(&[("AUDIT_RETENTION", "20d"), ("AUDIT_RETENTION_READS", "10d")]).await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    owner.get(&app, &format!("/realms/User1/users/{}", john.id)).await;
    app.seal_audit().await;
    let claims = async || {
        let (_, rows) = app.command(&["audit", "query", "--event", "audit_pruned"]).await;
        let rows = rows["items"].as_array().unwrap().iter();
        rows.map(|row| row["details"]["chain"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    app.advance(DAY * 11);
    app.seal_audit().await;
    assert_eq!(claims().await, ["reads"]);
    app.advance(DAY * 10);
    app.seal_audit().await;
    app.advance(DAY * 21);
    app.seal_audit().await;
    assert!(!claims().await.is_empty());
    assert_eq!(findings(&app, &[]).await, [] as [Value; 0]);
    // 60 days is longer than the retention that applied when the rows were removed.
    let found = findings(&app, &["--retention-reads", "60d"]).await;
    assert_eq!(found, [json!(["row_removed", "reads", 1, 1])]);
}

#[tokio::test]
async fn a_row_from_the_future_does_not_stop_retention() {
    let app = of_sqlite(&[("AUDIT_RETENTION", "100d")]).await;
    let later = BEGIN.plus(DAY * 3000).millis();
    add_row(&app, later, "logged_in", "{}");
    app.seal_audit().await;
    for number in 0..3 {
        Person::new(&format!("user{number}@example.com")).join(&app).await;
        app.seal_audit().await;
        app.advance(DAY * 60);
    }
    app.seal_audit().await;
    let store = app.store().await;
    let left = store.unpruned_blocks(Chain::Main, 9).await.unwrap();
    assert!(left[0].block.number > 2, "{left:?}");
    let found = findings(&app, &[]).await;
    assert_eq!(found, [json!(["backdated", "main", 2, null])], "but it is reported");
}
