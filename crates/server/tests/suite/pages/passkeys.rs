//! Passkeys on pages. The test takes the role of the script: it requests options and posts the credential.

use std::time::Duration;

use portcullis_core::{
    factor::passkey::KeyAlgorithm,
    suite::authenticator::{SoftPasskey, USER_VERIFIED},
};
use serde_json::json;

use super::{Browser, browser::Shown};
use crate::support::{
    Keyed, Person, Protected, TestApp, json,
    passkeys::{ORIGIN, RP_ID, add, request, send},
};

/// Signs in with a passkey on the page.
async fn enter(browser: &mut Browser<'_>, passkey: &mut SoftPasskey, more: &[(&str, &str)]) -> Shown {
    let page = browser.get("/User1/signin").await;
    let options = browser.ask(&page.form("signin")).await;
    let credential = passkey.get(&options).json();
    browser.give(&page.form("signin"), &credential, more).await
}

fn set<'a>(shown: &'a Shown, cookie: &str) -> &'a str {
    let all = shown.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    all.into_iter().find(|line| line.starts_with(cookie)).unwrap_or_else(|| panic!("no {cookie}"))
}

#[tokio::test]
async fn a_passkey_signs_in_from_the_page_and_its_options_are_those_of_the_api() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/User1/signin").await;
    assert!(page.shows("Sign in with a passkey") && page.body.contains("autocomplete=\"username webauthn\""));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("connect-src 'self'") && !policy.contains("unsafe"), "{policy}");
    // The script gets the same options as from the API, except for the challenge.
    let (mut options, mut of_api) = (browser.ask("/User1/signin").await, request(&app).await);
    for options in [&mut options, &mut of_api] {
        assert_eq!(options["publicKey"]["challenge"].take().as_str().unwrap().len(), 43);
    }
    assert_eq!(options, of_api);

    let entered = enter(&mut browser, &mut john.passkey, &[("remember", "true")]).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account"), "{}", entered.body);
    assert!(set(&entered, "portcullis_session_User1=").contains("Max-Age=2592000"), "they stay signed in");
    assert!(set(&entered, "portcullis_last_User1=passkey;").contains("Max-Age=31536000; HttpOnly; SameSite=Lax"));
    assert!(browser.get("/User1/account/sessions").await.shows("with a passkey"));
    // A passkey provides two factors, so nothing else is asked for. The page remembers the method.
    assert!(browser.get("/User1/account/security/passkey").await.shows("Add a passkey"));
    browser.submit("/User1/signout", &[]).await;
    let page = browser.get("/User1/signin").await;
    assert!(page.shows("Last used"));
    let short = enter(&mut browser, &mut john.passkey, &[("remember", "false")]).await;
    assert!(!set(&short, "portcullis_session_User1=").contains("Max-Age"));
}

#[tokio::test]
async fn a_rejected_passkey_is_the_page_again_and_a_removed_one_is_forgotten_by_the_browser() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let options = browser.ask("/User1/signin").await;
    let credential = john.passkey.get(&options).json();
    assert_eq!(browser.give("/User1/signin", &credential, &[]).await.status, 303);
    let mut other = Browser::new(&app);
    let again = other.give("/User1/signin", &credential, &[]).await;
    assert_eq!((again.status, other.session()), (401, None));
    assert!(again.shows("We couldn't use that passkey. Try again, or sign in another way."));
    assert!(again.body.contains("<title>Error: Sign in") && !again.body.contains("data-signal"));
    // A failure in the browser is not an attempt, and the page also works without the script.
    for credential in ["", "SecurityError", "null", "[]"] {
        let form = [("type", "passkey"), ("credential", credential)];
        assert_eq!(other.post("/User1/signin", &form).await.status, 422, "{credential}");
    }
    let path = format!("passkeys/{}", john.id());
    let token = john.fresh(&app).await;
    json(send(&app, reqwest::Method::DELETE, &token, &path, json!({})).await, 200).await;
    let gone = enter(&mut other, &mut john.passkey, &[]).await;
    assert_eq!(gone.status, 401);
    assert!(gone.body.contains("data-signal=\"signalUnknownCredential\"") && gone.body.contains("credentialId"));
}

