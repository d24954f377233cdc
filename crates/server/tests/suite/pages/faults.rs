//! Regression tests for faults found in a security review of the pages.

use std::time::Duration;

use super::Browser;
use crate::support::{Person, Protected, TestApp};

/// The step-up and the new cookie value are one commit, so that the previous value is never fresh.
#[tokio::test]
async fn a_step_up_and_the_renewal_of_its_cookie_are_one_commit() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let step = browser.sign_in(&john.person).await.location;
    browser.submit(&step, &[("code", &john.app.next_code(&app)), ("type", "totp")]).await;
    app.advance(Duration::from_secs(1200));
    let page = browser.get("/User1/signin/confirm").await;
    let page = browser.submit(&page.form("confirm"), &[("password", &john.person.password)]).await;
    let before = browser.session().unwrap().to_owned();
    browser.get("/User1/account").await;
    app.watched.take();
    let form = [("code", &*john.app.next_code(&app)), ("type", "totp")];
    let done = browser.post(&page.form("confirm"), &form).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/User1/account"));
    assert_eq!(app.watched.take().commits.len(), 2, "the try, and the rest");
    assert_ne!(browser.session().unwrap(), before);
    let mut thief = Browser::new(&app);
    thief.cookies.insert("portcullis_session_User1".to_owned(), before);
    assert_eq!(thief.get("/User1/account").await.status, 303);
    // If the button is pressed twice, the second request finds the work done.
    let twice = browser.post(&page.form("confirm"), &form).await;
    assert_eq!((twice.status, twice.location.as_str()), (303, "/User1/account"));
}

#[tokio::test]
async fn browser_sessions_have_a_maximum_number_of_their_own() {
    let app = TestApp::with(&[("SESSIONS_MAX", "2")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let mut first = Browser::signed_in(&app, &john).await;
    app.advance(Duration::from_secs(1));
    let mut second = Browser::signed_in(&app, &john).await;
    app.advance(Duration::from_secs(1));
    let mut third = Browser::signed_in(&app, &john).await;
    assert_eq!(first.get("/User1/account").await.status, 303, "the earliest has ended");
    for browser in [&mut second, &mut third] {
        assert_eq!(browser.get("/User1/account").await.status, 200);
    }
    assert_eq!(app.get_as(&token, "/User1/me").await.status(), 200, "those of applications count apart");
}

#[tokio::test]
async fn the_page_that_confirms_is_never_a_dead_end() {
    let app = TestApp::with(&[("MFA_METHODS", "totp,sms,recovery_code")]).await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let step = browser.sign_in(&john.person).await.location;
    browser.submit(&step, &[("code", &john.app.next_code(&app)), ("type", "totp")]).await;
    app.advance(Duration::from_secs(1200));
    let page = browser.get("/User1/signin/confirm").await;
    let page = browser.submit(&page.form("confirm"), &[("password", &john.person.password)]).await;
    let form = page.form("confirm");
    for _ in 0..4 {
        let wrong = browser.post(&form, &[("code", &john.app.wrong(&app)), ("type", "totp")]).await;
        assert_eq!(wrong.status, 422);
    }
    let last = browser.submit(&form, &[("code", &john.app.wrong(&app)), ("type", "totp")]).await;
    assert!(last.shows("Too many wrong codes. Start again.") && last.shows("Confirm your password"), "{}", last.body);
    let spent = browser.submit(&form, &[("code", &john.app.next_code(&app)), ("type", "totp")]).await;
    assert!(spent.shows("This page expired. Try again.") && spent.shows("Confirm your password"));

    // If no factor can be used, the page says so: the realm no longer accepts the account's factor.
    let cookies = browser.cookies;
    let app = app.restart_with(&[("MFA_METHODS", "passkey"), ("FRESH_AUTH_AGE", "1s")]).await;
    let mut browser = Browser { app: &app, cookies };
    app.advance(Duration::from_secs(60));
    let page = browser.get("/User1/signin/confirm").await;
    let page = browser.post(&page.form("confirm"), &[("password", &john.person.password)]).await;
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.shows("Sign in again to continue.") && page.body.contains("action=\"/User1/signout\""));
}

#[tokio::test]
async fn an_sms_is_reported_only_after_it_was_sent() {
    let app = TestApp::with(&[("MFA_METHODS", "totp,sms,recovery_code")]).await;
    let john = Protected::join(&app, "john@example.com").await;
    john.person.prove_phone(&app).await;
    let add = app.request(reqwest::Method::POST, "/User1/me/mfa/sms").bearer_auth(&john.token);
    assert_eq!(add.json(&serde_json::json!({})).send().await.unwrap().status(), 201);
    let mut browser = Browser::new(&app);
    let step = browser.sign_in(&john.person).await.location;
    let page = browser.get(&format!("{step}&method=sms")).await;
    assert!(page.shows("We'll send a code to the number ending in") && !page.shows("We've sent a code"));
    assert!(!page.body.contains("name=\"code\""));
    let page = browser.submit(&page.form("signin/factor"), &[("type", "sms"), ("action", "send")]).await;
    assert!(page.shows("We've sent a code to the number ending in") && page.body.contains("name=\"code\""));
    let empty = browser.post(&page.form("signin/factor"), &[("type", "sms"), ("code", "")]).await;
    assert!(empty.shows("Enter the 6-digit code") && !empty.body.contains("Try again in ."));
}

#[tokio::test]
async fn a_recovery_code_keeps_where_the_sign_in_was_to_end() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    for (page, end) in [("account/data", "/User1/account/data"), ("account", "/User1/account?said=")] {
        let mut browser = Browser::new(&app);
        let asked = browser.get(&format!("/User1/{page}")).await.location;
        let form = [("email", john.person.email.as_str()), ("password", &john.person.password)];
        let step = browser.post(&asked, &form).await.location;
        let code = &john.recovery[if page == "account" { 0 } else { 1 }];
        let entered = browser.post(&step, &[("code", code), ("type", "recovery_code")]).await;
        assert!(entered.location.starts_with(end), "{}", entered.location);
    }
}

