//! Forged exports of the audit trail. `audit verify` and the script, which only needs the public key, have the same
//! findings.

use std::time::Duration;

use serde_json::{Value, json};

use super::exported::{Exported, Found};
use crate::support::{Person, TestApp, json as answer};

const DAY: Duration = Duration::from_secs(24 * 3600);

type Forge = fn(&mut Vec<Value>);
type Expected = &'static [(&'static str, &'static str, u64)];

fn is_block(line: &Value, chain: &str, number: u64) -> bool {
    line["signature"].is_string() && line["chain"] == chain && line["number"] == number
}

fn block(lines: &mut [Value], number: u64) -> &mut Value {
    lines.iter_mut().find(|line| is_block(line, "main", number)).unwrap()
}

/// Returns whether a line is a row of a block of the main chain.
fn row_of(lines: &[Value], number: u64) -> impl Fn(&Value) -> bool + use<> {
    let block = lines.iter().find(|line| is_block(line, "main", number)).unwrap();
    let (first, last) = (block["first"].as_u64().unwrap(), block["last"].as_u64().unwrap());
    move |line| {
        line["chain"] == "main" && line["position"].as_u64().is_some_and(|position| (first..=last).contains(&position))
    }
}

fn strip(lines: &mut Vec<Value>, number: u64) {
    let is_row = row_of(lines, number);
    lines.retain(|line| !is_row(line));
}

fn drop_block(lines: &mut Vec<Value>, number: u64) {
    strip(lines, number);
    lines.retain(|line| !is_block(line, "main", number));
}

fn first_row(lines: &mut [Value], number: u64) -> &mut Value {
    let is_row = row_of(lines, number);
    lines.iter_mut().find(|line| is_row(line)).unwrap()
}

/// Inserts a line before the end.
fn add(lines: &mut Vec<Value>, line: Value) {
    lines.insert(lines.len() - 1, line);
}

/// Returns a copy of the last row of block 3 with different contents.
fn another(lines: &mut [Value], position: Value) -> Value {
    let mut row = first_row(lines, 3).clone();
    row["position"] = position;
    row["event"] = json!("audit_pruned");
    row["details"] = json!({"chain": "main", "block": 2});
    row
}

/// Changes of a file, and the expected findings.
const FORGERIES: &[(&str, Forge, Expected)] = &[
    ("nothing", |_| {}, &[]),
    ("rows of a block", |lines| strip(lines, 2), &[("row_removed", "main", 2)]),
    (
        "rows of the first blocks, and a row that is not sealed says that retention removed them",
        |lines| {
            let row = another(lines, Value::Null);
            strip(lines, 1);
            strip(lines, 2);
            add(lines, row);
        },
        &[("row_removed", "main", 1)],
    ),
    ("a row of no chain", |lines| add_another(lines, json!(0)), &[("row_added", "main", 3)]),
    ("a row after the last block", |lines| add_another(lines, json!(999)), &[("row_added", "main", 3)]),
    ("the first block", |lines| drop_block(lines, 1), &[("block_removed", "main", 1)]),
    ("a block", |lines| drop_block(lines, 2), &[("block_removed", "main", 2)]),
    (
        "a block without its rows",
        |lines| lines.retain(|line| !is_block(line, "main", 2)),
        &[("block_removed", "main", 2), ("row_added", "main", 3)],
    ),
    (
        "the epoch of a block",
        |lines| block(lines, 2)["epoch"] = json!(2),
        &[("block_changed", "main", 2), ("block_order", "main", 2), ("block_order", "main", 3)],
    ),
    (
        "the first position",
        |lines| block(lines, 1)["first"] = json!(0),
        &[("block_changed", "main", 1), ("block_order", "main", 1)],
    ),
    (
        "a signature",
        |lines| block(lines, 2)["signature"] = block(lines, 3)["signature"].clone(),
        &[("signature", "main", 2)],
    ),
    ("the name of a key", |lines| block(lines, 2)["kid"] = json!("au0"), &[("key", "main", 2)]),
    ("a row", |lines| first_row(lines, 2)["outcome"] = json!("failed"), &[("row_changed", "main", 2)]),
    (
        "an actor that has the bytes of another",
        |lines| {
            let is_row = |line: &&mut Value| line["actor"]["id"].is_null() && line["position"].is_u64();
            lines.iter_mut().find(|line| is_row(line) && line["chain"] == "main").unwrap()["actor"]["id"] = json!("");
        },
        &[("row_changed", "main", 1)],
    ),
    (
        "one row",
        |lines| {
            let row = first_row(lines, 2).clone();
            lines.retain(|line| *line != row);
        },
        &[("row_removed", "main", 2)],
    ),
    (
        "the same row twice",
        |lines| {
            let row = first_row(lines, 2).clone();
            let place = lines.iter().position(|line| *line == row).unwrap();
            lines.insert(place, row);
        },
        &[("row_added", "main", 2)],
    ),
    (
        "two rows in another order",
        |lines| {
            let is_row = row_of(lines, 2);
            let place = lines.iter().position(is_row).unwrap();
            lines.swap(place, place + 1);
        },
        &[("row_changed", "main", 2)],
    ),
];

fn add_another(lines: &mut Vec<Value>, position: Value) {
    let row = another(lines, position);
    add(lines, row);
}

