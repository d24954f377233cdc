//! Server management by administrators: messages, signing keys, settings, realms, and their own account.

use std::time::Duration;

use portcullis::cli::OutputFormat;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Authenticator, Person, TestApp,
    admin::{Admin, PASSWORD},
    json, problem,
};

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn messages_are_listed_masked_sent_at_once_and_dropped() {
    let app = TestApp::with(&[("MESSAGE_DELAY", "60s")]).await;
    let owner = app.owner().await;
    // The welcome email of the owner.
    app.advance(Duration::from_secs(60));
    app.pump().await;
    for (number, realm) in [(0, "User1"), (1, "User1"), (2, "User2")] {
        Person::new(&format!("john{number}@example.com")).of(realm).register(&app).await;
        app.advance(Duration::from_secs(1));
    }
    let list = async |by: &Admin, query: &str| json(by.get(&app, &format!("/outbox{query}")).await, 200).await;
    let all = list(&owner, "").await;
    assert_eq!(ids(&all).len(), 3, "{all}");
    assert_eq!((&all["items"][0]["realm"], &all["items"][0]["to"]), (&json!("User2"), &json!("j•••@e•••.com")));
    assert!(!all.to_string().contains("john"), "{all}");
    let first = list(&owner, "?limit=2").await;
    let second = list(&owner, &format!("?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!([ids(&first), ids(&second)].concat(), ids(&all));
    let back = list(&owner, &format!("?limit=2&cursor={}", second["prev"].as_str().unwrap())).await;
    assert_eq!(ids(&back), ids(&first));
    assert_eq!(ids(&list(&owner, "?state=dead").await), Vec::<String>::new());
    assert_eq!(ids(&list(&owner, "?realm=User2&channel=mail&state=waiting").await).len(), 1);
    let search = json!({"email": "john0@example.com"});
    let found = json(owner.post(&app, "/realms/User1/users/search", search).await, 200).await;
    let user = found["items"][0]["id"].as_str().unwrap();
    assert_eq!(ids(&list(&owner, &format!("?user={user}")).await), ids(&all)[2..], "the messages of one user");
    assert_eq!(ids(&list(&owner, "?user=unknown").await), Vec::<String>::new());
    assert_eq!(ids(&app.command(&["outbox", "list", "--user", user]).await.1), ids(&all)[2..]);
    for query in ["?state=lost", "?user=%21", "?nickname=john", "?limit=0"] {
        assert_eq!(owner.get(&app, &format!("/outbox{query}")).await.status(), 422, "{query}");
    }
    app.command(&["admins", "invite", "x@example.com", "--role", "auditor"]).await;
    let auditor = invited(&app, &["auditor@User1"], "auditor@example.com").await;
    let manager = invited(&app, &["manager@User2"], "manager@example.com").await;
    let seen = list(&auditor, "").await;
    assert_eq!(ids(&seen), ids(&all)[1..], "neither of another realm nor of administrators");
    assert_eq!(auditor.get(&app, "/outbox?realm=User2").await.status(), 404);
    assert_eq!(auditor.get(&app, "/outbox?realm=admin").await.status(), 404);
    let (of_two, of_one) = (ids(&all)[0].clone(), ids(&all)[1].clone());
    let change = async |by: &Admin, method: Method, path: String| by.request(&app, method, &path).send().await.unwrap();
    let retry = |id: &str| format!("/outbox/{id}/retry");
    assert_eq!(problem(change(&auditor, Method::POST, retry(&of_one)).await, 403).await["code"], "admin.forbidden");
    assert_eq!(change(&manager, Method::POST, retry(&of_one)).await.status(), 404);
    assert_eq!(app.pump().await, 0, "nothing is due");
    assert_eq!(change(&manager, Method::POST, retry(&of_two)).await.status(), 200);
    assert!(app.pump().await >= 1);
    assert_eq!(change(&manager, Method::POST, retry(&of_two)).await.status(), 404, "it is delivered");
    let (code, dropped) = app.command(&["outbox", "drop", &of_one, "--yes"]).await;
    assert_eq!((code, &dropped["message"]), (0, &json!("Message dropped")));
    assert_eq!(ids(&list(&auditor, "").await), ids(&all)[2..]);
    assert_eq!(app.command(&["outbox", "retry", &of_one]).await.0, 3);
    let text = app.printed(&["outbox", "list", "--realm", "User1"], OutputFormat::Text).await;
    assert!(text.contains("verify_email") && text.contains("waiting"), "{text}");
    let rows = app.audit("User2").await;
    assert!(rows.iter().any(|row| row.event == "outbox_retried" && row.actor_id.as_deref() == Some(&*manager.id)));
    let rows = app.audit("User1").await;
    let dropped = rows.iter().find(|row| row.event == "outbox_dropped").unwrap();
    assert!(dropped.details.contains("verify_email") && dropped.index.is_some(), "{dropped:?}");
}

/// Invites an administrator locally, where emails are delayed.
async fn invited(app: &TestApp, grants: &[&str], email: &str) -> Admin {
    let roles = grants.iter().flat_map(|grant| ["--role", grant]);
    let line: Vec<&str> = ["admins", "invite", email, "--print"].into_iter().chain(roles).collect();
    app.accept(&app.command(&line).await.1, email).await
}

#[tokio::test]
async fn signing_keys_are_made_before_their_time_and_removed() {
    let app = TestApp::with(&[("JWT_SECRET", ""), ("JWT_ALGORITHM", "ES256")]).await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let token = john.log_in(&app).await;
    let keys = async || json(owner.get(&app, "/signing-keys").await, 200).await;
    let before = keys().await;
    assert_eq!((before["items"].as_array().unwrap().len(), &before["items"][0]["state"]), (1, &json!("signing")));
    let rotated = json(owner.post(&app, "/signing-keys/rotate", json!({})).await, 200).await;
    let states: Vec<&Value> = rotated["items"].as_array().unwrap().iter().map(|key| &key["state"]).collect();
    assert_eq!(states, ["published", "signing"]);
    let old = format!("/signing-keys/{}", before["items"][0]["kid"].as_str().unwrap());
    let retire = async |body: Value| owner.request(&app, Method::DELETE, &old).json(&body).send().await.unwrap();
    assert_eq!(problem(retire(json!({})).await, 409).await["code"], "key.in_use");
    assert_eq!(app.get_as(&token, "/User1/me").await.status(), 200);
    assert_eq!(retire(json!({"force": true})).await.status(), 200);
    app.run_maintenance().await;
    assert_eq!(app.get_as(&token, "/User1/me").await.status(), 401, "its tokens are invalid");
    assert_eq!(app.get_as(&john.log_in(&app).await, "/User1/me").await.status(), 200);
    assert_eq!(retire(json!({"force": true})).await.status(), 404);
    let (code, listed) = app.command(&["keys", "list"]).await;
    assert_eq!((code, &listed["items"][0]["kid"]), (0, &rotated["items"][0]["kid"]));
    app.advance(Duration::from_secs(11 * 60));
    assert_eq!(problem(owner.post(&app, "/signing-keys/rotate", json!({})).await, 401).await["code"], "auth.stale");
    let rows = app.audit("admin").await;
    for event in ["keys_rotated", "key_retired"] {
        assert!(rows.iter().any(|row| row.event == event), "{event}");
    }
}

#[tokio::test]
async fn two_keys_removed_at_once_leave_one_that_signs() {
    let app = TestApp::with(&[("JWT_SECRET", ""), ("JWT_ALGORITHM", "ES256")]).await;
    let owner = app.owner().await;
    for _ in 0..5 {
        let rotated = json(owner.post(&app, "/signing-keys/rotate", json!({})).await, 200).await;
        let kids: Vec<&str> =
            rotated["items"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
        let retire = |kid: &&str| {
            let path = format!("/signing-keys/{kid}");
            owner.request(&app, Method::DELETE, &path).json(&json!({"force": true})).send()
        };
        let removed = futures_util::future::join_all(kids.iter().map(retire)).await;
        assert!(removed.into_iter().all(|answer| answer.unwrap().status() == 200));
        let left = json(owner.get(&app, "/signing-keys").await, 200).await;
        assert!(!left["items"].as_array().unwrap().is_empty());
    }
}

/// Maintenance removes the predecessor, whose tokens are no longer valid.
#[tokio::test]
async fn a_key_removed_together_with_its_predecessor_leaves_one_that_signs() {
    let app = TestApp::with(&[("JWT_SECRET", ""), ("JWT_ALGORITHM", "ES256")]).await;
    let owner = app.owner().await;
    for _ in 0..5 {
        let recent = Admin { cookie: app.sign_in(&owner.email, PASSWORD).await, ..owner.clone() };
        let rotated = json(recent.post(&app, "/signing-keys/rotate", json!({})).await, 200).await;
        let newest = format!("/signing-keys/{}", rotated["items"][0]["kid"].as_str().unwrap());
        app.advance(Duration::from_secs(2 * 24 * 3600));
        let recent = Admin { cookie: app.sign_in(&owner.email, PASSWORD).await, ..owner.clone() };
        let removal = recent.request(&app, Method::DELETE, &newest).json(&json!({"force": true})).send();
        let (removed, ()) = tokio::join!(removal, app.run_maintenance());
        assert_eq!(removed.unwrap().status(), 200);
        let left = json(recent.get(&app, "/signing-keys").await, 200).await;
        assert!(!left["items"].as_array().unwrap().is_empty());
    }
}

#[tokio::test]
async fn settings_are_shown_with_their_source_and_without_secrets() {
    let app = TestApp::with(&[("REALM_USER2_SIGNUP", "closed"), ("SEARCH_BUDGET", "3s")]).await;
    let owner = app.owner().await;
    let text = owner.get(&app, "/settings").await.text().await.unwrap();
    assert!(!text.contains(crate::support::JWT_SECRET) && !text.contains("AAECAwQFBgc"), "{text}");
    let settings: Value = serde_json::from_str(&text).unwrap();
    let find =
        |list: &Value, name: &str| list.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!(find(&settings["items"], "JWT_SECRET")["value"], "set");
    let budget = find(&settings["items"], "SEARCH_BUDGET");
    assert_eq!((&budget["value"], &budget["default"]), (&json!("3s"), &json!("2s")));
    assert!(budget["source"].as_str().unwrap().contains("environment"), "{budget}");
    let realm = json(owner.get(&app, "/realms/User2").await, 200).await;
    assert_eq!((&realm["name"], &realm["signup"]), (&json!("User2"), &json!("closed")));
    assert_eq!(find(&realm["policy"], "SIGNUP")["value"], "closed");
    let other = app.command(&["realms", "show", "--realm", "User1"]).await.1;
    assert_eq!(find(&other["policy"], "SIGNUP")["value"], "open");
    assert_eq!(owner.get(&app, "/realms/admin").await.status(), 404);
}

#[tokio::test]
async fn an_administrator_manages_the_own_account() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    app.sign_in(&owner.email, PASSWORD).await;
    let sessions = json(owner.get(&app, "/me/sessions").await, 200).await;
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2);
    let ended = owner.request(&app, Method::DELETE, "/me/sessions").send().await.unwrap();
    assert_eq!(json(ended, 200).await["ended"], 1);
    let third = Admin { cookie: app.sign_in(&owner.email, PASSWORD).await, ..owner.clone() };
    let change = |current: &str| json!({"current_password": current, "new_password": "copper-lantern-river"});
    assert_eq!(owner.post(&app, "/me/password", change("another-long-password")).await.status(), 403);
    assert_eq!(owner.post(&app, "/me/password", change(PASSWORD)).await.status(), 200);
    assert_eq!(third.get(&app, "/me").await.status(), 401, "all other sessions have ended");
    assert_eq!(owner.get(&app, "/me").await.status(), 200);
    app.sign_in(&owner.email, "copper-lantern-river").await;
    let events = json(owner.get(&app, "/me/events?limit=3").await, 200).await;
    assert_eq!((&events["items"][0]["event"], events["next"].is_string()), (&json!("admin_signed_in"), true));
    let offer = json(owner.post(&app, "/me/mfa/totp", json!({"name": "Phone"})).await, 200).await;
    let totp = Authenticator::of(&offer);
    let confirm = json!({"enrolment": offer["enrolment"], "code": totp.code(&app)});
    let added = json(owner.post(&app, "/me/mfa/totp/confirm", confirm).await, 201).await;
    app.advance(Duration::from_secs(60));
    let proof = json!({"current_password": "copper-lantern-river", "code": totp.code(&app)});
    assert_eq!(owner.post(&app, "/me/step_up", proof).await.status(), 200);
    let renewed = json(owner.post(&app, "/me/mfa/recovery_codes", json!({})).await, 201).await;
    assert!(renewed["recovery_codes"].as_array().unwrap().len() == 10 && renewed != added);
    let path = format!("/me/mfa/{}", added["id"].as_str().unwrap());
    assert_eq!(owner.request(&app, Method::DELETE, &path).send().await.unwrap().status(), 200);
    assert_eq!(json(owner.get(&app, "/me").await, 200).await["two_step"], false);
    let key = json(owner.post(&app, "/admin-keys", json!({"name": "job", "grants": ["owner@*"]})).await, 201).await;
    for path in ["/me/sessions", "/me/events"] {
        let answer = app.get_as(key["key"].as_str().unwrap(), &format!("/v1/admin{path}")).await;
        assert_eq!(problem(answer, 401).await["code"], "admin.sign_in", "a key has no account: {path}");
    }
}
