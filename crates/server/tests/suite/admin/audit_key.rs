//! Rotation of the key that signs the audit trail.

use std::{collections::BTreeSet, fs, time::Duration};

use aws_lc_rs::signature::Ed25519KeyPair;
use data_encoding::BASE64URL_NOPAD;
use portcullis_core::audit::{AuditKey, Chain};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{
    chain::{findings, of_sqlite},
    exported::{Exported, Found},
};
use crate::support::{BEGIN, Person, TestApp, admin::Admin, json as read, problem};

/// Makes rows of both chains, and seals them.
async fn busy(app: &TestApp, owner: &Admin, email: &str) {
    Person::new(email).join(app).await.log_in(app).await;
    assert_eq!(owner.get(app, "/realms/User1/users").await.status(), 200);
    app.seal_audit().await;
    app.advance(Duration::from_secs(60));
}

async fn kids(app: &TestApp, chain: Chain) -> Vec<String> {
    let blocks = app.store().await.blocks_after(chain, 0, 99).await.unwrap();
    blocks.into_iter().map(|stored| stored.block.kid).collect()
}

/// Returns the fault `key` for each block of an export with this value.
fn of_blocks(lines: &[Value], is_one: impl Fn(&Value) -> bool) -> Vec<Found> {
    let blocks = lines.iter().filter(|line| line["signature"].is_string() && is_one(line));
    let found =
        |line: &Value| ("key".to_owned(), line["chain"].as_str().unwrap().to_owned(), line["number"].as_u64().unwrap());
    let mut found: Vec<Found> = blocks.map(found).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

#[tokio::test]
async fn a_new_key_signs_from_the_next_block_and_the_earlier_one_vouches_for_it() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    busy(&app, &owner, "john@example.com").await;
    let before = read(owner.get(&app, "/audit/keys").await, 200).await;
    let old = before["items"][0]["kid"].as_str().unwrap().to_owned();
    let rotated = read(owner.post(&app, "/audit/keys/rotate", json!({})).await, 200).await;
    let keys = rotated["items"].as_array().unwrap();
    assert_eq!((keys.len(), &keys[0]), (2, &before["items"][0]), "the old key is kept for the old blocks");
    let new = keys[1]["kid"].as_str().unwrap().to_owned();
    assert_eq!(kids(&app, Chain::Main).await.last(), Some(&old), "the announcement is in a block of the old key");
    busy(&app, &owner, "ada@example.com").await;
    for chain in Chain::ALL {
        assert_eq!(kids(&app, chain).await.last(), Some(&new));
    }
    let rows = app.audit("admin").await;
    let row = rows.iter().find(|row| row.event == "audit_key_changed").unwrap();
    let details: Value = serde_json::from_str(&row.details).unwrap();
    assert_eq!((row.actor_id.as_deref(), &details["kid"]), (Some(&*owner.id), &json!(new)));
    assert_eq!(details["by"], json!(old));
    assert_eq!(findings(&app, &[]).await, [] as [Value; 0]);

    // Elsewhere, only the first key is known.
    let pem = |key: &Value| key["public_key"].as_str().unwrap().to_owned();
    let (first, second) = (pem(&keys[0]), pem(&keys[1]));
    let exported = Exported::of(app).await;
    let trust = |pem: &str| fs::write(exported.path("key.pem"), pem).unwrap();
    assert_eq!(exported.found(&exported.lines, &[]).await, []);
    trust(&first);
    assert_eq!(exported.found(&exported.lines, &[]).await, []);
    // The new key does not vouch for the earlier one.
    trust(&second);
    let by_old = of_blocks(&exported.lines, |line| line["kid"] == old);
    assert_eq!(exported.found(&exported.lines, &[]).await, by_old);
    trust(&AuditKey::generate(1, BEGIN).unwrap().public().to_pem());
    assert_eq!(exported.found(&exported.lines, &[]).await, of_blocks(&exported.lines, |_| true));
    // The keys are given in the wrong order, and no row of this chain announces the later one.
    trust(&format!("{second}{first}"));
    let reads = of_blocks(&exported.lines, |line| line["kid"] == new && line["chain"] == "reads");
    assert_eq!(exported.found(&exported.lines, &[]).await, reads);
    // Without a valid announcement, the new blocks are not believed.
    trust(&first);
    let mut forged = exported.lines.clone();
    let row = forged.iter_mut().find(|line| line["event"] == "audit_key_changed").unwrap();
    row["details"]["signature"] = json!("A".repeat(86));
    let faults: Vec<String> = exported.found(&forged, &[]).await.into_iter().map(|(fault, ..)| fault).collect();
    assert!(faults.contains(&"row_changed".to_owned()) && faults.contains(&"key".to_owned()), "{faults:?}");
}

