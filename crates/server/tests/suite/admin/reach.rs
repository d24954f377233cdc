//! Boundaries of grants: the administrators' realm, pages opened from other networks, and the limit on read users.

use reqwest::Method;
use serde_json::json;

use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn a_realm_that_cannot_be_read_is_not_found_and_never_the_realm_of_administrators() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let manager = app.admin(&owner, "manager@example.com", &["manager@User1"]).await;
    for admin in [&owner, &manager] {
        for realm in ["%FF", "admin", "%61dmin", "%00", ""] {
            let path = format!("/realms/{realm}/users");
            assert_eq!(admin.get(&app, &path).await.status(), 404, "{path}");
            let search = admin.post(&app, &format!("{path}/search"), json!({"q": "owner"})).await;
            assert_eq!(search.status(), 404, "{path}");
            let body = json!({"email": "eve@example.com", "email_verified": true, "send": "nothing"});
            assert_eq!(admin.post(&app, &path, body).await.status(), 404, "{path}");
            let end = admin.post(&app, &format!("/realms/{realm}/sessions/end"), json!({"reason": "none"})).await;
            assert_eq!(end.status(), 404, "{path}");
        }
    }
    assert_eq!(owner.get(&app, "/me").await.status(), 200, "no session was ended");
}

#[tokio::test]
async fn no_link_creates_an_administrator_if_administration_is_off_or_elsewhere() {
    for setting in [("ADMIN", "off"), ("ADMIN_NETWORKS", "10.0.0.0/8"), ("ADMIN_LISTEN", "127.0.0.1:0")] {
        let app = TestApp::with(&[setting]).await;
        let (code, invited) =
            app.command(&["admins", "invite", "owner@example.com", "--role", "owner", "--print"]).await;
        assert_eq!(code, 0);
        let link = invited["invitation_url"].as_str().unwrap();
        assert_eq!(app.visit(link).await.status(), 404, "{setting:?}");
        let sent = app.http.post(link.replace("reset_password_form", "reset_password"));
        assert_eq!(sent.form(&[("password", "violet-teapot-hammer")]).send().await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn an_administrator_who_only_helps_lists_no_more_users_than_the_limit_over_all_realms() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_ADMIN_READS_ACCOUNT", "4/1h")]).await;
    let owner = app.owner().await;
    let support = app.admin(&owner, "support@example.com", &["support@*"]).await;
    for realm in ["User1", "User2"] {
        Person::new("john@example.com").of(realm).join(&app).await;
    }
    for path in ["/realms/User1/users", "/realms/User2/users", "/realms/User1/users?limit=1"] {
        assert_eq!(support.get(&app, path).await.status(), 200, "{path}");
    }
    let search = |words: &str| support.post(&app, "/realms/User2/users/search", json!({"q": words}));
    assert_eq!(search("missing").await.status(), 200);
    for words in ["missing", "john"] {
        assert_eq!(search(words).await.status(), 429, "a search without a hit counts too: {words}");
    }
    assert_eq!(owner.get(&app, "/realms/User1/users").await.status(), 200, "a manager may read all");
}

#[tokio::test]
async fn a_right_key_does_not_wait_for_wrong_ones() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce")]).await;
    let owner = app.owner().await;
    let key = json(owner.post(&app, "/admin-keys", json!({"name": "job", "grants": ["auditor@*"]})).await, 201).await;
    let ask = |key: String| app.request(Method::GET, "/v1/admin/realms").bearer_auth(key).send();
    for _ in 0..5 {
        assert_eq!(ask("junk".to_owned()).await.unwrap().status(), 401);
    }
    problem(ask("junk".to_owned()).await.unwrap(), 429).await;
    let right = key["key"].as_str().unwrap();
    let all = futures_util::future::join_all((0..10).map(|_| ask(right.to_owned()))).await;
    assert!(all.into_iter().all(|answer| answer.unwrap().status() == 200));
}

#[tokio::test]
async fn a_request_with_the_cookie_of_an_administrator_from_another_origin_is_rejected_whatever_the_browser_says() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let body = json!({"name": "job", "grants": ["auditor@*"]});
    let request = owner.request(&app, Method::POST, "/admin-keys").header("Origin", "https://evil.example");
    assert_eq!(problem(request.json(&body).send().await.unwrap(), 403).await["code"], "request.cross_site");
    let request = owner.request(&app, Method::POST, "/admin-keys").header("Origin", &app.base);
    assert_eq!(request.json(&body).send().await.unwrap().status(), 201);
}
