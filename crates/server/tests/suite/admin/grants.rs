//! Changes of grants, and who may list administrators.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, json, problem};

#[tokio::test]
async fn grants_that_are_given_and_taken_at_the_same_time_are_all_counted() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    app.admin(&owner, "helper@example.com", &["auditor@User1"]).await;
    let roles = ["auditor@User2", "support@User1", "support@User2", "manager@User1", "impersonate@User1"];
    let callers = join_all(roles.map(|_| app.beside())).await;
    let change = async |verb: &'static str| {
        let all = roles.iter().zip(&callers).map(async |(role, caller)| {
            app.command_of(caller, &["admins", verb, "helper@example.com", "--role", role]).await.0
        });
        assert!(join_all(all).await.iter().all(|code| *code == 0), "{verb}");
        let listed = app.command(&["admins", "list"]).await.1;
        let is_helper = |admin: &&Value| admin["email"] == "helper@example.com";
        let grants = listed["items"].as_array().unwrap().iter().find(is_helper).unwrap()["grants"].clone();
        serde_json::from_value::<BTreeSet<String>>(grants).unwrap()
    };
    let all = roles.iter().copied().chain(["auditor@User1"]).map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(change("grant").await, all);
    assert_eq!(change("revoke").await, BTreeSet::from(["auditor@User1".to_owned()]));
}

#[tokio::test]
async fn grants_are_replaced_at_the_revision_that_was_seen_and_the_same_ones_not_written_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let helper = app.admin(&owner, "helper@example.com", &["auditor@User1"]).await;
    let put = async |tag: Option<&str>, grants: Value| {
        let request = owner.request(&app, Method::PUT, &format!("/admins/{}/grants", helper.id));
        let request = tag.iter().fold(request, |request, tag| request.header("If-Match", format!("\"{tag}\"")));
        request.json(&json!({ "grants": grants })).send().await.unwrap()
    };
    let written = async || app.audit("admin").await.iter().filter(|row| row.event == "admin_granted").count();
    let same = json(put(Some("1"), json!(["auditor@User1", "auditor@User1"])).await, 200).await;
    assert_eq!((&same["revision"], written().await), (&json!(1), 0), "nothing is written");
    let more = json(put(Some("1"), json!(["support@User1"])).await, 200).await;
    assert_eq!((&more["revision"], written().await), (&json!(2), 1));
    assert_eq!(problem(put(Some("1"), json!(["manager@User1"])).await, 412).await["code"], "revision.stale");
    let remove = owner.request(&app, Method::DELETE, &format!("/admins/{}", helper.id));
    let remove = remove.header("If-Match", "\"1\"").send().await.unwrap();
    assert_eq!(problem(remove, 412).await["code"], "revision.stale");
    assert_eq!(helper.get(&app, "/realms/User1/users").await.status(), 200);
    assert_eq!(app.command(&["admins", "grant", "helper@example.com", "--role", "support@User1"]).await.0, 0);
    assert_eq!(written().await, 1);
}

#[tokio::test]
async fn an_invitation_link_is_printed_locally_and_emailed_otherwise() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for deliver in ["answer", "mail"] {
        let body = json!({"email": "eve@example.com", "grants": ["owner@*"], "deliver": deliver});
        let refused = problem(owner.post(&app, "/admins", body).await, 422).await;
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
            (&json!("deliver"), &json!("field.unknown"))
        );
    }
    let invited =
        json(owner.post(&app, "/admins", json!({"email": "eve@example.com", "grants": ["owner@*"]})).await, 201);
    assert!(invited.await.get("invitation_url").is_none());
    app.link("eve@example.com", "reset_password_form").await;
}

#[tokio::test]
async fn a_key_of_an_owner_sees_neither_administrators_nor_keys() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let key = json(owner.post(&app, "/admin-keys", json!({"name": "job", "grants": ["owner@*"]})).await, 201).await;
    let key = key["key"].as_str().unwrap();
    for path in ["/admins", "/admin-keys"] {
        let answer = app.get_as(key, &format!("/v1/admin{path}")).await;
        assert_eq!(problem(answer, 403).await["code"], "admin.forbidden", "{path}");
    }
    let path = format!("/v1/admin/admins/{}/reset", owner.id);
    let reset = app.request(Method::POST, &path).bearer_auth(key).send().await.unwrap();
    assert_eq!(reset.status(), 403);
    assert_eq!(app.get_as(key, "/v1/admin/realms/User1/users").await.status(), 200);
}

#[tokio::test]
async fn administrators_and_keys_are_listed_in_pages_to_both_sides() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for number in 0..5 {
        let body = json!({"email": format!("admin{number}@example.com"), "grants": ["auditor@*"]});
        assert_eq!(owner.post(&app, "/admins", body).await.status(), 201);
        let body = json!({"name": format!("key {number}"), "grants": ["auditor@*"]});
        assert_eq!(owner.post(&app, "/admin-keys", body).await.status(), 201);
    }
    for (path, number) in [("/admins", 6), ("/admin-keys", 5)] {
        let page = async |cursor: &Value| {
            let cursor = cursor.as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            json(owner.get(&app, &format!("{path}?limit=2{cursor}")).await, 200).await
        };
        let first = page(&Value::Null).await;
        let (mut pages, mut seen) = (vec![first], BTreeSet::new());
        while !pages.last().unwrap()["next"].is_null() {
            let next = page(&pages.last().unwrap()["next"]).await;
            pages.push(next);
        }
        for entry in pages.iter().flat_map(|page| page["items"].as_array().unwrap()) {
            seen.insert(entry["id"].as_str().unwrap().to_owned());
        }
        assert_eq!((pages.len(), seen.len()), (3, number), "{path}");
        assert!(pages[0]["prev"].is_null());
        assert_eq!(page(&pages[2]["prev"]).await["items"], pages[1]["items"], "{path}");
        let elsewhere = if path == "/admins" { "/admin-keys" } else { "/admins" };
        let other = format!("{elsewhere}?cursor={}", pages[0]["next"].as_str().unwrap());
        assert_eq!(problem(owner.get(&app, &other).await, 400).await["code"], "cursor.invalid");
    }
    for path in ["/admins", "/admin-keys", "/realms", "/nodes"] {
        let refused = problem(owner.get(&app, &format!("{path}?status=active")).await, 422).await;
        assert_eq!(refused["errors"][0]["code"], "field.unknown", "{path}");
    }
}
