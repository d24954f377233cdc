//! Pages of other origins call where they are named, and nowhere else.

use reqwest::{Method, Response};

use crate::support::{TestApp, json};

const APP: &str = "https://app.example.com";

async fn preflight(app: &TestApp, origin: &str) -> Response {
    let request = app.request(Method::OPTIONS, "/User1/me").header("Origin", origin);
    let asked = request.header("Access-Control-Request-Method", "GET");
    asked.header("Access-Control-Request-Headers", "authorization").send().await.unwrap()
}

fn allowed(answer: &Response) -> Option<&str> {
    Some(answer.headers().get("access-control-allow-origin")?.to_str().unwrap())
}

#[tokio::test]
async fn a_page_of_a_named_origin_may_call() {
    let app = TestApp::with(&[("CORS_ALLOWED_ORIGINS", "https://other.example.com,https://app.example.com")]).await;
    let answer = preflight(&app, APP).await;
    assert_eq!((answer.status().as_u16(), allowed(&answer)), (200, Some(APP)));
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_lowercase();
    assert!(header("access-control-allow-headers").contains("authorization"));
    assert!(header("access-control-allow-methods").contains("delete"));
    assert!(answer.headers().get("access-control-allow-credentials").is_none());

    let answer = app.request(Method::GET, "/User1/me").header("Origin", APP).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), allowed(&answer)), (401, Some(APP)), "refusals are readable, too");
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("retry-after") && exposed.contains("x-request-id"), "{exposed}");
    let vary = answer.headers()["vary"].to_str().unwrap().to_lowercase();
    assert!(["authorization", "origin", "accept"].iter().all(|name| vary.contains(name)), "{vary}");
}

#[tokio::test]
async fn a_page_of_another_origin_may_not() {
    let app = TestApp::with(&[("CORS_ALLOWED_ORIGINS", APP)]).await;
    for origin in ["https://evil.example.com", "https://app.example.com.evil.com", "http://app.example.com", "null"] {
        assert_eq!(allowed(&preflight(&app, origin).await), None, "{origin}");
        let answer = app.request(Method::GET, "/livez").header("Origin", origin).send().await.unwrap();
        assert_eq!(allowed(&answer), None, "{origin}");
        json(answer, 200).await;
    }
}

#[tokio::test]
async fn where_nobody_is_named_nobody_is_told_anything() {
    let app = TestApp::start().await;
    let answer = preflight(&app, APP).await;
    assert_eq!((answer.status().as_u16(), allowed(&answer)), (405, None));
}
