//! Roles of users: in tokens, in the account and in introspection. Users cannot change them.

use std::time::Duration;

use portcullis_core::{
    account::{Role, User},
    id::{RealmName, UserId},
    port::UserOp,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, json, problem};

const SERVICE: (&str, &str) = ("shop", "the-secret-of-the-shop-is-long-enough");

/// Sets the roles of a user, like an administrator.
pub(super) async fn set(app: &TestApp, person: &Person, roles: &[&str]) {
    let store = app.store().await;
    let (realm, id) = (RealmName::parse(&person.realm).unwrap(), UserId::parse(&person.id).unwrap());
    let user = store.user(&realm, &id).await.unwrap().unwrap();
    let roles = roles.iter().map(|role| Role::parse(role).unwrap()).collect();
    store.commit(vec![UserOp::Update(User { roles, revision: user.revision + 1, ..user }).into()]).await.unwrap();
}

async fn introspect(app: &TestApp, token: &str) -> Value {
    let request = app.request(Method::POST, "/User1/introspect").basic_auth(SERVICE.0, Some(SERVICE.1));
    json(request.form(&[("token", token)]).send().await.unwrap(), 200).await
}

/// Returns the roles in a token without verifying it.
fn claimed(token: &Value) -> Value {
    let token = token.as_str().unwrap();
    let part = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes());
    serde_json::from_slice::<Value>(&part.unwrap()).unwrap()["roles"].clone()
}

#[tokio::test]
async fn a_token_keeps_its_roles_and_the_server_returns_the_current_ones() {
    let app = TestApp::with(&[("API_CLIENTS", &format!("{}:{}", SERVICE.0, SERVICE.1))]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let first = json(app.login("User1", &john.email, &john.password).await, 200).await;
    let token = first["access_token"].as_str().unwrap();
    assert_eq!(claimed(&first["access_token"]), Value::Null, "an empty list is left out");
    assert_eq!(json(app.get_as(token, "/User1/me").await, 200).await["roles"], json!([]));
    assert_eq!(introspect(&app, token).await["roles"], Value::Null);

    let roles = json!(["editor", "billing:read"]);
    set(&app, &john, &["editor", "billing:read"]).await;
    for path in ["/User1/me", "/User1", "/User1/me/export"] {
        let answer = json(app.get_as(token, path).await, 200).await;
        assert_eq!(*answer.pointer("/user/roles").unwrap_or(&answer["roles"]), roles, "{path}");
    }
    for kind in ["access_token", "refresh_token"] {
        assert_eq!(introspect(&app, first[kind].as_str().unwrap()).await["roles"], roles, "{kind}");
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", first["refresh_token"].as_str().unwrap())];
    let refreshed = json(app.post_form("/User1/token", &form).await, 200).await;
    let again = app.request(Method::POST, "/User1/me/step_up").bearer_auth(token);
    let again = again.json(&json!({"current_password": john.password})).send().await.unwrap();
    let again = json(again, 200).await;
    let second = json(app.login("User1", &john.email, &john.password).await, 200).await;
    for answer in [&refreshed, &again, &second] {
        assert_eq!(claimed(&answer["access_token"]), roles);
    }
    // Revoked roles disappear immediately where the server is queried.
    set(&app, &john, &[]).await;
    let newest = second["access_token"].as_str().unwrap();
    assert_eq!(introspect(&app, newest).await["roles"], Value::Null);
    assert_eq!(json(app.get_as(newest, "/User1/me").await, 200).await["roles"], json!([]));
}

#[tokio::test]
async fn roles_survive_user_changes_and_cannot_be_changed_by_users() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    set(&app, &john, &["editor"]).await;
    let token = john.log_in(&app).await;
    let patch = |body: Value| app.request(Method::PATCH, "/User1/me").bearer_auth(&token).json(&body).send();
    let refused = problem(patch(json!({"roles": ["owner"]})).await.unwrap(), 422).await;
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
        (&json!("roles"), &json!("field.unknown"))
    );
    assert_eq!(json(patch(json!({"first_name": "Ada"})).await.unwrap(), 200).await["roles"], json!(["editor"]));
    let created = json(
        app.post_json(
            "/User1/create",
            json!({
                "email": "eve@example.com", "password": "securepassword123", "roles": ["owner"],
            }),
        )
        .await,
        200,
    )
    .await;
    let eve = Person { id: created["id"].as_str().unwrap().to_owned(), ..Person::new("eve@example.com") };
    let eves = eve.verify(&app).await.log_in(&app).await;
    assert_eq!(json(app.get_as(&eves, "/User1/me").await, 200).await["roles"], json!([]));

    json(app.post_json("/User1/forget_password", json!({"email": john.email})).await, 200).await;
    let link = app.link(&john.email, "reset_password_form").await;
    let path = link.strip_prefix(&app.base).unwrap().replace("reset_password_form", "reset_password");
    assert_eq!(app.post_form(&path, &[("password", "violet-teapot-hammer")]).await.status(), 200);
    app.advance(Duration::from_secs(1));
    let token = john.with_password("violet-teapot-hammer").log_in(&app).await;
    assert_eq!(json(app.get_as(&token, "/User1/me").await, 200).await["roles"], json!(["editor"]));
}
