use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn logging_out_ends_this_session_and_no_other() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (here, there) = (john.log_in(&app).await, john.log_in(&app).await);
    json(app.request(reqwest::Method::POST, "/User1/logout").bearer_auth(&here).send().await.unwrap(), 200).await;
    problem(app.get_as(&here, "/User1/me").await, 401).await;
    problem(app.get_as(&here, "/User1/logout").await, 401).await;
    json(app.get_as(&there, "/User1/me").await, 200).await;
}

#[tokio::test]
async fn a_token_is_sent_in_the_header_and_nowhere_else() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let path = format!("/User1/me?access_token={token}");
    problem(app.get(&path).await, 401).await;
    let both = app.get_as(&token, &path).await;
    assert!(both.headers()["www-authenticate"].to_str().unwrap().contains("error=\"invalid_request\""));
    problem(both, 400).await;
    let twice = app.request(reqwest::Method::GET, "/User1/me").bearer_auth(&token).header("Authorization", "Bearer x");
    problem(twice.send().await.unwrap(), 400).await;
    let lower = app.request(reqwest::Method::GET, "/User1/me").header("Authorization", format!("bearer {token}"));
    json(lower.send().await.unwrap(), 200).await;
    let basic = app.request(reqwest::Method::GET, "/User1/me").basic_auth("a", Some("b"));
    problem(basic.send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn a_session_expires_at_its_maximum_age_even_before_its_token() {
    let app = TestApp::with(&[("SESSION_MAX_AGE", "10m")]).await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    app.advance(std::time::Duration::from_secs(599));
    json(app.get_as(&token, "/User1/me").await, 200).await;
    app.advance(std::time::Duration::from_secs(2));
    problem(app.get_as(&token, "/User1/me").await, 401).await;
}

#[tokio::test]
async fn a_token_expires() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    app.advance(std::time::Duration::from_secs(1804));
    json(app.get_as(&token, "/User1/me").await, 200).await;
    app.advance(std::time::Duration::from_secs(2));
    let answer = app.get_as(&token, "/User1/me").await;
    assert!(answer.headers()["www-authenticate"].to_str().unwrap().contains("error=\"invalid_token\""));
    problem(answer, 401).await;
}