/// Each key is announced by the one before it.
#[tokio::test]
async fn the_first_public_key_verifies_an_export_across_rotations_and_refuses_a_key_that_none_announced() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    busy(&app, &owner, "john@example.com").await;
    let before = read(owner.get(&app, "/audit/keys").await, 200).await;
    for email in ["ada@example.com", "eve@example.com"] {
        read(owner.post(&app, "/audit/keys/rotate", json!({})).await, 200).await;
        busy(&app, &owner, email).await;
    }
    let exported = Exported::of(app).await;
    fs::write(exported.path("key.pem"), before["items"][0]["public_key"].as_str().unwrap()).unwrap();
    let is_block = |line: &&Value| line["signature"].is_string();
    let signers: BTreeSet<&str> =
        exported.lines.iter().filter(is_block).map(|line| line["kid"].as_str().unwrap()).collect();
    assert_eq!(signers.len(), 3);
    assert_eq!(exported.found(&exported.lines, &[]).await, []);
    // An attacker signs the last block of a chain with another key.
    let stranger = Ed25519KeyPair::generate().unwrap();
    for chain in Chain::ALL {
        let mut forged = exported.lines.clone();
        let is_of_chain = |line: &&mut Value| line["signature"].is_string() && line["chain"] == chain.as_str();
        let block = forged.iter_mut().rfind(is_of_chain).unwrap();
        let hash = BASE64URL_NOPAD.decode(block["hash"].as_str().unwrap().as_bytes()).unwrap();
        let message = [b"portcullis audit block v1".as_slice(), &hash].concat();
        block["signature"] = json!(BASE64URL_NOPAD.encode(stranger.sign(&message).as_ref()));
        block["kid"] = json!(AuditKey::generate(4, BEGIN).unwrap().kid());
        let expected = ("key".to_owned(), chain.as_str().to_owned(), block["number"].as_u64().unwrap());
        assert_eq!(exported.found(&forged, &[]).await, [expected], "{chain:?}");
    }
}

#[tokio::test]
async fn the_command_rotates_the_key_and_prints_all_public_keys() {
    let app = TestApp::start().await;
    // The first key is created by the first block, or by the first rotation.
    let (code, first) = app.text(&["audit", "rotate-key"]).await;
    assert_eq!((code, first.matches("BEGIN PUBLIC KEY").count()), (0, 2), "{first}");
    let (_, second) = app.text(&["audit", "rotate-key"]).await;
    assert!(second.starts_with(&first) && second.matches("BEGIN PUBLIC KEY").count() == 3, "{second}");
    assert_eq!(app.text(&["audit", "key"]).await.1, second);
    assert_eq!(findings(&app, &[]).await, [] as [Value; 0]);
}

#[tokio::test]
async fn only_an_owner_with_a_recent_sign_in_rotates_the_key() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let rotate = "/audit/keys/rotate";
    let other = app.admin(&owner, "owner1@example.com", &["owner@User1"]).await;
    assert_eq!(problem(other.post(&app, rotate, json!({})).await, 403).await["code"], "admin.forbidden");
    let key = async |allow: Value| {
        let body = json!({"name": "k", "grants": ["owner@*"], "allow": allow});
        read(owner.post(&app, "/admin-keys", body).await, 201).await["key"].as_str().unwrap().to_owned()
    };
    for (allow, expected) in [(json!([]), 403), (json!(["rotate_keys"]), 200)] {
        let request = app.request(reqwest::Method::POST, &format!("/v1/admin{rotate}"));
        let key = key(allow.clone()).await;
        assert_eq!(request.bearer_auth(key).send().await.unwrap().status(), expected, "{allow}");
    }
    app.advance(Duration::from_secs(11 * 60));
    assert_eq!(problem(owner.post(&app, rotate, json!({})).await, 401).await["code"], "auth.stale");
}

