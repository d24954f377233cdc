//! Locks and other support for users.

use reqwest::Method;
use serde_json::json;

use crate::{
    pages::Browser,
    support::{
        Authenticator, Person, Protected, TestApp,
        admin::REASON,
        complete, json,
        passkeys::{add, enter},
        problem,
    },
};

#[tokio::test]
async fn a_locked_user_is_rejected_after_a_complete_proof_only() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let token = john.log_in(&app).await;
    let path = format!("/realms/User1/users/{}", john.id);
    let locked = owner.change(&app, Method::POST, &format!("{path}/lock"), json!({"reason": REASON})).await;
    let locked = json(locked, 200).await;
    assert_eq!((&locked["status"], &locked["locked"]["reason"]), (&json!("locked"), &json!(REASON)));
    assert_eq!(app.get_as(&token, "/User1/me").await.status(), 401, "the sessions have ended");
    let refused = problem(app.login("User1", &john.email, &john.password).await, 403).await;
    assert_eq!((&refused["code"], &refused["error"]), (&json!("account.locked"), &json!("account_locked")));
    let wrong = problem(app.login("User1", &john.email, "another-long-password").await, 401).await;
    assert_eq!(wrong["code"], "login.refused", "the response to a wrong password is the usual one");
    let form = [("grant_type", "password"), ("username", &*john.email), ("password", &*john.password)];
    let at_token = json(app.post_form("/User1/token", &form).await, 400).await;
    assert_eq!(
        (&at_token["error"], &at_token["error_description"]),
        (&json!("invalid_grant"), &json!("Account locked"))
    );
    let unlocked = owner.change(&app, Method::POST, &format!("{path}/unlock"), json!({"reason": REASON})).await;
    assert_eq!(json(unlocked, 200).await["status"], "active");
    john.log_in(&app).await;
    let again = owner.change(&app, Method::POST, &format!("{path}/unlock"), json!({"reason": REASON})).await;
    assert_eq!(problem(again, 409).await["code"], "user.status");
}

#[tokio::test]
async fn a_lock_ends_by_itself() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let path = format!("/realms/User1/users/{}/lock", john.id);
    let past = json!({"reason": REASON, "until": "2025-12-31T00:00:00Z"});
    assert_eq!(
        problem(owner.change(&app, Method::POST, &path, past).await, 422).await["errors"][0]["code"],
        "time.invalid"
    );
    let until = json!({"reason": REASON, "until": "2026-01-01T02:00:00Z"});
    assert_eq!(owner.change(&app, Method::POST, &path, until).await.status(), 200);
    assert_eq!(app.login("User1", &john.email, &john.password).await.status(), 403);
    app.advance(std::time::Duration::from_secs(2 * 3600));
    john.log_in(&app).await;
}

#[tokio::test]
async fn changes_need_a_reason_and_the_revision_that_was_seen() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let path = format!("/realms/User1/users/{}", john.id);
    let lock = |tag: Option<&str>, body: serde_json::Value| {
        let request = owner.request(&app, Method::POST, &format!("{path}/lock"));
        let request = tag.iter().fold(request, |request, tag| request.header("If-Match", format!("\"{tag}\"")));
        request.json(&body).send()
    };
    let missing = lock(None, json!({"reason": REASON})).await.unwrap();
    assert_eq!(problem(missing, 428).await["code"], "revision.missing");
    let stale = lock(Some("7"), json!({"reason": REASON})).await.unwrap();
    assert_eq!(problem(stale, 412).await["code"], "revision.stale");
    let short = lock(Some("1"), json!({"reason": "short"})).await.unwrap();
    assert_eq!(problem(short, 422).await["errors"][0]["code"], "reason.missing");
    let unknown = owner.get(&app, "/realms/User1/users/unknown").await;
    assert_eq!(problem(unknown, 404).await["code"], "not_found");
}

#[tokio::test]
async fn a_compromised_password_is_rejected_until_the_emailed_link_is_used() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let path = format!("/realms/User1/users/{}/compromised", john.id);
    let marked = json(owner.change(&app, Method::POST, &path, json!({"reason": REASON})).await, 200).await;
    assert_eq!(marked["password"]["compromised"], true);
    let refused = app.login("User1", &john.email, &john.password).await;
    assert_eq!(problem(refused, 403).await["code"], "password.change_required");
    let link = app.link(&john.email, "reset_password_form").await;
    assert_eq!(app.visit(&link).await.status(), 200);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_a_reset_is_emailed_or_returned() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let (one, other) = (john.log_in(&app).await, john.log_in(&app).await);
    let path = format!("/realms/User1/users/{}", john.id);
    let listed = json(owner.get(&app, &format!("{path}/sessions")).await, 200).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let session = listed["items"][0]["id"].as_str().unwrap();
    let end = async |path: String| json(owner.request(&app, Method::DELETE, &path).send().await.unwrap(), 200).await;
    assert_eq!(end(format!("{path}/sessions/{session}")).await["ended"], 1);
    assert_eq!(end(format!("{path}/sessions")).await["ended"], 1);
    for token in [one, other] {
        assert_eq!(app.get_as(&token, "/User1/me").await.status(), 401);
    }
    let before = app.mails_to(&john.email).await.len();
    let started = json(owner.post(&app, &format!("{path}/reset"), json!({})).await, 200).await;
    assert!(started.get("reset_url").is_none());
    assert_eq!(app.mails_to(&john.email).await.len(), before + 1);
    let answered = json!({"deliver": "answer", "reason": REASON});
    let answered = json(owner.post(&app, &format!("{path}/reset"), answered).await, 200).await;
    assert_eq!(app.mails_to(&john.email).await.len(), before + 1, "nothing is mailed");
    let link = answered["reset_url"].as_str().unwrap();
    let sent = app.http.post(link.replace("reset_password_form", "reset_password"));
    assert_eq!(sent.form(&[("password", "violet-teapot-hammer")]).send().await.unwrap().status(), 200);
    john.with_password("violet-teapot-hammer").log_in(&app).await;
}

