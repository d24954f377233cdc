//! The caller's email address: changed by a link to the new one, reserved and restored by a link to the old one.

use std::{sync::Arc, time::Duration};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Person, TestApp, json, problem};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn ask(app: &TestApp, token: &str, realm: &str, email: &str) -> Response {
    let request = app.request(Method::POST, &format!("/{realm}/me/email")).bearer_auth(token);
    request.json(&json!({ "email": email })).send().await.unwrap()
}

async fn me(app: &TestApp, token: &str) -> Value {
    json(app.get_as(token, "/User1/me").await, 200).await
}

fn secret(link: &str) -> &str {
    link.split_once("token=").unwrap().1
}

async fn post(app: &TestApp, page: &str, link: &str) -> Response {
    app.post_form(&format!("/User1/{page}"), &[("token", secret(link))]).await
}

/// Changes a user's email address, and returns the access token and the user with the new address.
async fn change(app: &TestApp, person: &Person, email: &str) -> (String, Person) {
    let token = person.log_in(app).await;
    json(ask(app, &token, &person.realm, email).await, 202).await;
    let link = app.link(email, "verify").await;
    assert_eq!(app.open(&link).await.status(), 200);
    (token, Person { email: email.to_owned(), ..person.clone() })
}

/// Returns the newest undo link in an email to this address.
async fn undo_link(app: &TestApp, email: &str) -> String {
    app.link(email, "undo").await
}

async fn subjects(app: &TestApp, email: &str) -> Vec<String> {
    app.mails_to(email).await.iter().map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

async fn can_log_in(app: &TestApp, email: &str, password: &str) -> bool {
    app.login("User1", email, password).await.status() == 200
}

/// Sets a password through the newest reset link to this address.
async fn reset(app: &TestApp, email: &str, password: &str) {
    let link = app.link(email, "reset_password_form").await;
    let set = app.post_form(&format!("/User1/reset_password?token={}", secret(&link)), &[("password", password)]).await;
    assert_eq!(set.status(), 200);
}

#[tokio::test]
async fn the_button_behind_the_link_replaces_the_address() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (here, elsewhere) = (john.log_in(&app).await, john.log_in(&app).await);
    let before = me(&app, &here).await;
    let answer = json(ask(&app, &here, "User1", " John@Example.ORG").await, 202).await;
    assert_eq!(answer["pending_email"], "john@example.org");
    assert!(answer["message"].is_string());
    let waiting = me(&app, &here).await;
    assert_eq!((&waiting["email"], &waiting["pending_email"]), (&before["email"], &json!("john@example.org")));
    assert_ne!(waiting["revision"], before["revision"], "the response has changed");

    let link = app.link("john@example.org", "verify").await;
    let path = link.strip_prefix(&app.base).unwrap();
    // Neither a browser nor an API client changes anything by opening the link.
    for (method, accept) in [(Method::GET, "text/html"), (Method::GET, "application/json"), (Method::HEAD, "*/*")] {
        let opened = app.request(method, path).header("Accept", accept).send().await.unwrap();
        assert_eq!(opened.status(), 200);
        assert_eq!(me(&app, &here).await["email"], "john@example.com");
    }
    let page = app.visit(&link).await.text().await.unwrap();
    assert!(page.contains("<form") && page.contains("john@example.org"), "{page}");

    let pressed = post(&app, "verify", &link).await;
    assert_eq!(pressed.status(), 303);
    let after = me(&app, &here).await;
    assert_eq!((&after["email"], &after["pending_email"]), (&json!("john@example.org"), &Value::Null));
    problem(app.get_as(&elsewhere, "/User1/me").await, 401).await;
    // Pressing the button again shows the same page and changes nothing.
    assert_eq!(post(&app, "verify", &link).await.status(), 303);
    assert!(app.visit(&link).await.text().await.unwrap().contains("Email confirmed"));
    assert_eq!(me(&app, &here).await["revision"], after["revision"]);
    assert!(can_log_in(&app, "john@example.org", &john.password).await);
    assert!(!can_log_in(&app, "john@example.com", &john.password).await);
    let old = subjects(&app, "john@example.com").await;
    assert_eq!(old[0], "The email address of your Portcullis account was changed");
}