#[tokio::test]
async fn rotations_and_seals_at_once_leave_one_chain() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    busy(&app, &owner, "john@example.com").await;
    let rotations = (0..4).map(|_| owner.post(&app, "/audit/keys/rotate", json!({})));
    let (answers, ()) = tokio::join!(futures_util::future::join_all(rotations), app.seal_audit());
    assert!(answers.iter().all(|answer| answer.status() == 200));
    busy(&app, &owner, "ada@example.com").await;
    let keys = read(owner.get(&app, "/audit/keys").await, 200).await["items"].as_array().unwrap().len();
    assert_eq!(keys, 5);
    assert_eq!(findings(&app, &[]).await, [] as [Value; 0]);
}

/// Otherwise, an earlier key could sign all later blocks after the announcement was removed.
#[tokio::test]
async fn an_announcement_that_is_missing_in_the_database_is_found() {
    let app = of_sqlite(&[]).await;
    let owner = app.owner().await;
    busy(&app, &owner, "john@example.com").await;
    read(owner.post(&app, "/audit/keys/rotate", json!({})).await, 200).await;
    assert_eq!(findings(&app, &[]).await, [] as [Value; 0]);
    let last = app.store().await.blocks_after(Chain::Main, 0, 99).await.unwrap().pop().unwrap().block;
    let (number, position) = (last.number, last.first);
    let db = Connection::open(app.data().join("portcullis.db")).unwrap();
    let removed = format!(
        "DELETE FROM audit_blocks WHERE chain = 'main' AND number = {number};
         DELETE FROM audit WHERE chain = 'main' AND chain_position >= {position}"
    );
    db.execute_batch(&removed).unwrap();
    assert_eq!(findings(&app, &[]).await, [json!(["key", "main", number - 1, null])]);
}

/// The row alone is older than the limit of five minutes, as after a crash.
#[tokio::test]
async fn a_rotation_seals_the_older_rows_first() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    busy(&app, &owner, "john@example.com").await;
    Person::new("ada@example.com").join(&app).await;
    app.advance(Duration::from_secs(6 * 60));
    read(owner.post(&app, "/audit/keys/rotate", json!({})).await, 200).await;
    app.seal_audit().await;
    assert_eq!(findings(&app, &[]).await, [] as [Value; 0]);
}

/// An attacker who can write to the database adds the rows, and the server seals them.
#[tokio::test]
async fn a_row_that_only_looks_like_an_announcement_announces_nothing() {
    let app = of_sqlite(&[]).await;
    let owner = app.owner().await;
    busy(&app, &owner, "john@example.com").await;
    let old = kids(&app, Chain::Main).await.pop().unwrap();
    let rows = [
        json!({"by": [old], "public_key": [], "signature": []}),
        json!({"by": old}),
        json!({"by": old, "public_key": 7, "signature": {}}),
        json!({"by": old, "public_key": "AA", "signature": "AA"}),
        json!({"by": old, "public_key": "A A=", "signature": "A"}),
    ];
    let db = Connection::open(app.data().join("portcullis.db")).unwrap();
    for (number, details) in rows.iter().enumerate() {
        let insert = format!(
            "INSERT INTO audit (at, realm, event, request_id, id, details)
             SELECT max(at), 'admin', 'audit_key_changed', 'r', x'{number:032x}', '{details}' FROM audit"
        );
        db.execute_batch(&insert).unwrap();
    }
    app.seal_audit().await;
    let exported = Exported::of(app).await;
    let is_sealed = |line: &&Value| line["event"] == "audit_key_changed" && line["position"].is_u64();
    assert_eq!(exported.lines.iter().filter(is_sealed).count(), rows.len());
    assert_eq!(exported.found(&exported.lines, &[]).await, []);
}
