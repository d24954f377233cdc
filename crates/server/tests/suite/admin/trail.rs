//! The audit trail: sealed in blocks, verified, searched, exported and explained.

use std::{collections::BTreeSet, fs, time::Duration};

use portcullis_core::{
    audit::Chain,
    batch,
    id::RealmName,
    port::RecordOp,
    record::{RecordKind, RecordRow},
    seal::Sealed,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::chain::findings;
use crate::support::{
    BEGIN, Person, TestApp,
    admin::{Admin, PASSWORD, REASON},
    json, problem,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn page(app: &TestApp, admin: &Admin, query: &str) -> Value {
    json(admin.get(app, &format!("/audit?{query}")).await, 200).await
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_export_is_verified_elsewhere_with_the_public_key_alone() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    owner.get(&app, &format!("/realms/User1/users/{}", john.id)).await;
    app.seal_audit().await;
    let (code, exported) = app.text(&["audit", "export", "--blocks"]).await;
    let (lines, folder) = (exported.lines().count(), TempDir::new().unwrap());
    assert!(code == 0 && lines > 5, "{exported}");
    assert!(exported.contains(r#""chain":"reads""#) && exported.contains(r#""ip":"127.0.0.1""#));
    let file = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let (_, key) = app.text(&["audit", "key"]).await;
    let (key, intact) = (file("key.pem", &key), file("intact.jsonl", &exported));
    let offline = ["--public-key", key.as_str()];
    assert_eq!(findings(&app, &[&offline[..], &[&intact]].concat()).await, [] as [Value; 0]);
    let changed = file("changed.jsonl", &exported.replacen("email_verified", "registered", 1));
    assert_eq!(findings(&app, &[&offline[..], &[&changed]].concat()).await[0][0], "row_changed");
    // The export is recorded in the trail.
    let rows = page(&app, &owner, "event=audit_exported").await;
    assert_eq!(rows["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        rows["items"][0]["details"],
        json!({"blocks": true, "realm": null, "from": null, "sealed": false, "to": null})
    );
}

#[tokio::test]
async fn one_server_seals_and_a_lease_from_a_clock_that_was_ahead_does_not_count() {
    for (ahead, is_sealed) in [(Duration::from_secs(10), false), (Duration::from_secs(3600), true)] {
        let app = TestApp::start().await;
        Person::new("john@example.com").join(&app).await;
        let store = app.store().await;
        let lease = RecordRow {
            realm: RealmName::admin(),
            kind: RecordKind::Lease,
            key: "seal".to_owned(),
            owner: None,
            expires_at: Some(BEGIN.plus(ahead)),
            revision: 1,
            body: Sealed::from_bytes(b"another".to_vec()),
        };
        store.commit(batch![RecordOp::Insert(lease)]).await.unwrap();
        app.seal_audit().await;
        assert_eq!(store.blocks_after(Chain::Main, 0, 9).await.unwrap().len(), usize::from(is_sealed));
        app.advance(Duration::from_secs(20));
        app.seal_audit().await;
        assert_eq!(store.blocks_after(Chain::Main, 0, 9).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn pages_show_every_row_once_in_both_directions_and_filters_have_their_rows() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut people = Vec::new();
    for number in 0..3 {
        people.push(Person::new(&format!("user{number}@example.com")).join(&app).await);
        app.advance(Duration::from_secs(1));
    }
    app.login("User1", &people[0].email, "wrong").await;
    let first = page(&app, &owner, "limit=4").await;
    app.login("User1", &people[1].email, &people[1].password).await;
    let (mut seen, mut last) = (ids(&first), first.clone());
    let mut before = first;
    while let Some(cursor) = last["next"].as_str().map(str::to_owned) {
        before = std::mem::replace(&mut last, page(&app, &owner, &format!("limit=4&cursor={cursor}")).await);
        seen.extend(ids(&last));
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
    let back = last["prev"].as_str().unwrap();
    assert_eq!(ids(&page(&app, &owner, &format!("limit=4&cursor={back}")).await), ids(&before));
    let other = format!("/audit?limit=4&realm=User1&cursor={back}");
    assert_eq!(problem(owner.get(&app, &other).await, 400).await["code"], "cursor.invalid");
    let user = &people[0].id;
    for (query, expected) in [
        (format!("user={user}&outcome=refused"), json!(["login_refused"])),
        (format!("user={user}&event=email_verified&realm=User1"), json!(["email_verified"])),
        (format!("actor={user}&outcome=ok"), json!(["email_verified"])),
        (format!("user={user}&to=2020-01-01T00:00:00Z"), json!([])),
        (format!("realm=User2&user={user}"), json!([])),
    ] {
        let found = page(&app, &owner, &query).await;
        let events: Vec<&Value> = found["items"].as_array().unwrap().iter().map(|row| &row["event"]).collect();
        assert_eq!(json!(events), expected, "{query}");
        assert_eq!(found["complete"], true);
    }
    let found = page(&app, &owner, &format!("user={user}&event=login_refused")).await;
    assert_eq!(found["items"][0]["client"]["ip"], "127.0.0.1");
    assert!(found["items"][0]["position"].is_null());
    let search = async |body: Value| json(owner.post(&app, "/audit/search", body).await, 200).await;
    let by_email = search(json!({"realm": "User1", "email": people[0].email, "event": "login_refused"})).await;
    assert_eq!(ids(&by_email), ids(&found));
    app.login("User1", "unknown@example.com", "wrong").await;
    let unknown = search(json!({"realm": "User1", "email": "unknown@example.com"})).await;
    assert!(unknown["items"][0]["index"].is_string() && unknown["items"][0]["user"].is_null());
    for query in ["event=nothing", "outcome=maybe", "user=%20", "from=yesterday", "limit=0", "nickname=1"] {
        assert_eq!(owner.get(&app, &format!("/audit?{query}")).await.status(), 422, "{query}");
    }
}

#[tokio::test]
async fn each_role_sees_what_it_is_allowed_to_see() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    let lock = json!({"reason": REASON});
    let path = format!("/realms/User1/users/{}/lock", john.id);
    assert_eq!(owner.change(&app, reqwest::Method::POST, &path, lock).await.status(), 200);
    let admin = async |name: &str, grant: &str| app.admin(&owner, &format!("{name}@example.com"), &[grant]).await;
    let (auditor, support) = (admin("auditor", "auditor@User1").await, admin("support", "support@User1").await);
    let (manager, elsewhere) = (admin("manager", "manager@User1").await, admin("else", "manager@User2").await);
    let locked = format!("user={}&event=user_locked", john.id);
    for (who, note) in [(&auditor, json!(null)), (&support, json!(REASON)), (&manager, json!(REASON))] {
        let found = page(&app, who, &locked).await;
        assert_eq!((&found["items"][0]["note"], found["items"].as_array().unwrap().len()), (&note, 1));
        assert_eq!(found["items"][0]["client"].is_null(), note.is_null());
    }
    assert_eq!(page(&app, &elsewhere, &locked).await["items"], json!([]));
    assert_eq!(problem(elsewhere.get(&app, "/audit?realm=User1").await, 404).await["code"], "not_found");
    let missing = problem(support.get(&app, "/audit").await, 422).await;
    assert_eq!(missing["errors"][0]["field"], "user");
    let by_email = json!({"realm": "User1", "email": john.email});
    assert_eq!(auditor.post(&app, "/audit/search", by_email.clone()).await.status(), 403);
    assert_eq!(support.post(&app, "/audit/search", by_email).await.status(), 200);
    // Only global owners can read the trail of administrators.
    assert_eq!(manager.get(&app, "/audit?realm=admin").await.status(), 404);
    assert!(page(&app, &manager, "").await["items"].as_array().unwrap().iter().all(|row| row["realm"] == "User1"));
    assert!(!page(&app, &owner, "realm=admin").await["items"].as_array().unwrap().is_empty());
    for (path, admin, status) in [
        ("/audit/export?realm=User1", &manager, 403),
        ("/audit/export?blocks=true", &manager, 403),
        ("/audit/export?realm=User1", &elsewhere, 404),
        ("/audit/export?realm=User1&blocks=true", &owner, 403),
        ("/audit/keys", &manager, 403),
        ("/audit/blocks", &auditor, 200),
        ("/audit/export?realm=User1", &owner, 200),
    ] {
        assert_eq!(admin.get(&app, path).await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_request_is_explained_for_thirty_days() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut refused = Vec::new();
    for _ in 0..3 {
        let answer = app.login("User1", &john.email, "wrong").await;
        refused.push(answer.headers()["x-request-id"].to_str().unwrap().to_owned());
    }
    let why = |id: &str| format!("/why/{id}");
    let first = json(owner.get(&app, &why(&refused[0])).await, 200).await;
    assert_eq!((&first["outcome"], &first["reason"]), (&json!("refused"), &json!("wrong")));
    assert_eq!(first["text"], "Rejected: wrong. Event: login refused.");
    assert_eq!((first["rows"].as_array().unwrap().len(), &first["route"]), (1, &json!("/v1/{realm}/login")));
    assert_eq!(owner.get(&app, &why(&refused[1])).await.status(), 404, "its minute is not over");
    app.advance(Duration::from_secs(61));
    app.run_maintenance().await;
    let repeated = json(owner.get(&app, &why(&refused[2])).await, 200).await;
    assert!(repeated["text"].as_str().unwrap().ends_with("One of 2 such requests within a minute."), "{repeated}");
    let (code, told) = app.command(&["why", &refused[0]]).await;
    assert_eq!((code, &told["text"]), (0, &first["text"]));
    let support = app.admin(&owner, "auditor@example.com", &["auditor@User2"]).await;
    assert_eq!(support.get(&app, &why(&refused[0])).await.status(), 404);
    assert_eq!(app.command(&["why", "unknown"]).await.0, 3);
    app.advance(DAY * 31);
    let owner = Admin { cookie: app.sign_in(&owner.email, PASSWORD).await, ..owner };
    assert_eq!(owner.get(&app, &why(&refused[0])).await.status(), 404);
}

/// A list of leaked addresses can only be tested slowly, and every test is recorded.
#[tokio::test]
async fn a_search_by_address_is_charged_and_written_like_a_search_of_users() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_ADMIN_READS_ACCOUNT", "2/1h")]).await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let support = app.admin(&owner, "support@example.com", &["support@User1"]).await;
    let by_email = |email: &str| json!({"realm": "User1", "email": email});
    for (email, status) in [(&*john.email, 200), ("unknown@example.com", 200), (&*john.email, 429)] {
        assert_eq!(support.post(&app, "/audit/search", by_email(email)).await.status(), status, "{email}");
    }
    assert_eq!(owner.post(&app, "/audit/search", by_email(&john.email)).await.status(), 200, "of all roles");
    let rows = app.audit("User1").await;
    let listed: Vec<_> = rows.iter().filter(|row| row.event == "users_listed").collect();
    let actors: Vec<_> = listed.iter().map(|row| row.actor_id.as_deref().unwrap()).collect();
    assert_eq!(actors, [&*owner.id, &support.id, &support.id]);
    assert!(listed.iter().all(|row| row.details.contains(r#""filters":["email"]"#)), "{listed:#?}");
}

#[tokio::test]
async fn the_role_support_is_told_why_only_about_one_user() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_ADMIN_READS_ACCOUNT", "1/1h")]).await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let support = app.admin(&owner, "support@example.com", &["support@User1"]).await;
    let id = |answer: &reqwest::Response| answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let ended = id(&owner.post(&app, "/realms/User1/sessions/end", json!({"reason": REASON})).await);
    let why = async |who: &Admin, request: &str| who.get(&app, &format!("/why/{request}")).await;
    assert_eq!(why(&support, &ended).await.status(), 404, "about no user");
    assert_eq!(json(why(&owner, &ended).await, 200).await["rows"][0]["note"], REASON);
    let refused = id(&app.login("User1", &john.email, "wrong").await);
    let told = json(why(&support, &refused).await, 200).await;
    assert!(told["rows"].as_array().unwrap().iter().all(|row| row["user"] == *john.id), "{told}");
    assert_eq!(why(&support, &refused).await.status(), 429, "a read of the user");
}

#[tokio::test]
async fn no_export_is_unseen() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let other = app.admin(&owner, "other@example.com", &["owner@*"]).await;
    let path = "/audit/export?blocks=true&sealed=true";
    let first = json(owner.get(&app, path).await, 200).await;
    let rows = page(&app, &owner, "event=audit_exported").await;
    assert_eq!(rows["items"][0]["details"]["sealed"], true);
    // Its cursors are bound to this administrator, and expire after a few hours.
    let next = format!("{path}&cursor={}", first["next"].as_str().unwrap());
    assert_eq!(owner.get(&app, &next).await.status(), 200);
    assert_eq!(problem(other.get(&app, &next).await, 400).await["code"], "cursor.invalid");
    app.advance(Duration::from_secs(5 * 3600));
    let owner = Admin { cookie: app.sign_in(&owner.email, PASSWORD).await, ..owner };
    assert_eq!(problem(owner.get(&app, &next).await, 400).await["code"], "cursor.invalid");
    let rows = page(&app, &owner, "event=audit_exported").await;
    assert_eq!(rows["items"].as_array().unwrap().len(), 1);
}
