use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::Browser;
use crate::support::{Person, TestApp, json, problem};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_password_opens_a_browser_session_that_opens_pages_only() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/User1/signin").await;
    assert_eq!((page.status, page.heading()), (200, "Sign in"));
    assert!(page.body.contains("autocomplete=\"username webauthn\""));
    assert!(page.body.contains("autocomplete=\"current-password\""));
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["referrer-policy"], "same-origin");

    let form = [("email", john.email.as_str()), ("password", &john.password)];
    let entered = browser.post(&page.form("signin"), &form).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account"));
    let set: Vec<_> = entered.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    let session = set.iter().find(|line| line.starts_with("portcullis_session_User1=")).unwrap();
    for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(session.contains(attribute), "{session}");
    }
    assert!(!session.contains("Max-Age"), "it ends with the browser: {session}");

    let home = browser.get("/User1/account").await;
    assert_eq!((home.status, home.heading()), (200, "John Doe"));
    assert!(home.shows("john@example.com") && home.shows("Firefox on Linux") && home.shows("This device"));

    // Neither gives access to what the other does.
    let cookie = browser.session().unwrap().to_owned();
    problem(app.get_as(&cookie, "/User1/me").await, 401).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", cookie.as_str())];
    assert_eq!(app.post_form("/User1/token", &refresh).await.status(), 400);
    let tokens = json(app.login("User1", &john.email, &john.password).await, 200).await;
    for token in [&tokens["access_token"], &tokens["refresh_token"]] {
        browser.cookies.insert("portcullis_session_User1".to_owned(), token.as_str().unwrap().to_owned());
        assert_eq!(browser.get("/User1/account").await.status, 303);
        let bearer = app.request(Method::GET, "/User1/account").bearer_auth(token.as_str().unwrap());
        assert_eq!(bearer.send().await.unwrap().status(), 303);
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_show_the_same_page() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut pages = Vec::new();
    for email in [john.email.as_str(), "mary@example.com"] {
        let page = Browser::new(&app).post("/User1/signin", &[("email", email), ("password", "wrong-password")]).await;
        assert_eq!(page.status, 401);
        assert!(page.body.contains(&format!("value=\"{email}\"")), "the address is kept");
        assert!(!page.body.contains("wrong-password"));
        assert!(page.body.contains("<title>Error: Sign in"));
        pages.push(page.body.replace(email, "EMAIL"));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn a_form_that_is_not_filled_comes_back_with_each_problem_at_its_field() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let page = browser.post("/User1/signin", &[("email", "john"), ("password", "")]).await;
    assert_eq!(page.status, 422);
    assert!(page.shows("Enter a full email address, like name@example.com") && page.shows("Enter your password"));
    assert_eq!(page.body.matches("aria-invalid=\"true\"").count(), 2);
    assert!(page.body.contains("value=\"john\""));
}

#[tokio::test]
async fn an_unverified_address_is_reported_only_after_the_correct_password() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let mut browser = Browser::new(&app);
    let right = browser.sign_in(&john).await;
    assert_eq!(right.status, 422);
    assert!(right.shows("Confirm your email address first."));
    let wrong = browser.sign_in(&john.with_password("another-password")).await;
    assert_eq!(wrong.status, 401);
}

#[tokio::test]
async fn too_many_failed_attempts_show_the_delay_as_text() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce")]).await;
    let john = Person::new("john@example.com").join(&app).await.with_password("another-password");
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        assert_eq!(browser.sign_in(&john).await.status, 401);
    }
    let page = browser.sign_in(&john).await;
    assert_eq!(page.status, 429);
    assert!(page.headers.contains_key("retry-after"));
    assert!(page.shows("Too many failed attempts. Try again in"));
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_too_old_or_signed_out() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut idle = Browser::signed_in(&app, &john).await;
    let mut used = Browser::signed_in(&app, &john).await;
    for _ in 0..2 {
        app.advance(7 * HOUR);
        assert_eq!(used.get("/User1/account").await.status, 200);
    }
    assert_eq!(idle.get("/User1/account").await.status, 303, "idle for 14 hours");
    for _ in 0..22 {
        app.advance(7 * HOUR);
        used.get("/User1/account").await;
    }
    assert_eq!(used.get("/User1/account").await.status, 303, "older than seven days");

    let mut left = Browser::signed_in(&app, &john).await;
    let stolen = left.session().unwrap().to_owned();
    assert_eq!(left.get("/User1/signout").await.heading(), "Sign out of Portcullis?");
    assert!(left.session().is_some(), "a GET ends nothing");
    assert_eq!(left.submit("/User1/signout", &[("action", "sign_out")]).await.heading(), "You're signed out");
    assert_eq!(left.session(), None);
    left.cookies.insert("portcullis_session_User1".to_owned(), stolen);
    assert_eq!(left.get("/User1/account").await.status, 303);
}