#[tokio::test]
async fn what_was_typed_survives_the_step_up() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    for (page, field, value) in [
        ("email", "email", "new@example.com"),
        ("phone", "phone", "+441632960002"),
        ("email", "email", "newer@example.com"),
    ] {
        app.advance(Duration::from_secs(1200));
        let sent = browser.post(&format!("/User1/account/details/{page}"), &[(field, value)]).await;
        assert!(sent.location.starts_with("/User1/signin/confirm?continue="), "{}", sent.location);
        assert!(!sent.location.contains("example.com"), "it is sealed");
        let confirm = browser.get(&sent.location).await;
        let page = browser.submit(&confirm.form("confirm"), &[("password", &john.password)]).await;
        assert!(page.body.contains(&format!("value=\"{value}\"")), "{}", page.body);
    }
}

/// The same applies to a link of this server that was created in another browser.
#[tokio::test]
async fn no_link_can_inject_text_into_a_page() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    let words =
        ["deleted", "secured", "timed_out", "too_many_codes", "sent", "password", "removed", "off", "recovery_used"];
    let pages = ["account", "account/security", "account/details", "account/sessions", "account/data", "signup/resend"];
    for page in pages {
        let plain = browser.get(&format!("/User1/{page}")).await.body;
        for word in words {
            let path = format!("/User1/{page}?done={word}&problem={word}&wait=99&said={word}");
            assert_eq!(browser.get(&path).await.body, plain, "{path}");
        }
    }
    let saved = browser.post("/User1/account/details", &[("first_name", "Ada")]).await.location;
    assert!(browser.get(&saved).await.shows("Changes saved"));
    let mut other = Browser::signed_in(&app, &john).await;
    assert!(!other.get(&saved).await.shows("Changes saved"));
    let secured = browser.post("/User1/account/secure", &[]).await.location;
    assert!(browser.get(&secured).await.shows("All devices are signed out."));
    assert!(!Browser::new(&app).get(&secured).await.shows("All devices are signed out."));
}

#[tokio::test]
async fn an_export_beyond_the_limit_is_a_429() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    let mut last = browser.post("/User1/account/data", &[]).await;
    for _ in 0..20 {
        if last.status == 429 {
            break;
        }
        assert_eq!(last.status, 200);
        last = browser.post("/User1/account/data", &[]).await;
    }
    assert_eq!(last.status, 429);
    assert!(last.headers.contains_key("retry-after") && last.shows("Too many attempts"), "{}", last.body);
}

#[tokio::test]
async fn a_sign_in_succeeds_even_if_the_earlier_session_cannot_be_ended() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    let before = browser.session().unwrap().to_owned();
    app.watched.die_at(1, false);
    let entered = browser.sign_in(&john).await;
    app.watched.store_is_away(false);
    assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account"));
    assert_ne!(browser.session().unwrap(), before);
    assert_eq!(browser.get("/User1/account").await.status, 200);
}

#[tokio::test]
async fn pages_without_passkeys_ask_the_server_for_nothing() {
    let app = TestApp::start().await;
    for page in ["signup", "signin/forgot", "signup/resend", "signout"] {
        let page = Browser::new(&app).get(&format!("/User1/{page}")).await;
        assert!(!page.headers["content-security-policy"].to_str().unwrap().contains("connect-src"));
    }
}

#[tokio::test]
async fn the_page_informs_the_owner_of_a_locked_account_after_each_proof() {
    let app = TestApp::with(&[("APP_URL", "https://app.example.com")]).await;
    let owner = app.owner().await;
    let john = Protected::join(&app, "john@example.com").await;
    let me = crate::support::json(app.get_as(&john.token, "/User1/me").await, 200).await;
    let path = format!("/realms/User1/users/{}/lock", me["id"].as_str().unwrap());
    let why = serde_json::json!({"reason": "asked for by the owner"});
    let locked = owner.change(&app, reqwest::Method::POST, &path, why).await;
    assert_eq!(locked.status(), 200);
    let mut browser = Browser::new(&app);
    let step = browser.sign_in(&john.person).await.location;
    let form = [("code", &*john.app.next_code(&app)), ("type", "totp")];
    let page = browser.submit(&step, &form).await;
    assert!(page.shows("This account is locked. Contact"), "{}", page.body);
}
