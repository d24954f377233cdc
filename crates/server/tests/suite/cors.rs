//! Pages of allowed origins may call the server, and others may not.

use reqwest::{Method, Response};

use crate::{
    origin_defects::platform::PRODUCTION,
    support::{TestApp, json, problem},
};

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
    assert_eq!((answer.status().as_u16(), allowed(&answer)), (401, Some(APP)), "rejections are readable as well");
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(["retry-after", "x-request-id", "etag"].iter().all(|name| exposed.contains(name)), "{exposed}");
    let vary = answer.headers()["vary"].to_str().unwrap().to_lowercase();
    assert!(["authorization", "origin", "accept"].iter().all(|name| vary.contains(name)), "{vary}");
}

#[tokio::test]
async fn a_page_may_send_any_header_that_it_asks_for() {
    let app = TestApp::with(&[("CORS_ALLOWED_ORIGINS", APP)]).await;
    let asked = "authorization,content-type,x-requested-with,traceparent,sentry-trace,x-anything";
    let request = app.request(Method::OPTIONS, "/User1/login").header("Origin", APP);
    let request = request.header("Access-Control-Request-Method", "POST");
    let answer = request.header("Access-Control-Request-Headers", asked).send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-headers"], asked);
    assert!(answer.headers().get("access-control-allow-credentials").is_none());
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
async fn an_origin_is_compared_as_a_browser_sends_it() {
    let named = "HTTPS://App.Example.com:443, http://localhost:03000,http://[2001:DB8::1]:80";
    let app = TestApp::with(&[("CORS_ALLOWED_ORIGINS", named)]).await;
    for origin in [APP, "http://localhost:3000", "http://[2001:db8::1]"] {
        assert_eq!(allowed(&preflight(&app, origin).await), Some(origin));
    }
    for origin in
        ["https://App.Example.com", "https://app.example.com:443", "https://app.example.com:8443", "http://localhost"]
    {
        assert_eq!(allowed(&preflight(&app, origin).await), None, "{origin}");
    }
}

#[tokio::test]
async fn two_origins_in_one_header_are_not_allowed() {
    let app = TestApp::with(&[("CORS_ALLOWED_ORIGINS", APP)]).await;
    let request = app.request(Method::GET, "/livez").header("Origin", APP).header("Origin", "https://evil.example.com");
    assert_eq!(allowed(&request.send().await.unwrap()), None);
    assert_eq!(allowed(&preflight(&app, &format!("{APP} https://evil.example.com")).await), None);
}

#[tokio::test]
async fn every_response_varies_on_origin() {
    let app = TestApp::with(&[("CORS_ALLOWED_ORIGINS", APP)]).await;
    let page = app.get("/docs").await.text().await.unwrap();
    // Cacheable responses have further header names in `Vary`.
    let asset = page.split(['"', '\'']).find(|word| word.starts_with("/assets/vendor/")).unwrap();
    for path in ["/User1/me", "/livez", "/nowhere", "/openapi.json", asset] {
        for origin in [None, Some(APP), Some("https://evil.example.com")] {
            let request = app.request(Method::GET, path);
            let answer = origin.iter().fold(request, |request, origin| request.header("Origin", *origin)).send().await;
            let answer = answer.unwrap();
            let vary: Vec<_> = answer.headers().get_all("vary").iter().map(|vary| vary.to_str().unwrap()).collect();
            assert!(vary.join(", ").to_lowercase().contains("origin"), "{path} {origin:?}: {vary:?}");
            assert!(answer.headers().get("access-control-allow-credentials").is_none());
        }
    }
}

#[tokio::test]
async fn a_preflight_response_is_cached_for_an_hour() {
    let app = TestApp::with(&[("CORS_ALLOWED_ORIGINS", APP)]).await;
    let told = preflight(&app, APP).await;
    assert_eq!(told.headers()["access-control-max-age"], "3600");
}

#[tokio::test]
async fn an_options_request_that_is_not_a_preflight_is_405() {
    let app = TestApp::with(&[("CORS_ALLOWED_ORIGINS", APP)]).await;
    let plain = app.request(Method::OPTIONS, "/User1/me").send().await.unwrap();
    assert!(plain.headers().contains_key("allow"));
    problem(plain, 405).await;
    let with_origin = app.request(Method::OPTIONS, "/User1/me").header("Origin", APP).send().await.unwrap();
    assert_eq!((with_origin.status().as_u16(), allowed(&with_origin)), (405, None));
}

#[tokio::test]
async fn the_mailbox_of_development_is_read_by_no_page_of_another_origin() {
    for named in ["*", APP] {
        let app = TestApp::with(&[("CORS_ALLOWED_ORIGINS", named)]).await;
        let answer = app.request(Method::GET, "/livez").header("Origin", APP).send().await.unwrap();
        assert_eq!(allowed(&answer), Some(named));
        for path in ["/dev/mailbox.json", "/dev/mailbox"] {
            let answer = app.request(Method::GET, path).header("Origin", APP).send().await.unwrap();
            assert_eq!(allowed(&answer), None, "{path}");
        }
    }
}

#[tokio::test]
async fn without_allowed_origins_there_are_no_cors_headers_in_production() {
    let app = TestApp::with(PRODUCTION).await;
    for origin in [APP, "http://localhost:5173"] {
        let answer = preflight(&app, origin).await;
        assert_eq!((answer.status().as_u16(), allowed(&answer)), (405, None));
    }
}

#[tokio::test]
async fn in_development_a_page_of_this_machine_may_call_from_any_port() {
    let app = TestApp::start().await;
    for origin in [
        "http://localhost:5173",
        "http://127.0.0.1:3000",
        "http://[::1]:8080",
        "https://app.localhost",
        "http://localhost",
    ] {
        let answer = preflight(&app, origin).await;
        assert_eq!((answer.status().as_u16(), allowed(&answer)), (200, Some(origin)));
        assert!(answer.headers().get("access-control-allow-credentials").is_none());
    }
    for origin in [
        APP,
        "null",
        "http://localhost.example.com",
        "http://192.0.2.1:5173",
        "http://localhost:5173/",
        "http://localhost:5173/a",
        "http://LOCALHOST",
        "http://u@localhost",
        "file://localhost",
    ] {
        assert_eq!(allowed(&preflight(&app, origin).await), None, "{origin}");
    }
    for path in ["/dev/mailbox.json", "/dev/mailbox"] {
        let answer = app.request(Method::GET, path).header("Origin", "http://localhost:5173").send().await.unwrap();
        assert_eq!(allowed(&answer), None, "{path}");
    }
    let named = TestApp::with(&[("CORS_ALLOWED_ORIGINS", APP)]).await;
    assert_eq!(allowed(&preflight(&named, "http://localhost:5173").await), None, "the setting replaces the default");
}
