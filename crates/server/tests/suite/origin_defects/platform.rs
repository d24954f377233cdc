//! Rows D84 to D88, D94 and D96: browser security, health, and the quality gates of the project itself.

use std::{fs, path::Path};

use reqwest::Method;

use super::{contested, reset_path};
use crate::support::{Person, TestApp, json, problem};

/// Settings that production accepts.
pub const PRODUCTION: &[(&str, &str)] = &[
    ("RATE_LIMIT_MODE", "enforce"),
    ("ENVIRONMENT", "production"),
    ("PUBLIC_URL", "https://accounts.example.com"),
    ("MAIL_SERVER", "127.0.0.1"),
    ("TRUSTED_PROXIES", "none"),
    ("ENCRYPTION_KEY", "c29tZSBrZXkgdGhhdCB0aGUgdGVzdHMgbWFkZSB1cCE="),
    ("ARGON2_MEMORY_KIB", "19456"),
    ("ARGON2_ITERATIONS", "2"),
];

#[tokio::test]
async fn d84_no_page_is_framed_and_nothing_secret_is_cached() {
    let app = TestApp::start().await;
    let (_, victim) = contested(&app).await;
    let form = app.link(&victim.email, "verify").await;
    let path = reset_path(&app, &victim.email).await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let mailed = super::mailed_reset(&app, &john.email).await;
    let handle = serde_json::json!({ "id": john.id, "phone": "+1234567890" });
    for answer in [
        app.open(&form).await,
        super::ask(&app, &form).await,
        app.open(&format!("{}{}", app.base, mailed.replace("reset_password", "reset_password_form"))).await,
        app.get("/User1/forget_password?email=john@example.com").await,
        app.post_json("/User1/otp_phone", handle).await,
        app.get("/User1/verify_otp_phone?token=junk&otp=123456").await,
        super::refresh(&app, "User1", "junk").await,
        app.open(&app.link(&victim.email, "undo").await).await,
        app.post_form(&path, &[("password", "short")]).await,
        app.post_form(&path, &[("password", "chosen by the owner")]).await,
        app.post_form(&path, &[("password", "chosen by a thief")]).await,
        app.login("User1", &john.email, &john.password).await,
        app.login("User1", &john.email, "wrong phrase").await,
        app.get_as(&token, "/User1/me").await,
        app.get_as("a.b.c", "/User1/me").await,
        app.post_json("/User1/create", Person::new("jane@example.com").form()).await,
        app.get_as(&token, "/User1/logout").await,
    ] {
        let (url, headers) = (answer.url().clone(), answer.headers());
        assert_eq!(headers["cache-control"], "no-store", "{url}");
        assert_eq!(headers["x-frame-options"], "DENY", "{url}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{url}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{url}");
        assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"), "{url}");
    }
}

#[tokio::test]
async fn d84_browsers_are_held_to_https_where_there_is_https() {
    let app = TestApp::with(PRODUCTION).await;
    for path in ["/", "/health", "/User1/me", "/nowhere"] {
        let answer = app.get(path).await;
        let policy = answer.headers()["strict-transport-security"].to_str().unwrap();
        assert_eq!(policy, "max-age=63072000", "{path}");
    }
    let app = TestApp::with(&[PRODUCTION, &[("HSTS", "max-age=1; includeSubDomains")]].concat()).await;
    assert_eq!(app.get("/").await.headers()["strict-transport-security"], "max-age=1; includeSubDomains");
    let app = TestApp::with(&[PRODUCTION, &[("HSTS", "off")]].concat()).await;
    assert!(app.get("/").await.headers().get("strict-transport-security").is_none());
}