#[tokio::test]
async fn a_request_needs_a_recent_login_or_the_password_and_another_address() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    for (email, code) in [("nonsense", "email.invalid"), ("JOHN@example.com", "email.unchanged")] {
        let refused = problem(ask(&app, &token, "User1", email).await, 422).await;
        assert_eq!(refused["errors"][0]["code"], code);
    }
    app.advance(Duration::from_secs(601));
    assert_eq!(problem(ask(&app, &token, "User1", "new@example.com").await, 401).await["code"], "auth.stale");
    let with = |password: &str| {
        let request = app.request(Method::POST, "/User1/me/email").bearer_auth(&token);
        request.json(&json!({ "email": "new@example.com", "current_password": password })).send()
    };
    assert_eq!(problem(with("not the password").await.unwrap(), 403).await["code"], "password.wrong");
    json(with(&john.password).await.unwrap(), 202).await;
}

#[tokio::test]
async fn a_later_request_or_a_dropped_one_ends_the_link() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    json(ask(&app, &token, "User1", "first@example.com").await, 202).await;
    let first = app.link("first@example.com", "verify").await;
    json(ask(&app, &token, "User1", "second@example.com").await, 202).await;
    let second = app.link("second@example.com", "verify").await;
    assert_eq!(post(&app, "verify", &first).await.status(), 400);
    let drop = || app.request(Method::DELETE, "/User1/me/email").bearer_auth(&token).send();
    json(drop().await.unwrap(), 200).await;
    assert_eq!(post(&app, "verify", &second).await.status(), 400);
    assert_eq!(me(&app, &token).await["pending_email"], Value::Null);
    problem(drop().await.unwrap(), 404).await;
}

#[tokio::test]
async fn the_response_is_the_same_for_a_taken_address_and_its_owner_is_notified() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let taken = json(ask(&app, &token, "User1", &jane.email).await, 202).await;
    let shown = me(&app, &token).await["pending_email"].clone();
    assert_eq!(shown, jane.email.as_str());
    assert_eq!(subjects(&app, &jane.email).await[0], "You already have an account with Portcullis");
    let free = json(ask(&app, &token, "User1", "free@example.com").await, 202).await;
    assert_eq!(taken["message"], free["message"]);
    // A user with the same address in another realm is not a conflict.
    let other = Person::new("other@example.com").of("User2").join(&app).await;
    let theirs = other.log_in(&app).await;
    json(ask(&app, &theirs, "User2", &jane.email).await, 202).await;
    assert_eq!(app.open(&app.link(&jane.email, "verify").await).await.status(), 200);
    assert_eq!(app.login("User2", &jane.email, &other.password).await.status(), 200);
    problem(ask(&app, &theirs, "User1", "x@example.com").await, 401).await;
}

#[tokio::test]
async fn an_address_taken_before_the_button_is_pressed_remains_with_its_owner() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    json(ask(&app, &token, "User1", "new@example.com").await, 202).await;
    let link = app.link("new@example.com", "verify").await;
    let jane = Person::new("new@example.com").with_password("violet teapot hammer").join(&app).await;
    assert_eq!(post(&app, "verify", &link).await.status(), 400);
    assert_eq!(me(&app, &token).await["email"], "john@example.com");
    jane.log_in(&app).await;
}

#[tokio::test]
async fn one_of_many_users_who_request_an_address_concurrently_gets_it() {
    let app = Arc::new(TestApp::start().await);
    let mut links = Vec::new();
    for n in 0..10 {
        let person = Person::new(&format!("user{n}@example.com")).join(&app).await;
        let token = person.log_in(&app).await;
        json(ask(&app, &token, "User1", "wanted@example.com").await, 202).await;
        links.push((app.link("wanted@example.com", "verify").await, token));
    }
    let pressed = links.iter().map(|(link, _)| {
        let (app, link) = (Arc::clone(&app), link.clone());
        tokio::spawn(async move { post(&app, "verify", &link).await.status().as_u16() })
    });
    let pressed: Vec<_> = pressed.collect();
    let mut won = 0;
    for one in pressed {
        won += u32::from(one.await.unwrap() == 303);
    }
    assert_eq!(won, 1);
    let mut owners = 0;
    for (_, token) in &links {
        owners += u32::from(me(&app, token).await["email"] == "wanted@example.com");
    }
    assert_eq!(owners, 1);
}

#[tokio::test]
async fn a_registration_of_the_new_address_is_discarded() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let stranger = Person::new("new@example.com").with_password("violet teapot hammer").register(&app).await;
    let theirs = app.link(&stranger.email, "verify").await;
    change(&app, &john, &stranger.email).await;
    assert_eq!(app.open(&theirs).await.status(), 400);
    problem(app.login("User1", &stranger.email, &stranger.password).await, 401).await;
}