#[tokio::test]
async fn each_forgery_of_an_export_is_found_by_the_command_and_by_the_script() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for number in 0..3 {
        let john = Person::new(&format!("user{number}@example.com")).join(&app).await;
        john.log_in(&app).await;
        answer(owner.get(&app, &format!("/realms/User1/users/{}", john.id)).await, 200).await;
        app.seal_audit().await;
        app.advance(Duration::from_secs(60));
    }
    let exported = Exported::of(app).await;
    assert!(exported.lines.iter().any(|line| is_block(line, "reads", 3)) && exported.lines[0]["export"] == "audit");
    for (what, forge, expected) in FORGERIES {
        let mut lines = exported.lines.clone();
        forge(&mut lines);
        // An attacker who changes a file also updates the number in its last line.
        let number = lines.len() - 1;
        lines[number]["lines"] = json!(number);
        let expected: Vec<Found> =
            expected.iter().map(|(fault, chain, block)| ((*fault).to_owned(), (*chain).to_owned(), *block)).collect();
        assert_eq!(exported.found(&lines, &[]).await, expected, "{what}");
    }
    // A truncated file.
    let last = |fault: &str| vec![(fault.to_owned(), "main".to_owned(), 3)];
    let cut = &exported.lines[..exported.lines.len() - 1];
    assert_eq!(exported.found(cut, &[]).await, last("truncated"));
    let without_one = [&exported.lines[..cut.len() - 1], &exported.lines[cut.len()..]].concat();
    assert!(exported.found(&without_one, &[]).await.contains(&last("truncated")[0]));
    // A part that starts with block 2.
    let mut part = exported.lines.clone();
    drop_block(&mut part, 1);
    part.retain(|line| line["chain"] != "reads");
    let number = part.len() - 1;
    part[number]["lines"] = json!(number);
    assert_eq!(exported.found(&part, &["--from", "2"]).await, []);
    let removed = vec![("block_removed".to_owned(), "main".to_owned(), 1)];
    assert_eq!(exported.found(&part, &[]).await, removed);
    the_log_names_all_blocks(&exported).await;
}

async fn the_log_names_all_blocks(exported: &Exported) {
    let log = exported.path("server.log");
    let with_log = ["--checkpoints", log.as_str()];
    exported.write_log(str::to_owned).await;
    assert_eq!(exported.found(&exported.lines, &with_log).await, []);
    // All rows about read access are removed.
    let mut lines = exported.lines.clone();
    lines.retain(|line| line["chain"] != "reads");
    let number = lines.len() - 1;
    lines[number]["lines"] = json!(number);
    let found = |fault: &str, chain: &str, block| vec![(fault.to_owned(), chain.to_owned(), block)];
    assert_eq!(exported.found(&lines, &[]).await, [], "without a log");
    assert_eq!(exported.found(&lines, &with_log).await, found("cut_off", "reads", 1));
    let mut lines = exported.lines.clone();
    drop_block(&mut lines, 3);
    let number = lines.len() - 1;
    lines[number]["lines"] = json!(number);
    assert_eq!(exported.found(&lines, &with_log).await, found("cut_off", "main", 3));
    exported.write_log(|log| log.replacen("epoch=1 number=2", "epoch=1 number=1", 1)).await;
    assert_eq!(exported.found(&exported.lines, &with_log).await[0].0, "fork", "two blocks at the same place");
    exported.write_log(|log| log.replacen("epoch=1", "epoch=2", 1)).await;
    assert_eq!(exported.found(&exported.lines, &with_log).await, [], "one that was written before a restore");
    let swapped = |log: &str| log.replacen("number=1 ", "number=5 ", 1).replacen("number=2 ", "number=1 ", 1);
    exported.write_log(swapped).await;
    let rewritten = exported.found(&exported.lines, &with_log).await;
    assert!(rewritten.contains(&found("rewritten", "main", 1)[0]), "{rewritten:?}");
}

#[tokio::test]
async fn rows_that_retention_removed_are_missing_in_an_export_for_a_signed_reason() {
    let app = TestApp::with(&[("AUDIT_RETENTION", "20d"), ("AUDIT_RETENTION_READS", "10d")]).await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    owner.get(&app, &format!("/realms/User1/users/{}", john.id)).await;
    app.seal_audit().await;
    app.advance(DAY * 21);
    app.seal_audit().await;
    let exported = Exported::of(app).await;
    let kept = ["--retention", "20d", "--retention-reads", "10d"];
    assert_eq!(exported.found(&exported.lines, &kept).await, []);
    let removed = |chain: &str| ("row_removed".to_owned(), chain.to_owned(), 1);
    assert_eq!(exported.found(&exported.lines, &[]).await, [removed("main"), removed("reads")]);
    // Without the rows that record the removal.
    let mut lines = exported.lines.clone();
    drop_block(&mut lines, 2);
    let number = lines.len() - 1;
    lines[number]["lines"] = json!(number);
    let found = exported.found(&lines, &kept).await;
    assert!(found.contains(&removed("main")) || found.contains(&removed("reads")), "{found:?}");
    // A part that starts after them.
    let (code, part) = exported.app.text(&["audit", "export", "--blocks", "--from", "2026-01-01T00:00:00Z"]).await;
    let lines: Vec<Value> = part.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, exported.found(&lines, &[]).await), (0, Vec::new()));
}
