//! Invitations of users.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, admin::REASON, json, problem};

const EMAIL: &str = "ada@example.com";

async fn invite(app: &TestApp, owner: &crate::support::admin::Admin, more: Value) -> Value {
    let mut body = json!({"email": EMAIL, "first_name": "Ada", "roles": ["editor"], "attributes": {"plan": "team"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json(owner.post(app, "/realms/User1/users", body).await, 201).await
}

#[tokio::test]
async fn an_invitation_becomes_the_user_with_its_id_profile_and_roles() {
    let app = TestApp::with(&[("SIGNUP", "invite")]).await;
    let owner = app.owner().await;
    let invited = invite(&app, &owner, json!({})).await;
    assert_eq!(invited["status"], "invited");
    let listed = json(owner.get(&app, "/realms/User1/users?status=invited").await, 200).await;
    assert_eq!(listed["items"][0]["id"], invited["id"]);
    let link = app.link(EMAIL, "reset_password_form").await;
    assert_eq!(app.visit(&link).await.status(), 200, "a visit spends nothing");
    let accept = app.http.post(link.replace("reset_password_form", "reset_password"));
    assert_eq!(accept.form(&[("password", "violet-teapot-hammer")]).send().await.unwrap().status(), 200);
    let token = Person::new(EMAIL).with_password("violet-teapot-hammer").log_in(&app).await;
    let me = json(app.get_as(&token, "/User1/me").await, 200).await;
    assert_eq!((&me["id"], &me["first_name"], &me["roles"]), (&invited["id"], &json!("Ada"), &json!(["editor"])));
    assert_eq!(me["attributes"], json!({"plan": "team"}));
    let path = format!("/realms/User1/users/{}", invited["id"].as_str().unwrap());
    let seen = json(owner.get(&app, &path).await, 200).await;
    assert_eq!((&seen["status"], &seen["created_by"]), (&json!("active"), &json!("admin")));
    let again = app.http.post(link.replace("reset_password_form", "reset_password"));
    assert_eq!(again.form(&[("password", "another-long-password")]).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn an_invited_address_is_taken_and_every_request_mails_the_invitation_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    invite(&app, &owner, json!({})).await;
    let taken = owner.post(&app, "/realms/User1/users", json!({"email": EMAIL})).await;
    assert_eq!(problem(taken, 409).await["code"], "email.taken");
    let subjects = async || {
        let mails = app.mails_to(EMAIL).await;
        mails.iter().map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(subjects().await.len(), 1);
    json(app.post_json("/User1/create", Person::new(EMAIL).form()).await, 200).await;
    json(app.post_json("/User1/forget_password", json!({"email": EMAIL})).await, 200).await;
    json(app.post_json("/User1/verify/resend", json!({"email": EMAIL})).await, 200).await;
    let subjects = subjects().await;
    assert!(subjects.len() == 4 && subjects.iter().all(|subject| subject.contains("invited")), "{subjects:?}");
    assert_eq!(app.login("User1", EMAIL, "securepassword123").await.status(), 403, "the sign-up is not verified");
}

#[tokio::test]
async fn a_new_link_invalidates_the_older_one_and_a_withdrawn_invitation_is_no_more() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let invited = invite(&app, &owner, json!({})).await;
    let path = format!("/realms/User1/users/{}", invited["id"].as_str().unwrap());
    let old = app.link(EMAIL, "reset_password_form").await;
    json(owner.request(&app, Method::POST, &format!("{path}/invite")).send().await.unwrap(), 200).await;
    let new = app.link(EMAIL, "reset_password_form").await;
    assert_eq!((app.visit(&old).await.status().as_u16(), app.visit(&new).await.status().as_u16()), (400, 200));
    let reset = owner.post(&app, &format!("{path}/reset"), json!({})).await;
    assert_eq!(problem(reset, 409).await["code"], "user.status", "an invitation has no password");
    let erased = owner.change(&app, Method::DELETE, &path, json!({"reason": REASON})).await;
    assert_eq!(erased.status(), 200);
    assert_eq!(app.visit(&new).await.status(), 400);
    Person::new(EMAIL).join(&app).await.log_in(&app).await;
}

#[tokio::test]
async fn with_a_verified_address_the_user_exists_immediately_without_a_password() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let user = invite(&app, &owner, json!({"email_verified": true})).await;
    assert_eq!((&user["status"], &user["password"]["kind"]), (&json!("active"), &json!("none")));
    let link = app.link(EMAIL, "reset_password_form").await;
    let sent = app.http.post(link.replace("reset_password_form", "reset_password"));
    assert_eq!(sent.form(&[("password", "violet-teapot-hammer")]).send().await.unwrap().status(), 200);
    Person::new(EMAIL).with_password("violet-teapot-hammer").log_in(&app).await;
}

#[tokio::test]
async fn an_edit_replaces_roles_and_an_owner_gives_another_address_that_can_be_undone() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let manager = app.admin(&owner, "manager@example.com", &["manager@User1"]).await;
    let path = format!("/realms/User1/users/{}", john.id);
    let edit = json!({"first_name": "Jack", "roles": ["editor", "editor"], "attributes": {"plan": "team"}});
    let edited = json(manager.change(&app, Method::PATCH, &path, edit).await, 200).await;
    assert_eq!((&edited["first_name"], &edited["roles"]), (&json!("Jack"), &json!(["editor"])));
    let bad =
        problem(manager.change(&app, Method::PATCH, &path, json!({"roles": ["9"], "nickname": 1})).await, 422).await;
    let fields: Vec<&Value> = bad["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["nickname", "roles"]);
    let moved = json!({"email": "jack@example.com", "reason": REASON});
    assert_eq!(
        problem(manager.change(&app, Method::PATCH, &path, moved.clone()).await, 403).await["code"],
        "admin.forbidden"
    );
    let token = john.log_in(&app).await;
    let moved = json(owner.change(&app, Method::PATCH, &path, moved).await, 200).await;
    assert_eq!(moved["email"], "jack@example.com");
    assert_eq!(app.get_as(&token, "/User1/me").await.status(), 401, "all sessions have ended");
    Person { email: "jack@example.com".to_owned(), ..john.clone() }.log_in(&app).await;
    let undo = app.link("john@example.com", "undo").await;
    let (page, token) = undo.split_once("?token=").unwrap();
    assert_eq!(app.http.post(page).form(&[("token", token)]).send().await.unwrap().status(), 200);
    let back = json(owner.get(&app, &path).await, 200).await;
    assert_eq!((&back["email"], &back["password"]["compromised"]), (&json!("john@example.com"), &json!(true)));
}
