//! Body formats that the original service's framework accepts.

use reqwest::{Method, Response};
use serde_json::json;

use crate::support::{Person, TestApp, json, problem};

async fn post(app: &TestApp, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Response {
    app.request(Method::POST, path).header("Content-Type", kind).body(body).send().await.unwrap()
}

/// Formats a form as `multipart/form-data`; a name with a `;` may carry further parameters.
fn multipart(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    fields.iter().map(part).collect::<String>() + "--b--\r\n"
}

const MULTIPART: &str = "multipart/form-data; boundary=b";

#[tokio::test]
async fn a_multipart_form_logs_in() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let fields = [("username", &*john.email), ("password", &*john.password)];
    for path in ["/User1/login", "/User1/token"] {
        let form = [&[("grant_type", "password")], &fields[..]].concat();
        let answer = json(post(&app, path, MULTIPART, multipart(&form)).await, 200).await;
        assert!(answer["access_token"].is_string());
    }
    json(post(&app, "/User1/login", "Multipart/Form-Data; boundary=\"b\"", multipart(&fields)).await, 200).await;
    // A plus sign is literal in this format.
    let plus = Person::new("jane+news@example.com").join(&app).await;
    let fields = [("username", &*plus.email), ("password", &*plus.password)];
    json(post(&app, "/User1/login", MULTIPART, multipart(&fields)).await, 200).await;
}

#[tokio::test]
async fn a_multipart_form_that_is_broken_repeated_too_large_or_a_file_is_rejected() {
    let app = TestApp::start().await;
    let login = async |kind: &str, body: String| post(&app, "/User1/login", kind, body).await;
    for (kind, body) in [
        ("multipart/form-data", multipart(&[("username", "a")])),
        (MULTIPART, String::new()),
        (MULTIPART, "--b\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nhalf".to_owned()),
        (MULTIPART, multipart(&[("username", "a@example.com"), ("username", "b@example.com")])),
        (MULTIPART, multipart(&[("x", ""); 2])),
        (MULTIPART, (0..1001).map(|n| multipart(&[(&n.to_string(), "")]).replace("--b--\r\n", "")).collect::<String>()),
    ] {
        problem(login(kind, body).await, 400).await;
    }
    let file = multipart(&[("username", "a@example.com"), ("password\"; filename=\"x", "some good phrase")]);
    problem(login(MULTIPART, file).await, 422).await;
    problem(login(MULTIPART, multipart(&[("username", &"x".repeat(70_000))])).await, 413).await;
}

#[tokio::test]
async fn a_fault_in_a_multipart_form_is_named_with_its_place() {
    let app = TestApp::start().await;
    let good = multipart(&[("username", "a@example.com")]).replace("--b--\r\n", "");
    let head = "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n";
    let of = |bytes: &[u8]| [good.as_bytes(), bytes].concat();
    let (begin, value) = (good.len(), good.len() + head.len());
    for (kind, body, place) in [
        ("multipart/form-data", of(b"--b--\r\n"), 0),
        (MULTIPART, Vec::new(), 0),
        (MULTIPART, b"without a delimiter".to_vec(), 19),
        (MULTIPART, of(format!("{head}half").as_bytes()), value + 4),
        (MULTIPART, of(b"--b\r\nContent-Disp"), begin + 17),
        (MULTIPART, of(b"--b\r\nno header\r\n\r\nvalue\r\n--b--\r\n"), begin),
        (MULTIPART, of(&[head.as_bytes(), b"ab\xff\r\n--b--\r\n"].concat()), value + 2),
    ] {
        let request = app.request(Method::POST, "/User1/login").header("Content-Type", kind).body(body.clone());
        let refused = problem(request.send().await.unwrap(), 400).await;
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.ends_with(&format!(" at byte {place}.")), "{}: {detail}", String::from_utf8_lossy(&body));
    }
}

#[tokio::test]
async fn every_kind_of_json_is_read_with_or_without_a_byte_order_mark() {
    let app = TestApp::start().await;
    for (number, kind) in [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=utf-8",
        "application/json; charset=latin-1",
        "application/vnd.x+json",
        "application/ld+json; profile=x",
    ]
    .into_iter()
    .enumerate()
    {
        for mark in ["", "\u{FEFF}"] {
            let john = Person::new(&format!("john{number}@example.com"));
            json(post(&app, "/User1/create", kind, format!("{mark}{}", john.form())).await, 200).await;
        }
    }
    for kind in ["text/json", "text/plain", "application/jsonx", "image/svg+xml", "json", ""] {
        problem(post(&app, "/User1/create", kind, "{}").await, 415).await;
    }
}

#[tokio::test]
async fn login_and_token_take_json_too() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let login = json!({"username": john.email, "password": john.password});
    json(app.post_json("/User1/login", login).await, 200).await;
    let grant = json!({"grant_type": "password", "username": john.email, "password": john.password});
    let tokens = json(app.post_json("/User1/token", grant).await, 200).await;
    let grant = json!({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]});
    json(app.post_json("/User1/token", grant).await, 200).await;
}

/// The original service only read the query. `axios.post(url, {}, { params })` also sends an empty object.
#[tokio::test]
async fn a_body_in_addition_to_a_complete_query_is_ignored() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let path = format!("/User1/otp_phone?id={}&phone=%2B1234567890", john.id);
    for (kind, body) in [("application/json", "{}"), ("application/json", "null"), ("text/plain", "x")] {
        json(post(&app, &path, kind, body).await, 200).await;
    }
    problem(post(&app, &format!("/User1/otp_phone?id={}", john.id), "application/json", "{}").await, 422).await;
}

/// See RFC 6749 §3.2.
#[tokio::test]
async fn an_oauth_parameter_without_a_value_is_missing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (email, password) = (john.email.as_str(), john.password.as_str());
    for form in [
        &[("grant_type", "")][..],
        &[("grant_type", "refresh_token"), ("refresh_token", "")],
        &[("grant_type", "password"), ("username", ""), ("password", "")],
        &[("grant_type", "password"), ("username", email), ("password", "")],
    ] {
        let answer = app.post_form("/User1/token", form).await;
        assert_eq!(answer.status(), 400, "{form:?}");
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["error"], "invalid_request", "{form:?}");
    }
    let form = [
        ("username", email),
        ("password", password),
        ("device", ""),
        ("scope", ""),
        ("client_id", ""),
        ("grant_type", ""),
    ];
    json(app.post_form("/User1/login", &form).await, 200).await;
    // A repeated parameter is an error even if one of the values is empty.
    problem(app.post_form("/User1/login", &[&form[..], &[("scope", "")]].concat()).await, 400).await;
}
