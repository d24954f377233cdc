use std::time::Duration;

use super::Browser;
use crate::support::{Person, Protected, TestApp, json};

#[tokio::test]
async fn confirming_renews_the_authentication_and_the_cookie() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    let before = browser.session().unwrap().to_owned();
    let page = browser.get("/User1/signin/confirm").await;
    assert!(page.shows("You're about to change something important."));
    let wrong = browser.post(&page.form("confirm"), &[("password", "another-password")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.shows("Your current password is incorrect"));
    app.advance(Duration::from_secs(1200));
    let home = browser.submit(&page.form("confirm"), &[("password", &john.password)]).await;
    assert_eq!(home.heading(), "John Doe");
    assert_ne!(browser.session().unwrap(), before);
    browser.cookies.insert("portcullis_session_User1".to_owned(), before);
    assert_eq!(browser.get("/User1/account").await.status, 303, "the old value is not accepted");
}

#[tokio::test]
async fn with_two_step_on_confirming_needs_the_password_and_a_code() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let step = browser.sign_in(&john.person).await.location;
    let code = john.app.next_code(&app);
    browser.submit(&step, &[("code", &code), ("type", "totp")]).await;
    app.advance(Duration::from_secs(1200));
    let page = browser.get("/User1/signin/confirm").await;
    let page = browser.submit(&page.form("confirm"), &[("password", &john.person.password)]).await;
    assert!(page.shows("6-digit code"), "{}", page.body);
    let wrong = browser.post(&page.form("confirm"), &[("code", &john.app.wrong(&app)), ("type", "totp")]).await;
    assert_eq!(wrong.status, 422);
    let code = john.app.next_code(&app);
    let home = browser.submit(&page.form("confirm"), &[("code", &code), ("type", "totp")]).await;
    assert_eq!(home.heading(), "John Doe");
}

#[tokio::test]
async fn password_managers_find_the_page_to_change_a_password() {
    let app = TestApp::with(&[("REALM_USER1_PAGES", "off")]).await;
    let answer = app.get("/.well-known/change-password").await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (302, "/User2/account/security")
    );
    let app = TestApp::with(&[("PAGES", "off")]).await;
    assert_eq!(app.get("/.well-known/change-password").await.status(), 404);
}

#[tokio::test]
async fn securing_the_account_ends_every_session_and_mails_a_link() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    let page = browser.get("/User1/account/security").await;
    let page = browser.submit(&page.form("account/secure"), &[("action", "save")]).await;
    assert!(page.shows("All devices are signed out."), "{}", page.body);
    assert_eq!(app.get_as(&token, "/User1/me").await.status(), 401);
    app.link(&john.email, "reset_password_form").await;
    let compromised = browser.sign_in(&john).await;
    assert!(compromised.shows("Choose a new password to continue. We've emailed you a link."));
}

/// A remembered device signs in with the password alone. With two-step verification, this is not sufficient for a
/// change.
#[tokio::test]
async fn a_browser_that_gave_one_factor_confirms_before_every_change() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let step = browser.sign_in(&john.person).await.location;
    let code = john.app.next_code(&app);
    browser.submit(&step, &[("code", &code), ("type", "totp"), ("remember", "true")]).await;
    browser.submit("/User1/signout", &[]).await;
    assert_eq!(browser.sign_in(&john.person).await.location, "/User1/account");
    let kept = async || {
        let mut kept = Vec::new();
        for path in ["me/mfa", "me", "me/devices"] {
            kept.push(json(app.get_as(&john.token, &format!("/User1/{path}")).await, 200).await);
        }
        kept
    };
    let (before, mails) = (kept().await, app.mails().await.len());
    let remove = format!("security/remove?id={}", before[0]["factors"][0]["id"].as_str().unwrap());
    let current = ("current_password", john.person.password.as_str());
    for (page, form) in [
        ("security", &[("action", "remove")][..]),
        ("security", &[("action", "save")]),
        ("security/totp", &[]),
        ("security/codes", &[]),
        (remove.as_str(), &[]),
        ("security/password", &[current, ("new_password", "violet-teapot-hammer")]),
        ("details/email", &[("email", "new@example.com")]),
        ("details/phone", &[("phone", "+12025550143")]),
        ("data", &[]),
        ("data/delete", &[current]),
    ] {
        let turned = browser.post(&format!("/User1/account/{page}"), form).await;
        assert_eq!(turned.status, 303, "{page}: {}", turned.body);
        assert!(turned.location.starts_with("/User1/signin/confirm?"), "{page}: {}", turned.location);
    }
    assert_eq!((kept().await, app.mails().await.len()), (before, mails));
}
