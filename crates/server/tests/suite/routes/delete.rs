use std::time::Duration;

use reqwest::{Method, Response};

use crate::support::{Person, TestApp, json, problem};

async fn delete(app: &TestApp, token: &str, id: &str, email: &str) -> Response {
    let request = app.request(Method::DELETE, "/User1/delete").query(&[("id", id), ("email", email)]);
    request.bearer_auth(token).send().await.unwrap()
}

#[tokio::test]
async fn an_account_is_erased_with_all_its_sessions_and_the_address_is_available_immediately() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (here, there) = (john.log_in(&app).await, john.log_in(&app).await);
    let pair = json(app.login("User1", &john.email, &john.password).await, 200).await;

    let answer = json(delete(&app, &here, &john.id, "John@Example.com").await, 200).await;
    let expected = format!("User with id {} and email john@example.com deleted successfully", john.id);
    assert_eq!(answer["message"], expected);

    for token in [&here, &there] {
        problem(app.get_as(token, "/User1/me").await, 401).await;
    }
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", pair["refresh_token"].as_str().unwrap())];
    json(app.post_form("/User1/token", &refresh).await, 400).await;
    problem(app.login("User1", &john.email, &john.password).await, 401).await;
    assert!(app.mails_to(&john.email).await[0]["subject"].as_str().unwrap().contains("deleted"));

    let again = john.clone().with_password("another good phrase").join(&app).await;
    assert_ne!(again.id, john.id);
    again.log_in(&app).await;
    problem(app.get_as(&here, "/User1/me").await, 401).await;
}

#[tokio::test]
async fn only_ones_own_id_together_with_ones_own_address_deletes() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let mut bodies = Vec::new();
    for (id, email) in [
        (jane.id.as_str(), jane.email.as_str()),
        (&jane.id, &john.email),
        (&john.id, &jane.email),
        (&john.id, "unknown"),
        ("unknown", &john.email),
        ("", ""),
    ] {
        let mut body = problem(delete(&app, &token, id, email).await, 404).await;
        body["instance"] = "".into();
        bodies.push(body.to_string());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the same response for all");
    problem(app.request(Method::DELETE, "/User1/delete").send().await.unwrap(), 401).await;
    john.log_in(&app).await;
    jane.log_in(&app).await;
}

#[tokio::test]
async fn a_login_too_long_ago_is_not_enough() {
    let app = TestApp::with(&[("ACCESS_TOKEN_TTL", "2h")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    app.advance(Duration::from_secs(1801));
    let refused = delete(&app, &token, &john.id, &john.email).await;
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().contains("insufficient_user_authentication"));
    assert_eq!(problem(refused, 401).await["code"], "auth.stale");
    json(delete(&app, &john.log_in(&app).await, &john.id, &john.email).await, 200).await;
}

#[tokio::test]
async fn waiting_mails_to_a_deleted_account_have_invalid_links() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    json(app.get("/User1/forget_password?email=john%40example.com").await, 200).await;
    let link = app.link(&john.email, "reset_password_form").await;
    json(delete(&app, &john.log_in(&app).await, &john.id, &john.email).await, 200).await;
    assert_eq!(app.open(&link).await.status(), 400);
}
