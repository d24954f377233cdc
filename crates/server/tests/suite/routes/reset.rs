//! A password reset, from the email to the new login.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::json;

use crate::support::{Person, TestApp, json, problem, rounds};

const NEW: &str = "a fine new phrase";

async fn forget(app: &TestApp, email: &str) {
    let answer = json(app.get(&format!("/User1/forget_password?email={}", email.replace('@', "%40"))).await, 200).await;
    assert_eq!(answer, json!({"message": "Password reset link sent to your email"}));
}

/// Returns the target of the form in the newest reset email.
async fn target(app: &TestApp, email: &str) -> String {
    let link = app.link(email, "reset_password_form").await;
    link.strip_prefix(&app.base).unwrap().replace("reset_password_form", "reset_password")
}

#[tokio::test]
async fn the_link_leads_to_a_form_and_the_form_to_a_new_password() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let old_token = john.log_in(&app).await;
    let pair = json(app.login("User1", &john.email, &john.password).await, 200).await;
    forget(&app, "JOHN@example.com").await;

    let link = app.link(&john.email, "reset_password_form").await;
    for _ in 0..2 {
        let page = app.open(&link).await;
        assert_eq!(page.status(), 200);
        let html = page.text().await.unwrap();
        assert!(html.contains("action=\"reset_password?token=") && html.contains("name=\"password\""));
    }
    let path = target(&app, &john.email).await;
    let done = app.post_form(&path, &[("password", NEW)]).await;
    assert_eq!(done.status(), 200);
    assert!(done.headers()["content-type"].to_str().unwrap().starts_with("text/html"));

    problem(app.login("User1", &john.email, &john.password).await, 401).await;
    problem(app.get_as(&old_token, "/User1/me").await, 401).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", pair["refresh_token"].as_str().unwrap())];
    json(app.post_form("/User1/token", &refresh).await, 400).await;
    let notice = &app.mails_to(&john.email).await[0];
    assert!(notice["subject"].as_str().unwrap().contains("password") && notice["links"].as_array().unwrap().is_empty());
    let john = john.with_password(NEW);
    json(app.get_as(&john.log_in(&app).await, "/User1/me").await, 200).await;

    // The link works only once, and the form is no longer shown either.
    assert_eq!(app.post_form(&path, &[("password", "another fine phrase")]).await.status(), 400);
    assert_eq!(app.open(&link).await.status(), 400);
}

#[tokio::test]
async fn a_password_that_is_rejected_leaves_the_link_good() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    forget(&app, &john.email).await;
    let path = target(&app, &john.email).await;
    for bad in ["a", "password1", "john@example.com"] {
        let again = app.post_form(&path, &[("password", bad)]).await;
        assert_eq!(again.status(), 422);
        assert!(again.text().await.unwrap().contains("role=\"alert\""));
    }
    let as_json = app.request(Method::POST, &path).header("Accept", "application/json").form(&[("password", "a")]);
    assert_eq!(problem(as_json.send().await.unwrap(), 422).await["errors"][0]["code"], "password.too_short");
    let done = app.request(Method::POST, &path).header("Accept", "application/json").form(&[("password", NEW)]);
    assert_eq!(json(done.send().await.unwrap(), 200).await["message"], "Password reset successfully");
}

#[tokio::test]
async fn fifty_concurrent_forms_set_one_password() {
    let app = Arc::new(TestApp::start().await);
    for round in 0..rounds() {
        let john = Person::new(&format!("john{round}@example.com")).join(&app).await;
        forget(&app, &john.email).await;
        let path = target(&app, &john.email).await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..50 {
            let (app, path) = (Arc::clone(&app), path.clone());
            tasks.spawn(async move {
                let phrase = format!("phrase number {number}");
                (app.post_form(&path, &[("password", &phrase)]).await.status().as_u16(), phrase)
            });
        }
        let answers = tasks.join_all().await;
        let won: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
        assert_eq!(won.len(), 1);
        assert!(answers.iter().all(|(status, _)| [200, 400].contains(status)));
        john.with_password(&won[0].1).log_in(&app).await;
    }
}

#[tokio::test]
async fn the_newest_link_counts_for_half_an_hour_from_its_hand_over() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    forget(&app, &john.email).await;
    let first = target(&app, &john.email).await;
    forget(&app, &john.email).await;
    app.advance(Duration::from_secs(3600));
    let second = target(&app, &john.email).await;
    assert_eq!(app.post_form(&first, &[("password", NEW)]).await.status(), 400);
    app.advance(Duration::from_secs(1799));
    assert_eq!(app.get(&second.replace("reset_password", "reset_password_form")).await.status(), 200);
    app.advance(Duration::from_secs(1));
    assert_eq!(app.post_form(&second, &[("password", NEW)]).await.status(), 400);
}

#[tokio::test]
async fn a_reset_proves_the_address_too() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    forget(&app, &john.email).await;
    let path = target(&app, &john.email).await;
    assert_eq!(app.post_form(&path, &[("password", NEW)]).await.status(), 200);
    problem(app.login("User1", &john.email, &john.password).await, 401).await;
    john.with_password(NEW).log_in(&app).await;
}

#[tokio::test]
async fn responses_do_not_reveal_accounts_and_only_the_owner_gets_an_email() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    app.pump().await;
    app.watched.take();
    forget(&app, &john.email).await;
    let known = app.watched.take();
    forget(&app, "unknown@example.com").await;
    assert_eq!(known, app.watched.take(), "the same work");
    assert_eq!(app.mails_to("unknown@example.com").await.len(), 0);
    for path in ["/User1/forget_password?email=unknown", "/User1/forget_password"] {
        problem(app.get(path).await, 422).await;
    }
    json(app.post_form("/User1/forget_password", &[("email", &john.email)]).await, 200).await;
    json(app.post_json("/User1/forget_password", json!({"email": john.email})).await, 200).await;
}

#[tokio::test]
async fn links_of_other_kinds_realms_and_people_set_no_password() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let verify = app.link(&john.email, "verify").await.split_once("token=").unwrap().1.to_owned();
    let john = john.verify(&app).await;
    forget(&app, &john.email).await;
    let reset = target(&app, &john.email).await.split_once("token=").unwrap().1.to_owned();
    for path in [
        format!("/User1/reset_password?token={verify}"),
        format!("/User2/reset_password?token={reset}"),
        "/User1/reset_password?token=junk".to_owned(),
        "/User1/reset_password".to_owned(),
    ] {
        assert_eq!(app.post_form(&path, &[("password", NEW)]).await.status(), 400, "{path}");
    }
    assert_eq!(app.get(&format!("/User1/verify?token={reset}")).await.status(), 400);
    john.log_in(&app).await;
}

#[tokio::test]
async fn asking_by_head_sends_nothing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let before = app.mails_to(&john.email).await.len();
    app.request(Method::HEAD, "/User1/forget_password?email=john%40example.com").send().await.unwrap();
    assert_eq!(app.mails_to(&john.email).await.len(), before);
}
