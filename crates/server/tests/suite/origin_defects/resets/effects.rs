//! Rows D45, D53 and D58: what a reset changes.

use reqwest::Method;

use super::{NEW, reset};
use crate::{
    origin_defects::{
        UNLIMITED,
        answer::{Answer, assert_alike},
        mailed_reset, newest_reset, pair, refresh, together, tokens,
    },
    support::{Person, TestApp, json, problem},
};

#[tokio::test]
async fn d45_an_emailed_reset_applies_the_rules_of_create() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let path = mailed_reset(&app, &john.email).await;
    for password in ["a", "", "7 chars", "password", "Password1!", "john@example.com", "JohnDoe1", "abc\0defghi"] {
        let send = app.request(Method::POST, &path).header("Accept", "application/json");
        let at_reset = problem(send.form(&[("password", password)]).send().await.unwrap(), 422).await["errors"].clone();
        let at_create = Person::new(&john.email).with_password(password).form();
        let at_create = problem(app.post_json("/User1/create", at_create).await, 422).await["errors"].clone();
        assert_eq!(at_reset, at_create, "{password:?}");
    }
    john.log_in(&app).await;
    assert_eq!(reset(&app, &path, NEW).await, 200, "a rejected password does not use up the link");
}

#[tokio::test]
async fn d53_after_an_emailed_reset_the_old_password_is_rejected_for_every_spelling() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let spellings = ["john@example.com", "John@Example.com", " JOHN@EXAMPLE.COM "];
    for email in spellings {
        json(app.login("User1", email, &john.password).await, 200).await;
    }
    json(app.post_form("/User1/forget_password", &[("email", "JOHN@example.com")]).await, 200).await;
    assert_eq!(reset(&app, &newest_reset(&app, &john.email).await, NEW).await, 200);
    for email in spellings {
        problem(app.login("User1", email, &john.password).await, 401).await;
        json(app.login("User1", email, NEW).await, 200).await;
    }
}

#[tokio::test]
async fn d58_a_reset_ends_every_session_of_its_owner_and_no_other() {
    let app = TestApp::with(&[("JWT_ISSUER", "https://accounts.example.com/{realm}")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (access, fresh) = pair(&app, &john).await;
    let (other_access, other_fresh) = pair(&app, &john).await;
    let (renewed_access, renewed_fresh) = tokens(&json(refresh(&app, "User1", &other_fresh).await, 200).await).unwrap();
    let (jane, namesake) = (Person::new("jane@example.com").join(&app).await, john.clone().of("User2"));
    let namesake = namesake.join(&app).await;
    let bystanders = [("User1", pair(&app, &jane).await), ("User2", pair(&app, &namesake).await)];
    for token in [&access, &other_access, &renewed_access] {
        json(app.get_as(token, "/User1/me").await, 200).await;
    }
    let path = mailed_reset(&app, &john.email).await;
    assert_eq!(reset(&app, &path, NEW).await, 200);

    let is_over = async |app: &TestApp| {
        let mut answers = vec![("none".to_owned(), Answer::of(app.get_as("a.b.c", "/User1/me").await).await)];
        for token in [&access, &other_access, &renewed_access] {
            answers.push((token.clone(), Answer::of(app.get_as(token, "/User1/me").await).await));
        }
        assert_alike(&answers);
        assert_eq!(answers[0].1.status, 401);
        for token in [&fresh, &other_fresh, &renewed_fresh] {
            assert_eq!(json(refresh(app, "User1", token).await, 400).await["error"], "invalid_grant");
        }
    };
    is_over(&app).await;
    let app = app.restart().await;
    is_over(&app).await;
    for (realm, (access, fresh)) in &bystanders {
        json(app.get_as(access, &format!("/{realm}/me")).await, 200).await;
        json(refresh(&app, realm, fresh).await, 200).await;
    }
}

#[tokio::test]
async fn d58_no_session_that_began_at_the_moment_of_the_reset_outlives_it() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for round in 0..5 {
        let john = Person::new(&format!("john{round}@example.com")).join(&app).await;
        let (_, fresh) = pair(&app, &john).await;
        let path = mailed_reset(&app, &john.email).await;
        let login = together::form("/User1/login", &format!("username={}&password={}", john.email, john.password));
        let renewal = together::form("/User1/token", &format!("grant_type=refresh_token&refresh_token={fresh}"));
        let mut requests: Vec<_> = (0..49).map(|n| if n % 2 == 0 { login.clone() } else { renewal.clone() }).collect();
        requests.insert(round * 10, together::form(&path, "password=chosen+by+the+owner"));
        let answers = together::answers(&app.base, requests).await;
        assert_eq!(answers[round * 10].0, 200, "{}", answers[round * 10].1);
        for (_, body) in &answers {
            if let Some((access, fresh)) = tokens(&serde_json::from_str(body).unwrap()) {
                problem(app.get_as(&access, "/User1/me").await, 401).await;
                json(refresh(&app, "User1", &fresh).await, 400).await;
            }
        }
        john.with_password(NEW).log_in(&app).await;
    }
}
