//! The last owner can never be removed.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, json, problem};

#[tokio::test]
async fn the_last_owner_cannot_be_removed_or_demoted() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let path = format!("/admins/{}", owner.id);
    let removed = owner.request(&app, Method::DELETE, &path).send().await.unwrap();
    assert_eq!(problem(removed, 409).await["code"], "owner.last");
    let demote = owner.request(&app, Method::PUT, &format!("{path}/grants")).json(&json!({"grants": ["auditor@*"]}));
    assert_eq!(problem(demote.send().await.unwrap(), 409).await["code"], "owner.last");
    let (code, _) = app.command(&["admins", "revoke", "owner@example.com", "--yes"]).await;
    assert_eq!(code, 1, "not from the machine either");
    // An invited owner does not count yet.
    let invited = json!({"email": "second@example.com", "grants": ["owner@*"]});
    assert_eq!(owner.post(&app, "/admins", invited).await.status(), 201);
    let removed = owner.request(&app, Method::DELETE, &path).send().await.unwrap();
    assert_eq!(removed.status(), 409);
}

#[tokio::test]
async fn of_owners_who_remove_each_other_at_the_same_moment_one_is_left() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut owners = vec![owner.clone()];
    for number in 1..5 {
        owners.push(app.admin(&owner, &format!("owner{number}@example.com"), &["owner@*"]).await);
    }
    // Each owner removes the next one, ten times.
    let requests = (0..50).map(|number| {
        let (by, whom) = (&owners[number % 5], &owners[(number + 1) % 5]);
        by.request(&app, Method::DELETE, &format!("/admins/{}", whom.id)).send()
    });
    join_all(requests).await;
    let (code, left) = app.command(&["admins", "list"]).await;
    assert_eq!(code, 0);
    let left = left["items"].as_array().unwrap();
    assert!(!left.is_empty() && left.iter().all(|admin| admin["grants"] == json!(["owner@*"])), "{left:?}");
}

#[tokio::test]
async fn only_a_global_owner_grants_roles_beyond_their_own_and_no_key_manages_keys() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let key = json!({"name": "everything", "grants": ["owner@*"]});
    let key = json(owner.post(&app, "/admin-keys", key).await, 201).await;
    let asking = |method: Method, path: &str| {
        app.request(method, &format!("/v1/admin{path}")).bearer_auth(key["key"].as_str().unwrap())
    };
    assert_eq!(asking(Method::GET, "/admins").send().await.unwrap().status(), 403);
    let invite = asking(Method::POST, "/admins").json(&json!({"email": "eve@example.com", "grants": ["owner@*"]}));
    assert_eq!(problem(invite.send().await.unwrap(), 403).await["code"], "admin.forbidden");
    let another = asking(Method::POST, "/admin-keys").json(&json!({"name": "another", "grants": ["owner@*"]}));
    assert_eq!(problem(another.send().await.unwrap(), 403).await["code"], "admin.forbidden");
}
