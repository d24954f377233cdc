//! Removing the password on the security page.

use super::{Browser, browser::Shown};
use crate::support::{
    Keyed, Person, TestApp, json,
    passkeys::{add, send},
};

const REMOVE: &str = "/User1/account/security/password/remove";

/// Opens the page that asks for a passkey, and uses it there.
async fn confirm(browser: &mut Browser<'_>, john: &mut Keyed, asked: &Shown) -> Shown {
    assert!(asked.location.starts_with("/User1/signin/confirm?"), "{} {}", asked.location, asked.body);
    let page = browser.get(&asked.location).await;
    assert!(page.shows("Use passkey") && !page.shows("Confirm your password"), "{}", page.body);
    let options = browser.ask(&page.form("signin/confirm")).await;
    let credential = john.passkey.get(&options).json();
    browser.give(options["action"].as_str().unwrap(), &credential, &[]).await
}

#[tokio::test]
async fn the_password_is_removed_on_the_security_page_after_a_passkey_was_used() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let token = john.fresh(&app).await;
    add(&app, &token, "login").await;
    let mut browser = Browser::signed_in(&app, &john.person).await;
    let mut other = Browser::signed_in(&app, &john.person).await;
    assert!(browser.get("/User1/account/security").await.body.contains(&format!("href=\"{REMOVE}\"")));
    // The password is not sufficient, on the page as well as in its form.
    let turned = browser.post(REMOVE, &[("action", "remove")]).await;
    assert!(turned.location.starts_with("/User1/signin/confirm?"), "{}", turned.location);
    let asked = browser.get(REMOVE).await;
    let confirmed = confirm(&mut browser, &mut john, &asked).await;
    assert_eq!((confirmed.status, confirmed.location.as_str()), (303, REMOVE), "{}", confirmed.body);
    let page = browser.get(REMOVE).await;
    assert_eq!(page.heading(), "Remove your password?");
    assert!(page.shows("From then on you sign in with a passkey."), "{}", page.body);
    assert_eq!(app.mails_to(&john.person.email).await[0]["subject"].as_str().unwrap().find("removed"), None);

    let codes = browser.submit(&page.form("password/remove"), &[("action", "remove")]).await;
    assert_eq!(codes.heading(), "Save your recovery codes");
    let page = browser.get("/User1/account/security").await;
    assert!(page.shows("Not set") && page.shows("<span class=\"badge good\">On</span>"), "{}", page.body);
    assert!(!page.body.contains(REMOVE) && !page.shows("Turn off two-step verification"));
    assert_eq!(browser.get(REMOVE).await.location, "/User1/account/security");
    assert_eq!(app.mails_to(&john.person.email).await[0]["subject"], "Your Portcullis password was removed");
    assert_eq!(other.get("/User1/account").await.status, 303, "other devices are signed out");
    assert_eq!(Browser::new(&app).sign_in(&john.person).await.status, 401);
    john.log_in(&app).await;
}

#[tokio::test]
async fn the_password_stays_while_losing_a_passkey_would_lock_out_its_user() {
    let app = TestApp::start().await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &jane).await;
    assert!(!browser.get("/User1/account/security").await.body.contains(REMOVE));
    let refused = browser.get(REMOVE).await;
    assert!(browser.get(&refused.location).await.shows("This is your only way to sign in."));

    let mut john = Keyed::join(&app, "john@example.com").await;
    let mut browser = Browser::signed_in(&app, &john.person).await;
    let refused = browser.get(REMOVE).await;
    assert!(browser.get(&refused.location).await.shows("Add another passkey or get recovery codes first."));
    // The form decides on its own, because a passkey may have been removed meanwhile.
    let asked = browser.post(REMOVE, &[("action", "remove")]).await;
    confirm(&mut browser, &mut john, &asked).await;
    let page = browser.submit(REMOVE, &[("action", "remove")]).await;
    assert!(page.shows("Add another passkey or get recovery codes first."), "{}", page.body);
    let token = john.fresh(&app).await;
    assert!(json(app.get_as(&token, "/User1/me").await, 200).await["password_set_at"].is_string());

    let on = send(&app, reqwest::Method::PATCH, &token, "mfa", serde_json::json!({"two_step": true})).await;
    json(on, 200).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/User1/signin").await;
    let options = browser.ask(&page.form("signin")).await;
    let credential = john.passkey.get(&options).json();
    browser.give(&page.form("signin"), &credential, &[]).await;
    assert_eq!(browser.get(REMOVE).await.heading(), "Remove your password?", "with recovery codes one is enough");
    let page = browser.submit(REMOVE, &[("action", "remove")]).await;
    assert!(page.shows("Password removed. Your other devices are signed out."), "{}", page.body);
}