#[tokio::test]
async fn keep_me_signed_in_lasts_thirty_days() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let form = [("email", john.email.as_str()), ("password", &john.password), ("remember", "true")];
    let entered = browser.post("/User1/signin", &form).await;
    let cookies = entered.headers.get_all("set-cookie");
    let is_kept = |line: &str| line.starts_with("portcullis_session_") && line.contains("Max-Age=2592000");
    assert!(cookies.iter().any(|line| is_kept(line.to_str().unwrap())));
    app.advance(29 * 24 * HOUR);
    assert_eq!(browser.get("/User1/account").await.status, 200);
    app.advance(24 * HOUR);
    assert_eq!(browser.get("/User1/account").await.status, 303);

    let app = TestApp::with(&[("BROWSER_REMEMBER", "0")]).await;
    let page = Browser::new(&app).get("/User1/signin").await;
    assert!(!page.shows("Keep me signed in"));
}

#[tokio::test]
async fn browser_sessions_are_listed_with_their_kind_and_do_not_count_among_those_of_applications() {
    let app = TestApp::with(&[("SESSIONS_MAX", "1")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    john.log_in(&app).await;
    let token = john.log_in(&app).await;
    assert_eq!(browser.get("/User1/account").await.status, 200);
    let listed = json(app.get_as(&token, "/User1/me/sessions").await, 200).await;
    let kinds: Vec<_> = listed["sessions"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds.len(), 2);
    assert!(kinds.contains(&json!("api")) && kinds.contains(&json!("browser")));
    let id = listed["sessions"].as_array().unwrap().iter().find(|one| one["kind"] == "browser").unwrap()["id"].clone();
    let path = format!("/User1/me/sessions/{}", id.as_str().unwrap());
    json(app.request(Method::DELETE, &path).bearer_auth(&token).send().await.unwrap(), 200).await;
    assert_eq!(browser.get("/User1/account").await.status, 303, "ended from elsewhere");
}

#[tokio::test]
async fn each_tab_comes_back_to_the_page_that_it_asked_for() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let asked = browser.get("/User1/account").await;
    assert_eq!(asked.status, 303);
    assert!(asked.location.starts_with("/User1/signin?continue="), "{}", asked.location);
    let page = browser.get(&asked.location).await;
    let form = [("email", john.email.as_str()), ("password", &john.password)];
    let entered = browser.post(&page.form("signin"), &form).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account"));
    // Already signed in: the other tab continues immediately.
    assert_eq!(browser.get(&asked.location).await.location, "/User1/account");

    app.advance(Duration::from_secs(3601));
    let late = Browser::new(&app).get(&asked.location).await;
    assert!(late.shows("This page expired. Try again."));
    let long = Browser::new(&app).get(&format!("/User1/signin?continue={}", "A".repeat(6200))).await;
    assert_eq!(long.status, 400);
}

#[tokio::test]
async fn without_pages_only_those_of_emailed_links_exist() {
    let app = TestApp::with(&[("PAGES", "off")]).await;
    for page in ["signin", "signup", "signin/forgot", "signout", "account"] {
        assert_eq!(Browser::new(&app).get(&format!("/User1/{page}")).await.status, 404, "{page}");
    }
    assert_eq!(Browser::new(&app).get("/User1/reset_password_form?token=x").await.status, 400);
}

#[tokio::test]
async fn on_https_the_cookie_has_the_prefix_and_is_secure() {
    let settings =
        [("PUBLIC_URL", "https://accounts.example.com"), ("ENVIRONMENT", "development"), ("DEV_MAILBOX", "on")];
    let app = TestApp::with(&settings).await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await.replace("https://accounts.example.com", &app.base);
    app.open(&link).await;
    let browser = Browser::new(&app);
    let form = [("email", john.email.as_str()), ("password", &john.password)];
    let request = browser.request(Method::POST, "/User1/signin").header("Origin", "https://accounts.example.com");
    let answer = request.form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    let session = cookies.iter().find(|line| line.contains("portcullis_session_User1=")).unwrap();
    assert!(session.starts_with("__Host-portcullis_session_User1=") && session.ends_with("; Secure"), "{session}");
}
