//! Rows D03, D04, D07, D10, D54 and D83: authorization and completeness of deletion.

use std::time::Duration;

use portcullis_core::id::{RealmName, UserId};
use reqwest::{Method, Response};

use super::{
    UNLIMITED,
    answer::{Answer, assert_alike},
    pair, refresh, storage, together, tokens,
};
use crate::support::{Person, TestApp, json, problem};

const MINUTE: Duration = Duration::from_secs(60);

async fn delete(app: &TestApp, token: &str, id: &str, email: &str) -> Response {
    let request = app.request(Method::DELETE, "/User1/delete").query(&[("id", id), ("email", email)]);
    request.bearer_auth(token).send().await.unwrap()
}

#[tokio::test]
async fn d03_no_user_deletes_the_account_of_another() {
    let app = TestApp::start().await;
    let victim = Person::new("victim@example.com").join(&app).await;
    let elsewhere = Person::new("victim@example.com").of("User2").join(&app).await;
    let attacker = Person::new("attacker@example.com").join(&app).await;
    let token = attacker.log_in(&app).await;
    let of_victim = victim.log_in(&app).await;
    let mails = app.mails().await.len();
    let mut answers = Vec::new();
    for (what, id, email) in [
        ("another's", victim.id.as_str(), victim.email.as_str()),
        ("another's id", &victim.id, &attacker.email),
        ("another's id, no address", &victim.id, "x"),
        ("an id of another realm", &elsewhere.id, &elsewhere.email),
        ("an unknown id", "00000000000000000000000000", &victim.email),
        ("no id", "", &attacker.email),
    ] {
        answers.push((what.to_owned(), Answer::of(delete(&app, &token, id, email).await).await));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 404);
    let twice = format!("/User1/delete?id={}&id={}&email={}", attacker.id, victim.id, attacker.email);
    problem(app.request(Method::DELETE, &twice).bearer_auth(&token).send().await.unwrap(), 400).await;
    // A token of another realm is invalid for every record.
    let foreign = elsewhere.log_in(&app).await;
    for id in [&victim.id, &elsewhere.id] {
        problem(delete(&app, &foreign, id, &victim.email).await, 401).await;
    }
    json(app.get_as(&of_victim, "/User1/me").await, 200).await;
    victim.log_in(&app).await;
    attacker.log_in(&app).await;
    assert_eq!(app.mails().await.len(), mails);
}

#[tokio::test]
async fn d04_an_own_id_with_another_users_address_changes_nothing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    Person::new("jane@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    for email in ["jane@example.com", "other@x", "", "john@example.com.", "john+1@example.com"] {
        problem(delete(&app, &token, &john.id, email).await, 404).await;
    }
    problem(delete(&app, &token, &john.id.to_uppercase(), &john.email).await, 404).await;
    json(app.get_as(&token, "/User1/me").await, 200).await;
    assert_eq!(app.mails_to(&john.email).await.len(), 2);
}

#[tokio::test]
async fn d07_the_tokens_of_a_deleted_account_are_invalid_immediately() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let ((here, _), (there, fresh)) = (pair(&app, &john).await, pair(&app, &john).await);
    // Caches must not outlive the account.
    for token in [&here, &there] {
        json(app.get_as(token, &format!("/User1/?id={}", john.id)).await, 200).await;
    }
    json(delete(&app, &here, &john.id, &john.email).await, 200).await;
    let mut answers = Vec::new();
    for (what, token) in [("no token", "a.b.c"), ("of the deletion", &here), ("of another session", &there)] {
        for path in ["me".to_owned(), format!("?id={}", john.id), "logout".to_owned()] {
            answers.push((what.to_owned(), Answer::of(app.get_as(token, &format!("/User1/{path}")).await).await));
        }
        answers.push((what.to_owned(), Answer::of(delete(&app, token, &john.id, &john.email).await).await));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 401);
    assert_eq!(json(refresh(&app, "User1", &fresh).await, 400).await["error"], "invalid_grant");
}

#[tokio::test]
async fn d07_nothing_that_came_at_the_moment_of_the_deletion_outlives_it() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for round in 0..5 {
        let john = Person::new(&format!("john{round}@example.com")).join(&app).await;
        let (access, fresh) = pair(&app, &john).await;
        let login = together::form("/User1/login", &format!("username={}&password={}", john.email, john.password));
        let renewal = together::form("/User1/token", &format!("grant_type=refresh_token&refresh_token={fresh}"));
        let mut requests: Vec<_> = (0..49).map(|n| if n % 2 == 0 { login.clone() } else { renewal.clone() }).collect();
        let path = format!("/User1/delete?id={}&email={}", john.id, john.email);
        requests.insert(round * 10, together::delete(&path, &access));
        let answers = together::answers(&app.base, requests).await;
        assert_eq!(answers[round * 10].0, 200, "{}", answers[round * 10].1);
        for (_, body) in &answers {
            if let Some((access, fresh)) = tokens(&serde_json::from_str(body).unwrap()) {
                problem(app.get_as(&access, "/User1/me").await, 401).await;
                json(refresh(&app, "User1", &fresh).await, 400).await;
            }
        }
        problem(app.login("User1", &john.email, &john.password).await, 401).await;
    }
}

