use reqwest::Method;
use serde_json::json;

use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn this_was_not_me_discards_the_registration_when_the_button_is_pressed() {
    let app = TestApp::start().await;
    let stranger = Person::new("victim@example.com").register(&app).await;
    let (verify, undo) = (app.link(&stranger.email, "verify").await, app.link(&stranger.email, "undo").await);

    // Opening the page any number of times changes nothing, because mail scanners open it.
    for _ in 0..2 {
        let html = app.open(&undo).await.text().await.unwrap();
        assert!(html.contains("<form") && html.contains("action=\"undo\""));
    }
    problem(app.login("User1", &stranger.email, &stranger.password).await, 403).await;

    let token = undo.split_once("token=").unwrap().1;
    let done = app.post_form("/User1/undo", &[("token", token)]).await;
    assert_eq!(done.status(), 200);
    problem(app.login("User1", &stranger.email, &stranger.password).await, 401).await;
    assert_eq!(app.open(&verify).await.status(), 400);
    assert_eq!(app.open(&undo).await.status(), 400);
    assert_eq!(app.post_form("/User1/undo", &[("token", token)]).await.status(), 400);
    // The address is free for its owner.
    Person::new("victim@example.com").with_password("the owners own phrase").join(&app).await.log_in(&app).await;
}

#[tokio::test]
async fn after_the_address_was_verified_there_is_nothing_to_take_back() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let undo = app.link(&john.email, "undo").await;
    let john = john.verify(&app).await;
    let token = undo.split_once("token=").unwrap().1;
    let refused =
        app.request(Method::POST, "/User1/undo").header("Accept", "application/json").json(&json!({"token": token}));
    problem(refused.send().await.unwrap(), 400).await;
    john.log_in(&app).await;
}

#[tokio::test]
async fn the_page_returns_json_on_request() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let undo = app.link(&john.email, "undo").await;
    let path = undo.strip_prefix(&app.base).unwrap();
    json(app.request(Method::GET, path).header("Accept", "application/json").send().await.unwrap(), 200).await;
}