#[tokio::test]
async fn d85_no_response_links_to_a_forged_host() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    for path in [
        "/User1?id=1",
        "/User1/?id=1",
        "/v1/User1?id=1",
        "/User1/me/",
        "/User1/verify/?token=x",
        "/",
        "//evil.example/",
        "/v1",
    ] {
        for (name, value) in
            [("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("X-Original-URL", "/evil.example")]
        {
            let answer = app.request(Method::GET, path).header(name, value).bearer_auth(&token).send().await.unwrap();
            assert!(!answer.status().is_redirection(), "{path}");
            assert!(!format!("{:?}", answer.headers()).contains("evil"), "{path}");
            assert!(!answer.text().await.unwrap().contains("evil"), "{path}");
        }
    }
}

#[tokio::test]
async fn d86_no_page_of_another_origin_is_let_in_by_default() {
    let development = TestApp::start().await;
    let production = TestApp::with(PRODUCTION).await;
    let token = Person::new("john@example.com").join(&development).await.log_in(&development).await;
    let asked = |app: &TestApp, origin: &str| {
        let preflight = app
            .request(Method::OPTIONS, "/User1/me")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", "authorization");
        [preflight, app.request(Method::GET, "/User1/me").header("Origin", origin).bearer_auth(&token)]
    };
    for origin in ["https://yourdomain.com", "http://localhost:3000", "http://127.0.0.1:8000", "null", &production.base]
    {
        for request in asked(&production, origin) {
            let answer = request.send().await.unwrap();
            let names: Vec<_> =
                answer.headers().keys().filter(|name| name.as_str().starts_with("access-control")).collect();
            assert!(names.is_empty(), "{origin}: {names:?}");
        }
    }
    // Pages of this machine are allowed in development.
    for origin in ["https://yourdomain.com", "null", "http://192.0.2.1:3000"] {
        for request in asked(&development, origin) {
            assert!(!request.send().await.unwrap().headers().contains_key("access-control-allow-origin"), "{origin}");
        }
    }
}

#[tokio::test]
async fn d87_production_shows_no_documentation_and_no_mailbox() {
    let app = TestApp::with(PRODUCTION).await;
    for path in ["/docs", "/redoc", "/openapi.json", "/dev/mailbox", "/dev/mailbox.json", "/v1/openapi.json"] {
        problem(app.get(path).await, 404).await;
    }
    let landing = app.get("/").await.text().await.unwrap();
    assert!(!landing.contains("curl") && !landing.contains(env!("CARGO_PKG_VERSION")) && !landing.contains("/docs"));
}

#[tokio::test]
async fn d88_no_request_is_rejected_because_of_its_user_agent_or_harmless_text() {
    let app = TestApp::with(&[super::UNLIMITED]).await;
    for agent in [
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "curl/8.5.0",
        "sqlmap/1.8 (https://sqlmap.org); union select",
        "",
        "() { :; }; echo",
    ] {
        let with = |method: Method, path: &str| app.request(method, path).header("User-Agent", agent);
        problem(with(Method::GET, "/x").send().await.unwrap(), 404).await;
        json(with(Method::GET, "/health").send().await.unwrap(), 200).await;
        let form = Person::new("john@example.com").form();
        json(with(Method::POST, "/User1/create").json(&form).send().await.unwrap(), 200).await;
    }
    for (number, name) in
        ["Select * from", "../../etc", "Union Jack; --", "alert(1)", "$(id) `id`"].into_iter().enumerate()
    {
        let mut form = Person::new(&format!("person{number}@example.com")).form();
        form["first_name"] = name.into();
        json(app.post_json("/User1/create", form).await, 200).await;
    }
    problem(app.get("/x?q=<script>&r=' or 1=1;--").await, 404).await;
}

#[tokio::test]
async fn d94_health_reports_an_unavailable_database() {
    let app = TestApp::start().await;
    json(app.get("/health").await, 200).await;
    json(app.get("/readyz").await, 200).await;
    app.watched.store_is_away(true);
    let health = json(app.get("/health").await, 503).await;
    assert_eq!((health["status"].as_str(), health["database"].as_str()), (Some("unhealthy"), Some("unhealthy")));
    json(app.get("/readyz").await, 503).await;
    json(app.get("/livez").await, 200).await;
    app.watched.store_is_away(false);
    json(app.get("/health").await, 200).await;
}

#[test]
fn d96_no_gate_of_the_project_lets_a_failure_through() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut gates = vec![root.join(".ci/run"), root.join("Makefile")];
    let scripts = fs::read_dir(root.join("misc")).unwrap().map(|entry| entry.unwrap().path());
    gates.extend(scripts.filter(|path| path.extension().is_some_and(|end| end == "sh")));
    for gate in gates {
        let text = fs::read_to_string(&gate).unwrap();
        let name = gate.display();
        for way_out in
            ["|| true", "||true", "|| :", "|| exit 0", "; true", "set +e", "continue-on-error", "--no-fail-fast"]
        {
            assert!(!text.contains(way_out), "`{way_out}` in {name}");
        }
        if gate.ends_with("Makefile") {
            // `-` before a command of a recipe, or `-i`, would hide a failure.
            assert!(!text.contains("\n\t-") && !text.contains("\n\t@-") && !text.contains(".IGNORE"), "{name}");
        } else {
            let is_strict = text.lines().any(|line| line.starts_with("set -e"));
            assert!(is_strict, "{name} continues after a failure");
        }
    }
    let run = fs::read_to_string(root.join(".ci/run")).unwrap();
    for gate in ["make check", "make test"] {
        assert!(run.lines().any(|line| line == gate), "{gate}");
    }
}