#[tokio::test]
async fn the_old_address_is_reserved_on_every_path_until_the_window_ends() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    change(&app, &john, "new@example.com").await;
    let changed = "The email address of your Portcullis account was changed".to_owned();
    let count = async || subjects(&app, &john.email).await.iter().filter(|subject| **subject == changed).count();
    assert_eq!(count().await, 1);
    let thief = Person::new(&john.email).with_password("violet teapot hammer").register(&app).await;
    assert_eq!(count().await, 2, "a sign-up");
    json(app.post_json("/User1/verify/resend", json!({ "email": john.email })).await, 200).await;
    assert_eq!(count().await, 3, "another verification mail");
    json(app.post_json("/User1/forget_password", json!({ "email": john.email })).await, 200).await;
    assert_eq!(count().await, 4, "a reset");
    let jane = Person::new("jane@example.com").join(&app).await;
    let token = jane.log_in(&app).await;
    json(ask(&app, &token, "User1", &john.email).await, 202).await;
    assert_eq!(count().await, 5, "another user's change");
    assert_eq!(subjects(&app, &john.email).await[0], changed, "no other mail");
    problem(app.login("User1", &thief.email, &thief.password).await, 403).await;
    let undo = undo_link(&app, &john.email).await;
    // In another realm the address is free.
    Person::new(&john.email).of("User2").join(&app).await.log_in(&app).await;

    app.advance(7 * DAY);
    assert_eq!(post(&app, "undo", &undo).await.status(), 400);
    Person::new(&john.email).with_password("violet teapot hammer").join(&app).await.log_in(&app).await;
}

#[tokio::test]
async fn a_link_that_was_sent_before_does_not_get_a_reserved_address() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let token = jane.log_in(&app).await;
    // The link to a free address is sent first. Then john takes the address, and then it is reserved.
    json(ask(&app, &token, "User1", "mid@example.com").await, 202).await;
    let link = app.link("mid@example.com", "verify").await;
    let (_, john) = change(&app, &john, "mid@example.com").await;
    app.advance(Duration::from_secs(1));
    change(&app, &john, "last@example.com").await;
    assert_eq!(post(&app, "verify", &link).await.status(), 400, "reserved for john");
    assert_eq!(me(&app, &jane.log_in(&app).await).await["email"], "jane@example.com");
}

#[tokio::test]
async fn the_undo_restores_the_address_and_asks_for_a_new_password() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (token, _) = change(&app, &john, "thief@example.com").await;
    let undo = undo_link(&app, &john.email).await;
    assert!(app.visit(&undo).await.text().await.unwrap().contains("Restore your old email address?"));
    assert_eq!(me(&app, &token).await["email"], "thief@example.com", "opening it changes nothing");
    for _ in 0..2 {
        let done = post(&app, "undo", &undo).await;
        assert_eq!(done.status(), 200);
        assert!(done.text().await.unwrap().contains("Address restored"));
    }
    assert!(app.visit(&undo).await.text().await.unwrap().contains("Address restored"));
    problem(app.get_as(&token, "/User1/me").await, 401).await;
    assert_eq!(subjects(&app, &john.email).await[0], "The email address of your Portcullis account was restored");
    let refused = problem(app.login("User1", &john.email, &john.password).await, 403).await;
    assert_eq!(
        (&refused["code"], &refused["detail"]),
        (&json!("password.change_required"), &json!("Password change required"))
    );
    let grant = [("grant_type", "password"), ("username", john.email.as_str()), ("password", john.password.as_str())];
    let refused = json(app.post_form("/User1/token", &grant).await, 400).await;
    assert_eq!(
        (&refused["error"], &refused["error_description"]),
        (&json!("invalid_grant"), &json!("Password change required"))
    );
    problem(app.login("User1", &john.email, "wrong password here").await, 401).await;
    assert_eq!(subjects(&app, &john.email).await[0], "Choose a new password for Portcullis");
    reset(&app, &john.email, "violet teapot hammer").await;
    let token = john.clone().with_password("violet teapot hammer").log_in(&app).await;
    assert_eq!(me(&app, &token).await["email"], "john@example.com");
    // The address that was replaced is free.
    Person::new("thief@example.com").join(&app).await.log_in(&app).await;
}

