//! Headers of all responses, and the pages of the site.

use reqwest::Method;

use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn every_response_has_security_headers() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let answers = [
        app.get("/").await,
        app.get("/health").await,
        app.get("/openapi.json").await,
        app.get("/docs").await,
        app.get("/redoc").await,
        app.get("/assets/docs.js").await,
        app.get("/assets/vendor/redoc/3.0.1/redoc.standalone.js").await,
        app.get("/assets/portcullis.css").await,
        app.get("/assets/dev.css").await,
        app.get("/assets/dev.js").await,
        app.get("/dev/mailbox").await,
        app.get("/nowhere").await,
        app.get("/User1/verify?token=junk").await,
        app.get("/User1/me").await,
        app.get_as(&token, "/User1/me").await,
        app.post_json("/User1/create", serde_json::json!({})).await,
        app.request(Method::PUT, "/User1/create").send().await.unwrap(),
        app.request(Method::TRACE, "/User1/create").send().await.unwrap(),
    ];
    for answer in answers {
        let (url, headers) = (answer.url().clone(), answer.headers());
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{url}");
        }
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{url}");
        assert!(headers.contains_key("x-request-id") && headers.contains_key("cache-control"), "{url}");
        assert!(!headers.contains_key("server") && !headers.contains_key("access-control-allow-origin"), "{url}");
    }
    assert_eq!(app.get_as(&token, "/User1/me").await.headers()["cache-control"], "no-store");
    assert!(app.get("/").await.headers().get("strict-transport-security").is_none());
}

#[tokio::test]
async fn a_wrong_method_is_405_and_lists_the_allowed_ones() {
    let app = TestApp::start().await;
    for (method, path, allowed) in [
        (Method::GET, "/User1/create", "POST"),
        (Method::PATCH, "/User1/login", "POST"),
        (Method::TRACE, "/User1/login", "POST"),
        (Method::DELETE, "/health", "GET,HEAD"),
    ] {
        let answer = app.request(method, path).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], allowed);
        problem(answer, 405).await;
    }
}

