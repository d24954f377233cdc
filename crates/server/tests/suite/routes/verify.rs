use std::{sync::Arc, time::Duration};

use reqwest::Method;

use crate::support::{Person, TestApp, json, problem, rounds};

#[tokio::test]
async fn the_link_shows_a_page_or_json_and_works_again_inside_its_lifetime() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await;
    for _ in 0..2 {
        let page = app.open(&link).await;
        assert_eq!(page.status(), 200);
        assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }
    let path = link.strip_prefix(&app.base).unwrap();
    let answer =
        json(app.request(Method::GET, path).header("Accept", "application/json").send().await.unwrap(), 200).await;
    assert_eq!(answer["message"], "Email verified successfully");
    assert!(answer.get("access_token").is_none());
    app.advance(Duration::from_secs(24 * 3600));
    problem(app.request(Method::GET, path).header("Accept", "application/json").send().await.unwrap(), 400).await;
}

#[tokio::test]
async fn the_lifetime_runs_from_the_hand_over_of_the_mail() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    app.advance(Duration::from_secs(20 * 3600));
    let link = app.link(&john.email, "verify").await;
    app.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(app.open(&link).await.status(), 200);
}

#[tokio::test]
async fn fifty_concurrent_clicks_verify_once_and_all_see_success() {
    let app = Arc::new(TestApp::start().await);
    for round in 0..rounds() {
        let john = Person::new(&format!("john{round}@example.com")).register(&app).await;
        let link = app.link(&john.email, "verify").await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (app, link) = (Arc::clone(&app), link.clone());
            tasks.spawn(async move { app.open(&link).await.status().as_u16() });
        }
        assert_eq!(tasks.join_all().await, vec![200; 50]);
        let welcomes = app.mails_to(&john.email).await.len() - 1;
        assert_eq!(welcomes, 1);
        john.log_in(&app).await;
    }
}

#[tokio::test]
async fn fifty_concurrent_registrations_leave_one_to_verify() {
    let app = Arc::new(TestApp::with(&[("DEV_MAILBOX_SIZE", "2000")]).await);
    for round in 0..rounds() {
        let email = format!("john{round}@example.com");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (app, form) = (Arc::clone(&app), Person::new(&email).form());
            tasks.spawn(async move { app.post_json("/User1/create", form).await.status().as_u16() });
        }
        assert_eq!(tasks.join_all().await, vec![200; 50]);
        let mails = app.mails_to(&email).await;
        let mut good = 0;
        for mail in &mails {
            good += usize::from(app.open(mail["links"][0].as_str().unwrap()).await.status() == 200);
        }
        assert_eq!(good, 1, "of {} links", mails.len());
    }
}