/// Returns a user whose address was changed from A to B to C, with the undo links of A and B.
async fn chain(app: &TestApp) -> (Person, String, String) {
    let john = Person::new("a@example.com").join(app).await;
    let (_, at_b) = change(app, &john, "b@example.com").await;
    let of_a = undo_link(app, "a@example.com").await;
    app.advance(DAY);
    let (_, at_c) = change(app, &at_b, "c@example.com").await;
    (at_c, of_a, undo_link(app, "b@example.com").await)
}

#[tokio::test]
async fn the_oldest_undo_wins_and_ends_those_of_later_changes() {
    let app = TestApp::start().await;
    let (john, of_a, of_b) = chain(&app).await;
    assert_eq!(post(&app, "undo", &of_a).await.status(), 200);
    assert_eq!(post(&app, "undo", &of_b).await.status(), 400);
    problem(app.login("User1", "a@example.com", &john.password).await, 403).await;
    for free in ["b@example.com", "c@example.com"] {
        Person::new(free).with_password("violet teapot hammer").join(&app).await.log_in(&app).await;
    }
}

#[tokio::test]
async fn the_undo_of_a_later_change_leaves_the_earlier_one() {
    let app = TestApp::start().await;
    let (john, of_a, of_b) = chain(&app).await;
    assert_eq!(post(&app, "undo", &of_b).await.status(), 200);
    problem(app.login("User1", "b@example.com", &john.password).await, 403).await;
    Person::new("c@example.com").with_password("violet teapot hammer").join(&app).await.log_in(&app).await;
    assert_eq!(post(&app, "undo", &of_a).await.status(), 200);
    problem(app.login("User1", "a@example.com", &john.password).await, 403).await;
}

#[tokio::test]
async fn a_detour_through_the_old_address_does_not_make_a_later_undo_older() {
    let app = TestApp::start().await;
    let (john, of_a, of_b) = {
        let john = Person::new("a@example.com").join(&app).await;
        let (_, thief) = change(&app, &john, "b@example.com").await;
        let first = undo_link(&app, "a@example.com").await;
        let (_, thief) = change(&app, &thief, "a@example.com").await;
        let of_b = undo_link(&app, "b@example.com").await;
        let (_, thief) = change(&app, &thief, "c@example.com").await;
        (thief, first, of_b)
    };
    assert_eq!(post(&app, "undo", &of_a).await.status(), 200, "the first link still restores the address");
    assert_eq!(post(&app, "undo", &of_b).await.status(), 400);
    problem(app.login("User1", "a@example.com", &john.password).await, 403).await;
}

#[tokio::test]
async fn an_undo_ends_a_change_that_waits() {
    let app = TestApp::start().await;
    let john = Person::new("a@example.com").join(&app).await;
    let (token, _) = change(&app, &john, "b@example.com").await;
    json(ask(&app, &token, "User1", "c@example.com").await, 202).await;
    let waiting = app.link("c@example.com", "verify").await;
    let undo = undo_link(&app, "a@example.com").await;
    let (undone, changed) = tokio::join!(post(&app, "undo", &undo), post(&app, "verify", &waiting));
    assert_eq!(undone.status(), 200, "whichever was first");
    assert!([303, 400].contains(&changed.status().as_u16()));
    problem(app.login("User1", "a@example.com", &john.password).await, 403).await;
    assert_eq!(post(&app, "verify", &waiting).await.status(), 400);
    problem(app.login("User1", "c@example.com", &john.password).await, 401).await;
}

#[tokio::test]
async fn the_undo_removes_a_phone_number_that_was_set_since() {
    let app = TestApp::start().await;
    let john = Person::new("a@example.com").join(&app).await;
    let (token, _) = change(&app, &john, "b@example.com").await;
    let request = app.request(Method::POST, "/User1/me/phone").bearer_auth(&token);
    let asked = json(request.json(&json!({ "phone": "+12025550143" })).send().await.unwrap(), 202).await;
    let sms = app.mails_to("+12025550143").await;
    let given = json!({ "handle": asked["handle"], "code": sms[0]["code"] });
    json(app.post_json("/User1/verify_otp_phone", given).await, 200).await;
    assert_eq!(post(&app, "undo", &undo_link(&app, "a@example.com").await).await.status(), 200);
    reset(&app, "a@example.com", "violet teapot hammer").await;
    let token = john.with_password("violet teapot hammer").log_in(&app).await;
    assert_eq!(me(&app, &token).await["phone"], Value::Null);
}

