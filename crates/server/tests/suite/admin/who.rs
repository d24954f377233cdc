//! Authentication of administrators: sessions, grants, networks and second factors.

use reqwest::Method;
use serde_json::json;

use crate::support::{
    Person, TestApp,
    admin::{PASSWORD, REASON},
    json, problem,
};

#[tokio::test]
async fn the_first_owner_is_invited_on_the_machine_and_signs_in() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let me = json(owner.get(&app, "/me").await, 200).await;
    assert_eq!((&me["email"], &me["grants"]), (&json!("owner@example.com"), &json!(["owner@*"])));
    // The link can be used once, and the administrators' realm has no other sign-in.
    for path in ["/admin/login", "/v1/admin/login", "/admin/create", "/v1/admin/token", "/admin/me"] {
        assert_eq!(app.post_json(path, json!({})).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn without_credentials_every_route_asks_to_sign_in() {
    let app = TestApp::start().await;
    assert_eq!(problem(app.get("/v1/admin/realms").await, 401).await["code"], "admin.sign_in");
    let refused = problem(app.post_json("/v1/admin/sign_in", json!({})).await, 422).await;
    assert_eq!((&refused["errors"][0]["field"], &refused["errors"][1]["field"]), (&json!("email"), &json!("password")));
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let answer = app.get_as(&token, "/v1/admin/realms").await;
    assert_eq!(problem(answer, 401).await["code"], "admin.sign_in", "a user's token is not accepted");
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let asking = |site: Option<(&str, String)>| {
        let request = app.request(Method::POST, "/v1/admin/sign_out").header("Cookie", &owner.cookie);
        match site {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    };
    for site in
        [None, Some(("Sec-Fetch-Site", "cross-site".to_owned())), Some(("Origin", "https://evil.example".to_owned()))]
    {
        let answer = asking(site).send().await.unwrap();
        assert_eq!(problem(answer, 403).await["code"], "request.cross_site");
    }
    assert_eq!(asking(Some(("Origin", app.base.clone()))).send().await.unwrap().status(), 200);
    assert_eq!(owner.get(&app, "/me").await.status(), 401, "the session has ended");
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for _ in 0..20 {
        app.advance(std::time::Duration::from_secs(25 * 60));
        assert_eq!(owner.get(&app, "/me").await.status(), 200);
    }
    app.advance(std::time::Duration::from_secs(31 * 60));
    assert_eq!(owner.get(&app, "/me").await.status(), 401);
    let cookie = app.sign_in(&owner.email, PASSWORD).await;
    let again = crate::support::admin::Admin { cookie, ..owner };
    for minute in (0..720).step_by(25) {
        let expected = if minute < 720 { 200 } else { 401 };
        assert_eq!(again.get(&app, "/me").await.status(), expected, "{minute}");
        app.advance(std::time::Duration::from_secs(25 * 60));
    }
    assert_eq!(again.get(&app, "/me").await.status(), 401, "twelve hours are the most");
}

#[tokio::test]
async fn a_grant_reaches_its_realm_and_never_the_administrators() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let manager = app.admin(&owner, "manager@example.com", &["manager@User1"]).await;
    assert_eq!(manager.get(&app, "/realms/User1/users").await.status(), 200);
    for who in [&manager, &owner] {
        assert_eq!(problem(who.get(&app, "/realms/admin/users").await, 404).await["code"], "not_found");
    }
    assert_eq!(manager.get(&app, "/realms/User2/users").await.status(), 404, "not even that the realm exists");
    assert_eq!(problem(manager.get(&app, "/admins").await, 403).await["code"], "admin.forbidden");
    let realms = json(manager.get(&app, "/realms").await, 200).await;
    assert_eq!(realms["items"], json!([{"name": "User1", "signup": "open"}]));
    let other = app.admin(&owner, "other@example.com", &["owner@User2"]).await;
    assert_eq!(problem(other.get(&app, "/admins").await, 403).await["code"], "admin.forbidden");
}

#[tokio::test]
async fn a_revoked_grant_is_rejected_at_the_next_request() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let support = app.admin(&owner, "support@example.com", &["support@User1", "auditor@User2"]).await;
    assert_eq!(support.get(&app, "/realms/User1/users").await.status(), 200);
    let path = format!("/admins/{}/grants", support.id);
    let request = owner.request(&app, Method::PUT, &path).json(&json!({"grants": ["auditor@User2"]}));
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(support.get(&app, "/realms/User1/users").await.status(), 404);
    assert_eq!(support.get(&app, "/realms/User2/users").await.status(), 200);
}

#[tokio::test]
async fn where_administration_is_off_or_the_network_is_another_there_are_no_routes() {
    for setting in [("ADMIN", "off"), ("ADMIN_NETWORKS", "10.0.0.0/8"), ("ADMIN_LISTEN", "127.0.0.1:0")] {
        let app = TestApp::with(&[setting]).await;
        assert_eq!(app.get("/v1/admin/realms").await.status(), 404, "{setting:?}");
        let signing_in = app.post_json("/v1/admin/sign_in", json!({"email": "a@example.com"})).await;
        assert_eq!(signing_in.status(), 404, "{setting:?}");
        let (code, realms) = app.command(&["realms", "list"]).await;
        assert_eq!((code, realms["items"].as_array().unwrap().len()), (0, 2), "the machine itself is always let in");
    }
}

#[tokio::test]
async fn with_a_required_second_factor_an_administrator_without_one_can_only_add_it() {
    let app = TestApp::with(&[("ADMIN_MFA", "required")]).await;
    let owner = app.owner().await;
    assert_eq!(problem(owner.get(&app, "/realms").await, 403).await["code"], "mfa.required");
    let offer = json(owner.post(&app, "/me/mfa/totp", json!({"name": "Phone"})).await, 200).await;
    let totp = crate::support::Authenticator::of(&offer);
    let confirm = json!({"enrolment": offer["enrolment"], "code": totp.code(&app)});
    let added = json(owner.post(&app, "/me/mfa/totp/confirm", confirm).await, 201).await;
    assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(owner.get(&app, "/realms").await.status(), 200);
    // From now on the password alone is not sufficient.
    app.advance(std::time::Duration::from_secs(60));
    let credentials = json!({"email": owner.email, "password": PASSWORD});
    assert_eq!(problem(app.post_json("/v1/admin/sign_in", credentials).await, 403).await["code"], "mfa.required");
    let wrong = json!({"email": owner.email, "password": PASSWORD, "code": totp.wrong(&app)});
    assert_eq!(problem(app.post_json("/v1/admin/sign_in", wrong).await, 400).await["code"], "mfa.invalid");
    let credentials = json!({"email": owner.email, "password": PASSWORD, "code": totp.code(&app)});
    assert_eq!(app.post_json("/v1/admin/sign_in", credentials).await.status(), 200);
}

#[tokio::test]
async fn what_is_dangerous_needs_a_recent_proof() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    app.advance(std::time::Duration::from_secs(11 * 60));
    let path = format!("/realms/User1/users/{}", john.id);
    let erase = async || owner.change(&app, Method::DELETE, &path, json!({"reason": REASON})).await;
    assert_eq!(problem(erase().await, 401).await["code"], "auth.stale");
    let wrong = owner.post(&app, "/me/step_up", json!({"current_password": "another-long-password"})).await;
    assert_eq!(problem(wrong, 403).await["code"], "password.wrong");
    assert_eq!(owner.post(&app, "/me/step_up", json!({"current_password": PASSWORD})).await.status(), 200);
    assert_eq!(erase().await.status(), 200);
    assert_eq!(owner.get(&app, &path).await.status(), 404);
}
