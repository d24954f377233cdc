//! An impersonation session ends with the session, the grants or the account of its impersonator.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Person, TestApp,
    admin::{Admin, REASON},
    json,
};

const GRANTS: [&str; 2] = ["support@User1", "impersonate@User1"];

async fn is_live(app: &TestApp, token: &str) -> bool {
    match app.get_as(token, "/User1/me").await.status().as_u16() {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

/// Returns the claims of a token without verifying it.
fn claims(token: &str) -> Value {
    let part = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes());
    serde_json::from_slice(&part.unwrap()).unwrap()
}

#[tokio::test]
async fn it_is_rejected_at_the_next_request_after_its_administrator_may_act_no_more() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let twin = if app.is_shared() { Some(app.twin_behind_one_url().await) } else { None };
    let other = twin.as_ref().unwrap_or(&app);
    let ends: [(&str, &str); 4] =
        [("signed out", "out"), ("grant revoked", "grant"), ("removed", "gone"), ("idle", "idle")];
    for (why, name) in ends {
        let helper = app.admin(&owner, &format!("{name}@example.com"), &GRANTS).await;
        let token = app.impersonate_as(&helper, &john).await;
        assert!(is_live(&app, &token).await && is_live(other, &token).await, "{why}");
        let path = format!("/admins/{}", helper.id);
        match name {
            "out" => assert_eq!(helper.post(&app, "/sign_out", json!({})).await.status(), 200),
            "grant" => {
                let left = json!({"grants": ["support@User1"]});
                let taken = owner.request(&app, Method::PUT, &format!("{path}/grants")).json(&left);
                assert_eq!(taken.send().await.unwrap().status(), 200);
            }
            "gone" => assert_eq!(owner.request(&app, Method::DELETE, &path).send().await.unwrap().status(), 200),
            _ => app.advance(Duration::from_secs(31 * 60)),
        }
        assert!(!is_live(other, &token).await, "{why}");
        let sessions = json(app.get_as(&john.log_in(&app).await, "/User1/me/sessions").await, 200).await;
        let acting = sessions["sessions"].as_array().unwrap().iter().filter(|one| one["impersonated"] == true);
        assert_eq!(acting.count(), 0, "{why}: {sessions}");
    }
    let ended = app.audit("User1").await.into_iter().filter(|row| row.event == "impersonation_ended");
    assert_eq!(ended.filter(|row| row.user.as_ref().unwrap().as_str() == john.id).count(), 4);
}

#[tokio::test]
async fn a_session_of_the_list_or_of_introspection_ends_too_without_a_request_of_its_own() {
    let app = TestApp::with(&[("API_CLIENTS", "shop:the-secret-of-the-shop-is-long-enough")]).await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let own = john.log_in(&app).await;
    for by_list in [true, false] {
        let helper = app.admin(&owner, &format!("helper-{by_list}@example.com"), &GRANTS).await;
        let token = app.impersonate_as(&helper, &john).await;
        assert_eq!(helper.post(&app, "/sign_out", json!({})).await.status(), 200);
        if by_list {
            let sessions = json(app.get_as(&own, "/User1/me/sessions").await, 200).await;
            assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "{sessions}");
        } else {
            let asked = app.request(Method::POST, "/User1/introspect");
            let asked = asked.basic_auth("shop", Some("the-secret-of-the-shop-is-long-enough"));
            let seen = json(asked.form(&[("token", &token)]).send().await.unwrap(), 200).await;
            assert_eq!(seen, json!({"active": false}));
        }
        assert!(!is_live(&app, &token).await);
    }
}

#[tokio::test]
async fn a_key_acts_under_its_own_name_and_its_sessions_end_with_it() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let body = json!({"name": "desk", "grants": GRANTS, "allow": ["impersonate"]});
    let key = json(owner.post(&app, "/admin-keys", body).await, 201).await;
    let path = format!("/v1/admin/realms/User1/users/{}/impersonate", john.id);
    let request = app.request(Method::POST, &path).bearer_auth(key["key"].as_str().unwrap());
    let opened = json(request.json(&json!({"reason": REASON})).send().await.unwrap(), 201).await;
    let (token, id) = (opened["access_token"].as_str().unwrap(), key["id"].as_str().unwrap());
    assert_eq!(claims(token)["act"]["sub"], format!("key:{id}"));
    assert!(is_live(&app, token).await);
    let change = app.request(Method::PATCH, "/User1/me").bearer_auth(token).json(&json!({"first_name": "Eve"}));
    assert_eq!(change.send().await.unwrap().status(), 403);
    let rows = app.audit("User1").await;
    for event in ["impersonation_began", "impersonation_refused"] {
        let row = rows.iter().find(|row| row.event == event).unwrap();
        assert_eq!((row.actor_kind.as_str(), row.actor_id.as_deref()), ("key", Some(id)), "{event}");
    }
    let revoked = owner.request(&app, Method::DELETE, &format!("/admin-keys/{id}")).send().await.unwrap();
    assert_eq!(revoked.status(), 200);
    assert!(!is_live(&app, token).await);
}

#[tokio::test]
async fn a_key_has_no_more_than_its_maker_has_and_ends_with_the_account_of_its_maker() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let second = app.admin(&owner, "second@example.com", &["owner@*"]).await;
    let make = async |by: &Admin, grants: Value| {
        json(by.post(&app, "/admin-keys", json!({"name": "job", "grants": grants})).await, 201).await
    };
    let key = make(&second, json!(["manager@*"])).await;
    let of_owner = make(&owner, json!(["auditor@*"])).await;
    let ask = async |key: &Value, path: &str| {
        app.get_as(key["key"].as_str().unwrap(), &format!("/v1/admin{path}")).await.status().as_u16()
    };
    assert_eq!((ask(&key, "/realms/User1/users").await, ask(&key, "/realms/User2/users").await), (200, 200));
    let path = format!("/admins/{}", second.id);
    let less = json!({"grants": ["support@User1"]});
    let demoted = owner.request(&app, Method::PUT, &format!("{path}/grants")).json(&less).send().await.unwrap();
    assert_eq!(demoted.status(), 200);
    assert_eq!((ask(&key, "/realms/User1/users").await, ask(&key, "/realms/User2/users").await), (200, 404));
    let create = app.request(Method::POST, "/v1/admin/realms/User1/users").bearer_auth(key["key"].as_str().unwrap());
    let create = create.json(&json!({"email": "ada@example.com"})).send().await.unwrap();
    assert_eq!(create.status(), 403, "the creator is no longer a manager");
    assert_eq!(owner.request(&app, Method::DELETE, &path).send().await.unwrap().status(), 200);
    assert_eq!(ask(&key, "/realms/User1/users").await, 401);
    assert_eq!(ask(&of_owner, "/realms/User1/users").await, 200);
    let listed = json(owner.get(&app, "/admin-keys").await, 200).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
}