#[tokio::test]
async fn failed_attempts_are_shown_and_reset() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce")]).await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    for _ in 0..6 {
        app.login("User1", &john.email, "another-long-password").await;
    }
    assert_eq!(app.login("User1", &john.email, &john.password).await.status(), 429);
    let path = format!("/realms/User1/users/{}", john.id);
    let seen = json(owner.get(&app, &path).await, 200).await;
    assert!(
        seen["wrong_passwords"]["count"].as_u64().unwrap() >= 5 && seen["wrong_passwords"]["wait_until"].is_string()
    );
    let forgotten =
        json(owner.request(&app, Method::POST, &format!("{path}/unthrottle")).send().await.unwrap(), 200).await;
    assert_eq!(forgotten["wrong_passwords"]["count"], 0);
    john.log_in(&app).await;
}

#[tokio::test]
async fn an_impersonation_session_is_read_only_and_visible() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let path = format!("/realms/User1/users/{}/impersonate", john.id);
    let body = json!({"reason": REASON, "minutes": 5});
    assert_eq!(problem(owner.post(&app, &path, body.clone()).await, 403).await["code"], "admin.forbidden");
    let helper = app.admin(&owner, "helper@example.com", &["support@User1", "impersonate@User1"]).await;
    let opened = json(helper.post(&app, &path, body).await, 201).await;
    let token = opened["access_token"].as_str().unwrap();
    assert_eq!(json(app.get_as(token, "/User1/me").await, 200).await["email"], "john@example.com");
    let change = app.request(Method::PATCH, "/User1/me").bearer_auth(token).json(&json!({"first_name": "Eve"}));
    assert_eq!(problem(change.send().await.unwrap(), 403).await["code"], "impersonated");
    let mails = app.mails_to(&john.email).await;
    assert!(mails[0]["text"].as_str().unwrap().contains("at most 5 minutes"), "{}", mails[0]);
    app.advance(std::time::Duration::from_secs(301));
    assert_eq!(app.get_as(token, "/User1/me").await.status(), 401);
}

/// A lock applies regardless of what was proved before.
#[tokio::test]
async fn a_lock_prevents_new_sessions_and_ends_existing_ones() {
    let app = TestApp::with(&[("REALM_USER2_MFA_POLICY", "required")]).await;
    let owner = app.owner().await;
    let lock = async |path: String| {
        let locked = owner.change(&app, Method::POST, &path, json!({"reason": REASON})).await;
        assert_eq!(json(locked, 200).await["status"], "locked");
    };
    let john = Protected::join(&app, "john@example.com").await;
    let (mut passkey, _) = add(&app, &john.token, "login").await;
    let tokens = john.log_in(&app).await;
    let token = tokens["access_token"].as_str().unwrap();
    let step_up = async |body: serde_json::Value| {
        app.request(Method::POST, "/User1/me/step_up").bearer_auth(token).json(&body).send().await.unwrap()
    };
    app.advance(std::time::Duration::from_secs(1));
    let renewal = problem(step_up(json!({"max_age": 0})).await, 403).await;
    let tickets = [john.ticket(&app).await, renewal["mfa_token"].as_str().unwrap().to_owned()];
    lock(format!("/realms/User1/users/{}/lock", john.person.id)).await;

    assert_eq!(problem(enter(&app, &mut passkey).await, 403).await["code"], "account.locked");
    let code = john.app.next_code(&app);
    for ticket in tickets {
        let refused = json(complete(&app, &ticket, &[("code", &code)]).await, 400).await;
        assert_eq!(refused["error_description"], "Invalid or expired code");
    }
    // The ticket was created in the meantime.
    let refused = json(complete(&app, &john.ticket(&app).await, &[("code", &code)]).await, 400).await;
    assert_eq!(refused["error_description"], "Account locked");
    assert_eq!(problem(john.enter(&app, &[("code", &code)]).await, 403).await["code"], "account.locked");
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    assert_eq!(json(app.post_form("/User1/token", &form).await, 400).await["error"], "invalid_grant");
    problem(step_up(json!({"current_password": john.person.password, "code": code})).await, 401).await;
    let mut browser = Browser::new(&app);
    let step = browser.sign_in(&john.person).await.location;
    let page = browser.post(&step, &[("code", &code), ("type", "totp")]).await;
    assert_eq!((browser.session(), page.status), (None, 303), "{}", page.body);
    assert!(browser.get(&page.location).await.shows("This account is locked"), "{}", page.location);

    // Adding a first factor also creates a session.
    let jane = Person::new("jane@example.com").of("User2").join(&app).await;
    let ticket = problem(app.login("User2", &jane.email, &jane.password).await, 403).await["mfa_token"].clone();
    let offer = json(app.post_json("/User2/me/mfa/totp", json!({"mfa_token": ticket})).await, 200).await;
    lock(format!("/realms/User2/users/{}/lock", jane.id)).await;
    let code = Authenticator::of(&offer).code(&app);
    let confirm = json!({"mfa_token": ticket, "enrolment": offer["enrolment"], "code": code});
    let refused = problem(app.post_json("/User2/me/mfa/totp/confirm", confirm).await, 400).await;
    assert_eq!(refused["code"], "mfa.invalid");
}