#[tokio::test]
async fn head_changes_nothing_on_any_route() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await;
    let path = link.strip_prefix(&app.base).unwrap();
    let head = app.request(Method::HEAD, path).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert!(head.text().await.unwrap().is_empty());
    problem(app.login("User1", &john.email, &john.password).await, 403).await;

    let john = john.verify(&app).await;
    let token = john.log_in(&app).await;
    app.request(Method::HEAD, "/User1/logout").bearer_auth(&token).send().await.unwrap();
    json(app.get_as(&token, "/User1/me").await, 200).await;
    let (head, get) = (app.request(Method::HEAD, "/health").send().await.unwrap(), app.get("/health").await);
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-length"], get.headers()["content-length"]);
    assert_eq!(app.request(Method::HEAD, "/nowhere").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_unknown_path_returns_a_problem_document() {
    let app = TestApp::start().await;
    for path in [
        "/nowhere",
        "/User3/create",
        "/v1",
        "/v1/",
        "/v1/unknown",
        "/User1/nowhere",
        "/User1//create",
        "/%00",
        "/User1/..%2fUser2",
    ] {
        problem(app.get(path).await, 404).await;
    }
}

#[tokio::test]
async fn health_reports_the_state_of_the_database() {
    let app = TestApp::start().await;
    let health = json(app.get("/health").await, 200).await;
    assert_eq!(health, serde_json::json!({"status": "healthy", "database": "healthy", "redis": "disabled"}));
    json(app.get("/livez").await, 200).await;
    json(app.get("/readyz").await, 200).await;
}

#[tokio::test]
async fn the_landing_page_gives_the_walk_with_the_real_address() {
    let app = TestApp::start().await;
    let html = app.get("/").await.text().await.unwrap();
    assert!(html.contains(&app.base) && html.contains("/dev/mailbox"));
}

#[tokio::test]
async fn only_the_pages_of_developers_may_run_a_script_and_only_our_own() {
    let app = TestApp::start().await;
    for (path, has_script) in [("/", true), ("/dev/mailbox", true), ("/User1/verify?token=junk", false)] {
        let page = app.open(&format!("{}{path}", app.base)).await;
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert_eq!(policy.contains("script-src"), has_script, "{path}");
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{path}: {policy}");
        assert_eq!(page.text().await.unwrap().contains("<script"), has_script, "{path}");
    }
}

#[tokio::test]
async fn a_link_that_cannot_be_read_is_a_page_for_browsers_too() {
    let app = TestApp::start().await;
    for page in ["verify", "undo", "reset_password_form"] {
        for query in ["token=%FF", "token=a&token=b", "token=", ""] {
            let answer = app.open(&format!("{}/User1/{page}?{query}", app.base)).await;
            assert_eq!(answer.status(), 400, "{page}?{query}");
            assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        }
    }
}

#[tokio::test]
async fn a_browser_gets_an_error_page_for_a_failed_url() {
    let app = TestApp::start().await;
    for (method, path, status, heading) in [
        (Method::GET, "/nowhere", 404, "Page not found"),
        (Method::GET, "/User1/nowhere", 404, "Page not found"),
        (Method::GET, "/User3/me", 404, "Page not found"),
        (Method::GET, "/User1/create", 405, "Something went wrong with this request"),
        (Method::GET, "/User1/me", 401, "Something went wrong with this request"),
        (Method::GET, "/User1/verify_otp_phone?token=a&token=b", 400, "Something went wrong with this request"),
    ] {
        let api = app.request(method.clone(), path).send().await.unwrap();
        let browser = app.request(method, path).header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        let page = browser.send().await.unwrap();
        assert_eq!((page.status().as_u16(), api.status().as_u16()), (status, status), "{path}");
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8", "{path}");
        for header in ["www-authenticate", "allow", "cache-control"] {
            assert_eq!(page.headers().get(header), api.headers().get(header), "{path}: {header}");
        }
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("style-src 'self'"));
        problem(api, status).await;
        let html = page.text().await.unwrap();
        assert!(html.contains(&format!("<h1>{heading}</h1>")), "{path}: {html}");
        for accept in ["*/*", "application/json", "text/html;q=0.5, application/json", "text/html, */*"] {
            let answer = app.request(Method::GET, path).header("Accept", accept).send().await.unwrap();
            problem(answer, status).await;
        }
    }
    // Methods other than GET are sent by scripts and forms, not by opening a URL.
    let posted = app.request(Method::POST, "/User1/create").header("Accept", "text/html").body("{}");
    problem(posted.send().await.unwrap(), 415).await;
}

#[tokio::test]
async fn a_browser_that_reached_a_limit_or_finds_the_store_away_gets_a_page() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_MAILS_CLIENT", "1/1h")]).await;
    let path = "/User1/forget_password?email=john@example.com";
    json(app.get(path).await, 200).await;
    let page = app.request(Method::GET, path).header("Accept", "text/html").send().await.unwrap();
    assert_eq!(page.status(), 429);
    assert!(page.headers().contains_key("retry-after"));
    let html = page.text().await.unwrap();
    assert!(html.contains("Too many attempts") && html.contains("minutes"), "{html}");

    app.watched.store_is_away(true);
    let page = app.request(Method::GET, "/User1/verify?token=uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM");
    let page = page.header("Accept", "text/html").send().await.unwrap();
    assert_eq!(page.status(), 503);
    let id = page.headers()["x-request-id"].to_str().unwrap().to_owned();
    let html = page.text().await.unwrap();
    assert!(
        html.contains("We&#x27;ll be right back")
            || html.contains("We'll be right back")
            || html.contains("We&#39;ll be right back"),
        "{html}"
    );
    assert!(html.contains(&id));
    app.watched.store_is_away(false);
}
