//! Paths and queries in the notations that clients use.

use reqwest::Method;
use serde_json::json;

use super::send;
use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn a_slash_at_the_end_of_a_path_does_not_matter() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let form = [("username", &*john.email), ("password", &*john.password)];
    for path in ["/User1/login/", "/v1/User1/login/", "/User1/login//"] {
        json(app.post_form(path, &form).await, 200).await;
    }
    let token = john.log_in(&app).await;
    for path in ["/User1", "/User1/", "/v1/User1", "/v1/User1/", "/User1/me/"] {
        json(app.get_as(&token, path).await, 200).await;
    }
    for path in ["/livez/", "/health/", "/docs/", "/openapi.json/", "/"] {
        assert_eq!(app.get(path).await.status(), 200, "{path}");
    }
    let link = app.get("/User1/verify/?token=x").await;
    assert_eq!(link.status(), 400, "the page of a bad link");
}

#[tokio::test]
async fn encoded_letters_and_digits_in_a_path_are_themselves() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let body = format!("username={}&password={}", john.email, john.password);
    let login = async |path: &str| {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}", body.len());
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&app, format!("{head}\r\n{kind}\r\n\r\n{body}").as_bytes()).await.status()
    };
    for path in ["/User%31/login", "/%55ser1/%6Cogin", "/v%31/User1/%6cogin", "/User1/login%2f/"] {
        assert_eq!(login(path).await, if path.contains("%2f") { 404 } else { 200 }, "{path}");
    }
    for path in ["/User%2531/login", "/User1%2Flogin", "/User%3/login", "/User%", "/User1/%2e%2e/User1/login"] {
        assert_eq!(login(path).await, 404, "{path}");
    }
}

#[tokio::test]
async fn a_plus_in_an_address_of_a_url_is_not_lost() {
    let app = TestApp::start().await;
    let john = Person::new("john+news@example.com").join(&app).await;
    for query in ["email=john+news@example.com", "email=john%2Bnews%40example.com", "email=%20john+news@example.com+"] {
        let before = app.mails_to(&john.email).await.len();
        json(app.get(&format!("/User1/forget_password?{query}")).await, 200).await;
        assert_eq!(app.mails_to(&john.email).await.len(), before + 1, "{query}");
    }
    let token = john.log_in(&app).await;
    let path = format!("/User1/delete?id={}&email=john+news@example.com", john.id);
    json(app.request(Method::DELETE, &path).bearer_auth(token).send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn a_plus_in_an_address_of_a_form_is_not_lost_and_a_space_in_json_is_none() {
    let app = TestApp::start().await;
    let john = Person::new("john+news@example.com").join(&app).await;
    let send = async |path: &str, body: String| {
        let request = app.request(Method::POST, path).header("Content-Type", "application/x-www-form-urlencoded");
        request.body(body).send().await.unwrap()
    };
    let credentials = format!("username=john+news@example.com&password={}", john.password);
    json(send("/User1/login", credentials.clone()).await, 200).await;
    json(send("/User1/token", format!("grant_type=password&{credentials}")).await, 200).await;
    let before = app.mails_to(&john.email).await.len();
    json(send("/User1/forget_password", "email=john+news@example.com".to_owned()).await, 200).await;
    assert_eq!(app.mails_to(&john.email).await.len(), before + 1);
    problem(app.post_json("/User1/forget_password", json!({"email": "john news@example.com"})).await, 422).await;
}

#[tokio::test]
async fn parameters_added_to_a_link_are_ignored() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await;
    let answer = app.open(&format!("{link}&utm=a&utm=b&bad=%FF")).await;
    assert_eq!(answer.status(), 200);
}
