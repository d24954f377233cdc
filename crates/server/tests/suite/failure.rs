//! Failures of the store and of handlers: requests fail without details, and the process keeps running.

use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn a_panic_in_a_request_is_a_500_without_details_and_the_process_survives() {
    let app = TestApp::start().await;
    app.random.panic_after(1);
    let failed = problem(app.post_json("/User1/create", Person::new("john@example.com").form()).await, 500).await;
    assert_eq!(failed["code"], "internal");
    assert!(!failed.to_string().contains("luck"));
    Person::new("john@example.com").join(&app).await.log_in(&app).await;
}

#[tokio::test]
async fn without_the_store_every_login_is_rejected_with_a_retry_after() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    app.watched.store_is_away(true);
    let answers = [
        app.get_as(&token, "/User1/me").await,
        app.get_as(&token, "/User1/logout").await,
        app.login("User1", &john.email, &john.password).await,
        app.post_json("/User1/create", Person::new("jane@example.com").form()).await,
        app.post_json("/User1/verify/resend", json!({"email": "john@example.com"})).await,
    ];
    for answer in answers {
        assert_eq!(answer.headers()["retry-after"], "2");
        assert_eq!(problem(answer, 503).await["code"], "unavailable");
    }
    let health = json(app.get("/health").await, 503).await;
    assert_eq!((health["status"].as_str(), health["database"].as_str()), (Some("unhealthy"), Some("unhealthy")));
    json(app.get("/readyz").await, 503).await;
    json(app.get("/livez").await, 200).await;

    app.watched.store_is_away(false);
    json(app.get_as(&token, "/User1/me").await, 200).await;
    json(app.get("/readyz").await, 200).await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_cut_off() {
    let slow = [("REQUEST_TIMEOUT", "1s"), ("ARGON2_MEMORY_KIB", "262144"), ("ARGON2_ITERATIONS", "12")];
    let app = TestApp::with(&slow).await;
    let began = Instant::now();
    let answer = app.login("User1", "john@example.com", "some good phrase").await;
    assert_eq!(problem(answer, 503).await["code"], "timeout");
    assert!(began.elapsed() >= Duration::from_secs(1));
}

/// This holds for a client whose request timed out, and for one that closed the connection.
#[tokio::test]
async fn a_request_is_completed_after_its_client_has_gone() {
    let slow = [("ARGON2_MEMORY_KIB", "262144"), ("ARGON2_ITERATIONS", "12"), ("HASH_DEADLINE", "60s")];
    let patient = TestApp::with(&slow).await;
    let app = TestApp::with(&[&[("REQUEST_TIMEOUT", "1s")], &slow[..]].concat()).await;
    let (told, gone) = (Person::new("told@example.com"), Person::new("gone@example.com"));
    let body = gone.form().to_string();
    let mut stream = TcpStream::connect(patient.base.strip_prefix("http://").unwrap()).unwrap();
    let head = "POST /User1/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let answer = app.post_json("/User1/create", told.form()).await;
    assert!(patient.mails_to(&gone.email).await.is_empty(), "done before its client had gone");
    drop(stream);
    assert_eq!(problem(answer, 503).await["code"], "timeout");
    let begun = Instant::now();
    for (app, person) in [(app, told), (patient, gone)] {
        while app.mails_to(&person.email).await.is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no mail to {}", person.email);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