#[tokio::test]
async fn d07_of_fifty_concurrent_deletions_one_succeeds() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let path = format!("/User1/delete?id={}&email={}", john.id, john.email);
    let statuses = together::statuses(&app.base, vec![together::delete(&path, &token); 50]).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 49, "{statuses:?}");
    let goodbyes = app.mails_to(&john.email).await;
    assert_eq!(goodbyes.iter().filter(|mail| mail["subject"].as_str().unwrap().contains("deleted")).count(), 1);
}

/// A thief of a session can keep it alive, but cannot make its login more recent.
#[tokio::test]
async fn d10_a_session_that_was_only_refreshed_deletes_nothing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (_, fresh) = pair(&app, &john).await;
    app.advance(25 * MINUTE);
    let (access, _) = tokens(&json(refresh(&app, "User1", &fresh).await, 200).await).unwrap();
    app.advance(6 * MINUTE);
    let refused = delete(&app, &access, &john.id, &john.email).await;
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.starts_with("Bearer realm=\"User1\", error=\"insufficient_user_authentication\""), "{challenge}");
    problem(refused, 401).await;
    json(app.get_as(&access, "/User1/me").await, 200).await;

    // A recent login suffices for the configured time, and the owner gets an email.
    let app = app.restart_with(&[("DELETE_MAX_AUTH_AGE", "5m")]).await;
    let token = john.log_in(&app).await;
    app.advance(5 * MINUTE + Duration::from_secs(1));
    problem(delete(&app, &token, &john.id, &john.email).await, 401).await;
    let token = john.log_in(&app).await;
    app.advance(5 * MINUTE);
    json(delete(&app, &token, &john.id, &john.email).await, 200).await;
    let told = &app.mails_to(&john.email).await[0];
    assert!(told["subject"].as_str().unwrap().contains("deleted"));
}

#[tokio::test]
async fn d54_a_deleted_account_logs_in_under_no_spelling() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let spellings = ["john@example.com", "John@Example.com", " JOHN@EXAMPLE.COM "];
    let mut token = String::new();
    for email in spellings {
        token = Person { email: email.to_owned(), ..john.clone() }.log_in(&app).await;
        problem(delete(&app, &token, &john.id, "wrong@example.com").await, 404).await;
    }
    json(delete(&app, &token, &john.id, "JOHN@example.com").await, 200).await;
    let mut answers = Vec::new();
    for email in ["unknown@example.com"].into_iter().chain(spellings) {
        answers.push((email.to_owned(), Answer::of(app.login("User1", email, &john.password).await).await));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 401);
}

#[tokio::test]
async fn d83_the_address_of_a_deleted_account_is_available_immediately() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    problem(delete(&app, &token, &john.id, "wrong@example.com").await, 404).await;
    json(delete(&app, &token, &john.id, &john.email).await, 200).await;
    let again = Person::new(&john.email).with_password("another good phrase").join(&app).await;
    assert_ne!(again.id, john.id);
    let new = again.log_in(&app).await;
    assert_eq!(json(app.get_as(&new, "/User1/me").await, 200).await["id"], again.id.as_str());
    problem(app.get_as(&token, "/User1/me").await, 401).await;
    problem(app.login("User1", &john.email, &john.password).await, 401).await;
}

/// Deletion also makes data in backups unreadable, because the data key is destroyed.
#[tokio::test]
async fn d83_of_a_deleted_account_no_file_keeps_a_copy() {
    let mut app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    john.log_in(&app).await;
    app.pump().await;
    app.stop().await;
    let (realm, id) = (RealmName::parse("User1").unwrap(), UserId::parse(&john.id).unwrap());
    let store = app.store().await;
    let envelope = store.user(&realm, &id).await.unwrap().unwrap().envelope;
    drop(store);
    let sealed = [&envelope.data_key, &envelope.profile, &envelope.password];
    let kept = async |app: &TestApp| {
        let files = app.contents().await;
        sealed.map(|part| files.iter().any(|(_, bytes)| storage::has(bytes, part.as_bytes())))
    };
    assert_eq!(kept(&app).await, [true; 3], "the test looks into the right files");

    let mut app = app.restart().await;
    let token = john.log_in(&app).await;
    json(delete(&app, &token, &john.id, &john.email).await, 200).await;
    app.pump().await;
    app.stop().await;
    // Closing the store merges the SQLite log into its file.
    drop(app.store().await);
    assert_eq!(kept(&app).await, [false; 3]);
}
