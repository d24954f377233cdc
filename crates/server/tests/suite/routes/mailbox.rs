//! The development mailbox.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;

use crate::{
    limits::ENFORCED,
    support::{Person, TestApp, json, problem},
};

#[tokio::test]
async fn the_mailbox_opens_to_this_machine_only() {
    let app = TestApp::start().await;
    Person::new("john@example.com").register(&app).await;
    let id = app.mails().await[0]["id"].as_str().unwrap().to_owned();
    let html = app.request(Method::GET, "/dev/mailbox").send().await.unwrap();
    assert!(html.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let as_json = app.request(Method::GET, "/dev/mailbox").header("Accept", "application/json").send().await.unwrap();
    json(as_json, 200).await;
    for (name, value) in [
        ("Host", "evil.example"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Forwarded", "for=1.2.3.4"),
        ("Via", "1.1 proxy"),
        ("Host", "127.0.0.1.evil.example"),
    ] {
        for (method, path) in [
            (Method::GET, "/dev/mailbox"),
            (Method::GET, "/dev/mailbox.json"),
            (Method::GET, "/dev/mailbox/events"),
            (Method::GET, &format!("/dev/mailbox/{id}/html")),
            (Method::POST, "/dev/mailbox/clear"),
        ] {
            problem(app.request(method, path).header(name, value).send().await.unwrap(), 404).await;
        }
    }
    assert_eq!(app.mails().await.len(), 1, "it was not cleared");
}

#[tokio::test]
async fn a_mail_is_shown_in_a_frame_in_which_nothing_runs() {
    let app = TestApp::start().await;
    Person::new("john@example.com").register(&app).await;
    let mail = app.mails().await.remove(0);
    let id = mail["id"].as_str().unwrap();
    let page = app.open(&format!("{}/dev/mailbox?message={id}", app.base)).await.text().await.unwrap();
    assert!(page.contains(&format!("/dev/mailbox/{id}/html")) && page.contains("<iframe sandbox="));
    assert!(!page.contains("allow-scripts") && !page.contains("allow-same-origin"));

    let frame = app.get(&format!("/dev/mailbox/{id}/html")).await;
    let policy = frame.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert!(policy.contains("sandbox") && !policy.contains("allow-scripts") && !policy.contains("script-src"));
    assert_eq!(frame.headers()["x-frame-options"], "SAMEORIGIN");
    assert!(frame.text().await.unwrap().starts_with(mail["html"].as_str().unwrap()));
    problem(app.get("/dev/mailbox/nowhere/html").await, 404).await;
}

#[tokio::test]
async fn an_unknown_message_id_shows_the_newest_message() {
    let app = TestApp::start().await;
    let empty = app.get("/dev/mailbox").await.text().await.unwrap();
    assert!(empty.contains("Nothing has been sent yet") && empty.contains(&format!("{}/User1/create", app.base)));
    Person::new("john@example.com").register(&app).await;
    app.pump().await;
    for query in ["", "?message=gone", "?message=", "?view=nonsense", "?message=<script>&view=%22"] {
        let page = app.get(&format!("/dev/mailbox{query}")).await;
        assert_eq!(page.status(), 200, "{query}");
        let page = page.text().await.unwrap();
        assert!(page.contains("<iframe") && !page.contains("<script>"), "{query}");
    }
    problem(app.get("/dev/mailbox?view=text&view=html").await, 400).await;
}

#[tokio::test]
async fn the_mailbox_is_cleared_by_its_own_page_and_by_no_other_site() {
    let app = TestApp::start().await;
    Person::new("john@example.com").register(&app).await;
    app.pump().await;
    let clear = |headers: &[(&str, &str)]| {
        let request = app.request(Method::POST, "/dev/mailbox/clear");
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send()
    };
    for headers in [
        [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")].as_slice(),
        &[("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Origin", "null")],
        &[("Origin", "http://127.0.0.1")],
        &[("Origin", &app.base.replace("http", "https"))],
    ] {
        let refused = problem(clear(headers).await.unwrap(), 403).await;
        assert_eq!(refused["code"], "request.cross_site", "{headers:?}");
    }
    assert_eq!(app.get("/dev/mailbox/clear").await.status(), 405);
    assert_eq!(app.mails().await.len(), 1);
    for headers in [[("Origin", "null"), ("Sec-Fetch-Site", "same-origin")].as_slice(), &[("Origin", &app.base)], &[]] {
        app.post_json("/User1/create", Person::new("john@example.com").form()).await;
        assert!(!app.mails().await.is_empty());
        assert_eq!(clear(headers).await.unwrap().status(), 303);
        assert!(app.mails().await.is_empty(), "{headers:?}");
    }
}

#[tokio::test]
async fn a_subscribed_page_gets_every_change_and_nothing_else() {
    let app = TestApp::start().await;
    let mut events = app.get("/dev/mailbox/events").await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert_eq!(next(&mut events).await.as_deref(), Some("data: changed\n\n"), "one at the start");
    Person::new("john@example.com").register(&app).await;
    let silence = tokio::time::timeout(Duration::from_millis(200), next(&mut events)).await;
    assert!(silence.is_err(), "nothing has been sent yet");
    app.pump().await;
    assert_eq!(next(&mut events).await.as_deref(), Some("data: changed\n\n"));
    app.request(Method::POST, "/dev/mailbox/clear").send().await.unwrap();
    assert_eq!(next(&mut events).await.as_deref(), Some("data: changed\n\n"));
}

#[tokio::test]
async fn a_page_that_listens_does_not_hold_up_the_end() {
    let mut app = TestApp::start().await;
    let mut events = app.get("/dev/mailbox/events").await;
    next(&mut events).await;
    let stopped = tokio::time::timeout(Duration::from_secs(5), app.stop()).await;
    assert!(stopped.is_ok());
    assert_eq!(next(&mut events).await, None);
}

async fn next(events: &mut Response) -> Option<String> {
    let chunk = events.chunk().await.unwrap()?;
    Some(String::from_utf8(chunk.to_vec()).unwrap())
}

#[tokio::test]
async fn the_mailbox_outlives_a_restart() {
    let app = TestApp::start().await;
    Person::new("john@example.com").register(&app).await;
    let before = app.mails().await;
    let app = app.restart().await;
    assert_eq!(app.mails().await, before);
    app.request(Method::POST, "/dev/mailbox/clear").send().await.unwrap();
    assert!(app.restart().await.mails().await.is_empty());
}

#[tokio::test]
async fn a_message_that_a_limit_withheld_is_shown_with_the_name_of_the_setting() {
    let app =
        TestApp::with(&[ENFORCED, &[("LIMIT_MAILS_ACCOUNT", "1/1h"), ("LIMIT_OTP_ACCOUNT", "1/1h")]].concat()).await;
    let john = Person::new("john@example.com").register(&app).await;
    app.post_json("/User1/forget_password", serde_json::json!({"email": john.email})).await;
    let mut mails = app.mailbox().await;
    // The other message is only delivered now.
    mails.sort_by_key(|mail| mail["withheld"].is_null());
    let [withheld, sent] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!((&withheld["withheld"], &sent["withheld"]), (&"LIMIT_MAILS_ACCOUNT".into(), &Value::Null));
    assert!(withheld["subject"].as_str().unwrap().contains("password"), "{withheld}");
    assert_eq!((&withheld["links"], &withheld["code"]), (&serde_json::json!([]), &"".into()));
    let id = withheld["id"].as_str().unwrap();
    let page = app.open(&format!("{}/dev/mailbox?message={id}", app.base)).await.text().await.unwrap();
    assert!(page.contains("Limited") && page.contains("<code>LIMIT_MAILS_ACCOUNT</code>"), "{page}");

    let john = john.verify(&app).await;
    for _ in 0..2 {
        app.post_json("/User1/otp_phone", serde_json::json!({"id": john.id, "phone": "+1234567890"})).await;
    }
    let codes = app.mailbox().await.into_iter().filter(|message| message["to"] == "+1234567890");
    let mut kept: Vec<_> = codes.map(|code| (code["withheld"].clone(), code["code"] == "")).collect();
    kept.sort_by_key(|(withheld, _)| withheld.is_null());
    assert_eq!(kept, [("LIMIT_OTP_ACCOUNT".into(), true), (Value::Null, false)]);
}