#[tokio::test]
async fn an_erased_account_frees_its_reserved_addresses_and_ends_their_links() {
    let app = TestApp::start().await;
    let john = Person::new("a@example.com").join(&app).await;
    let (token, _) = change(&app, &john, "b@example.com").await;
    let undo = undo_link(&app, "a@example.com").await;
    json(app.request(Method::DELETE, "/User1/me").bearer_auth(&token).send().await.unwrap(), 200).await;
    assert_eq!(post(&app, "undo", &undo).await.status(), 400);
    Person::new("a@example.com").join(&app).await.log_in(&app).await;
}

#[tokio::test]
async fn the_undo_of_a_password_change_signs_out_and_asks_for_a_new_password() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let body = json!({ "current_password": john.password, "new_password": "violet teapot hammer" });
    let changed = app.request(Method::POST, "/User1/me/password").bearer_auth(&token).json(&body);
    json(changed.send().await.unwrap(), 200).await;
    let undo = undo_link(&app, &john.email).await;
    assert!(app.visit(&undo).await.text().await.unwrap().contains("Undo the password change?"));
    for _ in 0..2 {
        assert!(post(&app, "undo", &undo).await.text().await.unwrap().contains("Password change undone"));
    }
    problem(app.get_as(&token, "/User1/me").await, 401).await;
    problem(app.login("User1", &john.email, "violet teapot hammer").await, 403).await;
    problem(app.login("User1", &john.email, &john.password).await, 401).await;
    reset(&app, &john.email, "another fine phrase").await;
    assert!(can_log_in(&app, &john.email, "another fine phrase").await);
}

#[tokio::test]
async fn an_account_asks_for_three_addresses_a_week_and_an_address_gets_a_few_mails() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_MAILS_ACCOUNT", "1/1h")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let (johns, janes) = (john.log_in(&app).await, jane.log_in(&app).await);
    json(ask(&app, &johns, "User1", "new@example.com").await, 202).await;
    json(ask(&app, &janes, "User1", "new@example.com").await, 202).await;
    assert_eq!(app.mails_to("new@example.com").await.len(), 1, "the second is withheld");
    assert_eq!(me(&app, &janes).await["pending_email"], "new@example.com");
    for n in 0..2 {
        json(ask(&app, &johns, "User1", &format!("new{n}@example.com")).await, 202).await;
    }
    let refused = ask(&app, &johns, "User1", "more@example.com").await;
    assert_eq!(refused.headers()["retry-after"], "604800");
    assert_eq!(problem(refused, 429).await["limit"], "LIMIT_EMAIL_CHANGES_ACCOUNT");
}

#[tokio::test]
async fn the_trail_records_changes_of_an_address() {
    let app = TestApp::start().await;
    let john = Person::new("a@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    json(ask(&app, &token, "User1", "x@example.com").await, 202).await;
    json(app.request(Method::DELETE, "/User1/me/email").bearer_auth(&token).send().await.unwrap(), 200).await;
    change(&app, &john, "b@example.com").await;
    assert_eq!(post(&app, "undo", &undo_link(&app, "a@example.com").await).await.status(), 200);
    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 100).await.unwrap();
    let events: Vec<&str> = rows.iter().map(|row| row.event.as_str()).collect();
    for event in ["email_change_requested", "email_change_dropped", "email_changed", "email_change_undone"] {
        assert!(events.contains(&event), "{event} is missing: {events:?}");
    }
}

/// Another person who was signed in may have requested the change.
#[tokio::test]
async fn a_new_password_ends_a_change_that_waits() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    json(ask(&app, &token, "User1", "thief@example.com").await, 202).await;
    let link = app.link("thief@example.com", "verify").await;
    json(app.post_json("/User1/forget_password", json!({"email": john.email})).await, 200).await;
    reset(&app, &john.email, "violet-teapot-hammer").await;
    assert_eq!(post(&app, "verify", &link).await.status(), 400, "after a reset");
    assert!(!can_log_in(&app, "thief@example.com", "violet-teapot-hammer").await);

    let john = john.with_password("violet-teapot-hammer");
    let token = john.log_in(&app).await;
    json(ask(&app, &token, "User1", "thief@example.com").await, 202).await;
    let link = app.link("thief@example.com", "verify").await;
    let change = json!({"current_password": john.password, "new_password": "hammer-violet-teapot"});
    let changed = app.request(Method::POST, "/User1/me/password").bearer_auth(&token).json(&change).send().await;
    assert_eq!(changed.unwrap().status(), 200);
    assert_eq!(post(&app, "verify", &link).await.status(), 400, "after a change");
    assert_eq!(me(&app, &token).await["pending_email"], Value::Null);
}
