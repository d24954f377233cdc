//! Attacks from other sites, other tabs and other people.

use reqwest::Method;

use super::Browser;
use crate::support::{Person, TestApp};

/// Forms that rely on a cookie or set one.
const FORMS: [&str; 6] = ["signin", "signin/factor", "signup", "signin/forgot", "signup/resend", "signout"];

#[tokio::test]
async fn a_form_of_another_site_is_rejected() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let browser = Browser::signed_in(&app, &john).await;
    let base = app.base.clone();
    let others: [&[(&str, &str)]; 6] = [
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")],
        &[("Sec-Fetch-Site", "same-site"), ("Origin", "http://other.localhost")],
        &[("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.example")],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[],
    ];
    let form = [("email", john.email.as_str()), ("password", &john.password)];
    for page in FORMS {
        for headers in others {
            let mut request = browser.request(Method::POST, &format!("/User1/{page}"));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = request.form(&form).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{page}: {headers:?}");
            assert!(answer.headers().get("set-cookie").is_none());
            assert!(answer.text().await.unwrap().contains("This page expired. Try again."), "a page for people");
        }
    }
    let site = browser.request(Method::POST, "/User1/signin").header("Origin", base).form(&form);
    assert_eq!(site.send().await.unwrap().status(), 303, "an older browser sends the origin only");
    let site = browser.request(Method::POST, "/User1/signin").header("Sec-Fetch-Site", "same-origin").form(&form);
    assert_eq!(site.send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn no_page_can_be_framed() {
    let app = TestApp::start().await;
    for page in ["signin", "signup", "signin/forgot", "signup/resend", "signout"] {
        let page = Browser::new(&app).get(&format!("/User1/{page}")).await;
        assert_eq!(page.headers["x-frame-options"], "DENY");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        for rule in ["frame-ancestors 'none'", "script-src 'self';", "form-action 'self';", "default-src 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(page.headers["cross-origin-opener-policy"], "same-origin");
    }
}

#[tokio::test]
async fn no_redirect_leaves_the_server() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    for target in ["https://evil.example", "//evil.example", "/\\evil.example", "account", "javascript:alert(1)"] {
        let query: String = url_of(target);
        let mut browser = Browser::new(&app);
        let form = [("email", john.email.as_str()), ("password", &john.password)];
        let entered = browser.post(&format!("/User1/signin?continue={query}"), &form).await;
        assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account"), "{target}");
        assert_eq!(browser.get(&format!("/User1/signin?continue={query}")).await.location, "/User1/account");
    }
    // Values of another realm or for another purpose are not accepted either.
    let asked = Browser::new(&app).get("/User2/account").await.location;
    let foreign = asked.split_once("continue=").unwrap().1.to_owned();
    let page = Browser::new(&app).get(&format!("/User1/signin?continue={foreign}")).await;
    assert!(page.shows("This page expired."));
}

fn url_of(target: &str) -> String {
    target.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_session_that_another_planted_is_not_taken_over() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let eve = Person::new("eve@example.com").join(&app).await;
    let planted = Browser::signed_in(&app, &eve).await.session().unwrap().to_owned();
    let mut browser = Browser::new(&app);
    browser.cookies.insert("portcullis_session_User1".to_owned(), planted.clone());
    browser.sign_in(&john).await;
    assert_ne!(browser.session().unwrap(), planted, "a sign-in makes a new value");
    let mut attacker = Browser::new(&app);
    attacker.cookies.insert("portcullis_session_User1".to_owned(), planted);
    assert_eq!(attacker.get("/User1/account").await.status, 303, "the planted session has ended");
}

#[tokio::test]
async fn a_cookie_of_another_realm_opens_nothing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let browser = Browser::signed_in(&app, &john).await;
    let mut other = Browser::new(&app);
    other.cookies.insert("portcullis_session_User2".to_owned(), browser.session().unwrap().to_owned());
    assert_eq!(other.get("/User2/account").await.status, 303);
}

#[tokio::test]
async fn on_https_a_cookie_without_the_prefix_is_ignored() {
    let settings =
        [("PUBLIC_URL", "https://accounts.example.com"), ("ENVIRONMENT", "development"), ("DEV_MAILBOX", "on")];
    let app = TestApp::with(&settings).await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await.replace("https://accounts.example.com", &app.base);
    app.open(&link).await;
    let mut browser = Browser::new(&app);
    let form = [("email", john.email.as_str()), ("password", &john.password)];
    let request = browser.request(Method::POST, "/User1/signin").header("Origin", "https://accounts.example.com");
    let answer = request.form(&form).send().await.unwrap();
    browser.keep(answer).await;
    assert_eq!(browser.get("/User1/account").await.status, 200);
    let value = browser.cookies.remove("__Host-portcullis_session_User1").unwrap();
    browser.cookies.insert("portcullis_session_User1".to_owned(), value);
    assert_eq!(browser.get("/User1/account").await.status, 303);
}