#[tokio::test]
async fn a_realm_without_passkeys_does_not_name_them() {
    let app = TestApp::with(&[("PASSKEYS", "off")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    for page in ["account", "account/security", "signin/confirm"] {
        let page = browser.get(&format!("/User1/{page}")).await;
        assert_eq!(page.status, 200);
        for sign in ["data-passkey=", "Passkeys", "a passkey"] {
            assert!(!page.shows(sign), "{sign}: {}", page.body);
        }
    }
    assert_eq!(browser.get("/User1/account/security/passkey").await.location, "/User1/account/security");
    assert_eq!(browser.get("/User1/signin/passkey").await.location, "/User1/account");
    assert!(!Browser::new(&app).get("/User1/signin").await.body.contains("data-passkey="));
}

#[tokio::test]
async fn a_security_key_completes_a_sign_in_and_a_browser_without_script_gets_the_code() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let (mut key, _) = add(&app, &john.token, "second_factor").await;
    key.flags &= !USER_VERIFIED;
    let mut browser = Browser::new(&app);
    let plain = browser.sign_in(&john.person).await;
    let page = browser.get(&plain.location).await;
    assert_eq!(page.heading(), "Enter your code");
    assert!(page.body.contains("<li hidden data-able><a"), "the script shows it");

    let form = [("email", john.person.email.as_str()), ("password", &john.person.password), ("passkeys", "true")];
    let page = browser.submit("/User1/signin", &form).await;
    assert_eq!(page.heading(), "Use your passkey");
    assert!(page.shows("Use a code from your app") && page.shows("Don't ask again on this device"));
    let options = browser.ask(&page.form("signin/factor")).await;
    assert_eq!(options["publicKey"]["userVerification"], "discouraged");
    assert_eq!(options["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
    let wrong = {
        let mut lie = key.get(&options);
        lie.signature = Some(vec![0; 70]);
        lie.json()
    };
    let refused = browser.give(&page.form("signin/factor"), &wrong, &[]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.shows("We couldn't use that passkey. Try again, or use another way."));
    let options = browser.ask(&refused.form("signin/factor")).await;
    let credential = key.get(&options).json();
    let entered = browser.give(options["action"].as_str().unwrap(), &credential, &[("remember", "true")]).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account"), "{}", entered.body);
    assert!(browser.get("/User1/account/sessions").await.shows("with password and passkey"));
    // The device is trusted from now on.
    browser.submit("/User1/signout", &[]).await;
    assert_eq!(browser.sign_in(&john.person).await.location, "/User1/account");
    // A security key alone cannot sign in.
    assert_eq!(enter(&mut Browser::new(&app), &mut key, &[]).await.status, 401);
}

#[tokio::test]
async fn a_passkey_confirms_in_place_of_the_password_if_it_verifies_its_user() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let mut browser = Browser::signed_in(&app, &john.person).await;
    let stale = browser.session().unwrap().to_owned();
    app.advance(Duration::from_secs(1200));
    let asked = browser.get("/User1/account/security/passkey").await.location;
    let page = browser.get(&asked).await;
    assert!(page.shows("Confirm your password") && page.shows("Use a passkey"));
    // A passkey without user verification does not replace the password.
    let options = browser.ask(&page.form("signin/confirm")).await;
    assert_eq!(options["publicKey"]["userVerification"], "preferred");
    john.passkey.flags &= !USER_VERIFIED;
    let credential = john.passkey.get(&options).json();
    let weak = browser.give(options["action"].as_str().unwrap(), &credential, &[]).await;
    assert!(browser.get(&weak.location).await.shows("We couldn't use that passkey."), "{}", weak.body);
    john.passkey.flags |= USER_VERIFIED;
    let options = browser.ask(&page.form("signin/confirm")).await;
    let credential = john.passkey.get(&options).json();
    let done = browser.give(options["action"].as_str().unwrap(), &credential, &[]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/User1/account/security/passkey"), "{}", done.body);
    assert_eq!(browser.get(&done.location).await.status, 200);
    browser.cookies.insert("portcullis_session_User1".to_owned(), stale);
    assert_eq!(browser.get("/User1/account").await.status, 303, "the earlier value of the cookie is not accepted");
}

#[tokio::test]
async fn passkeys_are_added_renamed_and_removed_on_the_security_page() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    assert!(browser.get("/User1/account/security").await.shows("No passkeys yet."));
    let before = browser.session().unwrap().to_owned();
    let page = browser.get("/User1/account/security/passkey").await;
    let form = page.form("security/passkey");
    let options = browser.ask(&form).await;
    assert_eq!(options["publicKey"]["authenticatorSelection"]["residentKey"], "required");
    let mut passkey = SoftPasskey::new(KeyAlgorithm::Es256, RP_ID, ORIGIN);
    let credential = passkey.create(&options).json();
    let added = browser.give(&form, &credential, &[]).await;
    let page = browser.get(&added.location).await;
    assert!(page.shows("Passkey created") && page.shows("Firefox on Linux") && page.shows("Synced"));
    assert!(page.body.contains("signalAllAcceptedCredentials"), "password managers learn of it");
    assert_ne!(browser.session().unwrap(), before, "the session is stronger, so its cookie is new");
    let there = browser.ask(&form).await;
    let again = browser.give(&form, &passkey.create(&there).json(), &[]).await;
    assert_eq!(again.status, 422);
    assert!(again.shows("This device has already been added."));

    let link = |page: &Shown, name: &str| {
        let href = page.body.split("href=\"").find(|rest| rest.split('"').next().unwrap().contains(name)).unwrap();
        href.split('"').next().unwrap().to_owned()
    };
    let page = browser.get("/User1/account/security").await;
    let rename = browser.get(&link(&page, "security/rename")).await;
    let empty = browser.post(&rename.form("security/rename"), &[("name", " ")]).await;
    assert!(empty.status == 422 && empty.shows("Enter a name of 1 to 64 characters"));
    let page = browser.submit(&rename.form("security/rename"), &[("name", "Work laptop")]).await;
    assert!(page.shows("Changes saved") && page.shows("Work laptop"));
    let remove = browser.get(&link(&page, "security/remove")).await;
    assert!(remove.shows("Remove Work laptop?") && remove.shows("You'll no longer be able to sign in with it."));
    let page = browser.submit(&remove.form("security/remove"), &[("action", "remove")]).await;
    assert!(page.shows("Passkey removed") && page.shows("No passkeys yet."));
    assert_eq!(enter(&mut Browser::new(&app), &mut passkey, &[]).await.status, 401);
}

#[tokio::test]
async fn the_first_security_key_of_the_page_turns_two_step_verification_on() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &john).await;
    let other = Browser::signed_in(&app, &john).await;
    let options = browser.ask("/User1/account/security/key").await;
    assert_eq!(options["publicKey"]["authenticatorSelection"]["userVerification"], "discouraged");
    let mut key = SoftPasskey::new(KeyAlgorithm::Es256, RP_ID, ORIGIN);
    key.flags &= !USER_VERIFIED;
    let added = browser.give("/User1/account/security/key", &key.create(&options).json(), &[]).await;
    assert_eq!(browser.get(&added.location).await.heading(), "Save your recovery codes");
    let page = browser.get("/User1/account/security").await;
    assert!(page.shows("<span class=\"badge good\">On</span>") && page.shows("10 of 10 left"));
    let mut other = other;
    assert_eq!(other.get("/User1/account").await.status, 303, "others are signed out");
}
