//! Classes of authentication: reached on the pages, named in the tokens, and compared with what the client requires.

use std::time::Duration;

use portcullis_core::clock::Clock;
use serde_json::{Value, json as value};

use super::{SHOP, answer, app, claims, consent, exchange, request, signed_in};
use crate::{
    pages::browser::{Browser, Shown},
    support::{Protected, TestApp, json, passkeys::Keyed},
};

const SITE: &str = "https://site.example.com/callback";
const AAL2: &str = "urn:portcullis:aal2";

/// Returns the path of a request of the client `site`.
fn ask(more: &[(&str, &str)]) -> String {
    request("site", SITE, more)
}

/// Returns the claims of the ID token for an answer to `site`.
async fn told(app: &TestApp, shown: &Shown) -> Value {
    let code = answer(shown, SITE)["code"].clone();
    let tokens = json(exchange(app, &code, &[("client_id", "site"), ("redirect_uri", SITE)]).await, 200).await;
    claims(tokens["id_token"].as_str().unwrap())
}

/// A person with an authenticator app and two-step off, signed in by password.
async fn with_an_app(app: &TestApp) -> (Protected, Browser<'_>) {
    let john = Protected::join(app, "john@example.com").await;
    let off = app.request(reqwest::Method::PATCH, "/User1/me/mfa").bearer_auth(&john.token);
    json(off.json(&value!({"two_step": false})).send().await.unwrap(), 200).await;
    let browser = Browser::signed_in(app, &john.person).await;
    (john, browser)
}

#[tokio::test]
async fn only_the_factor_is_asked_for_if_only_the_class_is_missing() {
    let app = app().await;
    let (john, mut browser) = with_an_app(&app).await;
    app.clock.advance(Duration::from_secs(3600));
    let silent = browser.get(&ask(&[("acr_values", AAL2), ("prompt", "none")])).await;
    assert_eq!(answer(&silent, SITE)["error"], "login_required");
    // The first class that can be met, not the first that is met already.
    let led = browser.get(&ask(&[("acr_values", "phr urn:portcullis:aal2 urn:portcullis:aal1")])).await;
    assert!(led.location.starts_with("/User1/signin/confirm?continue="), "{}", led.location);
    let page = browser.get(&led.location).await;
    assert!(!page.shows("Confirm your password"));
    let page = browser.submit(&page.form("confirm"), &[("action", "continue")]).await;
    assert!(page.shows("6-digit code"), "{}", page.body);
    let code = john.app.next_code(&app);
    let back = browser.submit(&page.form("confirm"), &[("code", &code), ("type", "totp")]).await;
    let id = told(&app, &back).await;
    assert_eq!((&id["acr"], &id["amr"]), (&value!(AAL2), &value!(["pwd", "otp", "mfa"])));
    assert_eq!(id["auth_time"], 1_767_225_600, "the authentication is as old as it was");
    let met = browser.get(&ask(&[("acr_values", AAL2), ("prompt", "none")])).await;
    assert_eq!(told(&app, &met).await["acr"], AAL2);
}

#[tokio::test]
async fn a_new_authentication_says_only_what_was_proved_in_it() {
    let app = app().await;
    let (john, mut browser) = with_an_app(&app).await;
    let password = [("password", john.person.password.as_str())];
    app.clock.advance(Duration::from_secs(60));
    let led = browser.get(&ask(&[("acr_values", AAL2), ("prompt", "login")])).await;
    let page = browser.get(&led.location).await;
    let page = browser.submit(&page.form("confirm"), &password).await;
    assert!(page.shows("6-digit code"), "the password alone does not reach the class: {}", page.body);
    let code = john.app.next_code(&app);
    let back = browser.submit(&page.form("confirm"), &[("code", &code), ("type", "totp")]).await;
    let id = told(&app, &back).await;
    assert_eq!((&id["acr"], &id["amr"]), (&value!(AAL2), &value!(["pwd", "otp", "mfa"])));
    assert_eq!(id["auth_time"], app.clock.now().secs());
    // Later only the password is proved.
    app.clock.advance(Duration::from_secs(3600));
    let led = browser.get(&ask(&[("max_age", "60")])).await;
    let page = browser.get(&led.location).await;
    let back = browser.submit(&page.form("confirm"), &password).await;
    let id = told(&app, &back).await;
    assert_eq!((&id["acr"], &id["amr"]), (&value!("urn:portcullis:aal1"), &value!(["pwd"])));
}

#[tokio::test]
async fn with_two_step_on_a_new_login_is_asked_for_once_however_recent_the_last_one_is() {
    let app = app().await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let step = browser.sign_in(&john.person).await.location;
    browser.submit(&step, &[("code", &john.app.next_code(&app)), ("type", "totp")]).await;
    app.clock.advance(Duration::from_secs(60));
    let led = browser.get(&ask(&[("prompt", "login")])).await;
    let page = browser.get(&led.location).await;
    let page = browser.submit(&page.form("confirm"), &[("password", &john.person.password)]).await;
    let code = john.app.next_code(&app);
    let back = browser.submit(&page.form("confirm"), &[("code", &code), ("type", "totp")]).await;
    assert_eq!(told(&app, &back).await["auth_time"], app.clock.now().secs());
}

#[tokio::test]
async fn a_passkey_reaches_resistance_to_phishing_and_its_name_is_told_only_if_it_was_asked_for() {
    let app = app().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let mut browser = Browser::signed_in(&app, &john.person).await;
    app.clock.advance(Duration::from_secs(60));
    let led = browser.get(&ask(&[("acr_values", "phr")])).await;
    let page = browser.get(&led.location).await;
    let page = browser.submit(&page.form("confirm"), &[("action", "continue")]).await;
    let options = browser.ask(&page.form("signin/confirm")).await;
    let credential = john.passkey.get(&options).json();
    let done = browser.give(options["action"].as_str().unwrap(), &credential, &[]).await;
    let back = browser.get(&done.location).await;
    assert_eq!(told(&app, &back).await["acr"], "phr");
    let plain = browser.get(&ask(&[])).await;
    assert_eq!(told(&app, &plain).await["acr"], AAL2);
}

#[tokio::test]
async fn a_client_can_require_a_class_of_all_its_users() {
    let app = app().await;
    super::clients(&app, &["add", "bank", "--first-party", "--type", "public", "--redirect-uri", SITE, "--acr", AAL2])
        .await;
    let (_, mut plain) = signed_in(&app).await;
    let refused = plain.get(&request("bank", SITE, &[])).await;
    assert_eq!(answer(&refused, SITE)["error"], "unmet_authentication_requirements");
    let two = Protected::join(&app, "two@example.com").await;
    let mut browser = Browser::new(&app);
    let step = browser.sign_in(&two.person).await.location;
    browser.submit(&step, &[("code", &two.app.next_code(&app)), ("type", "totp")]).await;
    assert!(answer(&browser.get(&request("bank", SITE, &[])).await, SITE).contains_key("code"));
}

#[tokio::test]
async fn who_cancels_gives_no_code_although_another_tab_has_given_consent() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let first = browser.get(&request("shop", SHOP, &[])).await;
    let first = browser.get(&first.location).await;
    let second = browser.get(&request("shop", SHOP, &[])).await;
    let second = browser.get(&second.location).await;
    let allowed = browser.post(&first.form("consent"), &consent(&first, "allow")).await;
    assert!(answer(&allowed, SHOP).contains_key("code"));
    let denied = browser.post(&second.form("consent"), &consent(&second, "deny")).await;
    assert_eq!(answer(&denied, SHOP)["error"], "access_denied");
}
