//! Consent to third-party clients: requested, stored and requested again.

use super::{SHOP, answer, app, consent, request, shop_code, signed_in};
use crate::support::Person;

const NATIVE: &str = "http://127.0.0.1:51234/callback";
const DESK: &str = "com.example.desk:/callback";

#[tokio::test]
async fn consent_is_asked_once_and_again_for_more_and_when_the_client_wants_it() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let error = |shown: &_| answer(shown, SHOP)["error"].clone();
    let none = request("shop", SHOP, &[("prompt", "none")]);
    assert_eq!(error(&browser.get(&none).await), "consent_required");
    shop_code(&mut browser, "openid email").await;
    let asked = async |browser: &mut crate::pages::browser::Browser<'_>, more: &[(&str, &str)]| {
        browser.get(&request("shop", SHOP, more)).await.location.starts_with("/User1/consent?")
    };
    assert!(!asked(&mut browser, &[("scope", "openid")]).await, "fewer scopes");
    assert!(!asked(&mut browser, &[("scope", "openid email")]).await);
    assert!(asked(&mut browser, &[("scope", "openid"), ("prompt", "consent")]).await);
    assert!(asked(&mut browser, &[("scope", "openid email offline_access")]).await);
    let more = browser.get(&request("shop", SHOP, &[("scope", "openid email phone")])).await;
    let page = browser.get(&more.location).await;
    assert!(page.shows("Shop wants more access") && page.shows("See your phone number"));
    assert!(!page.shows("See your email address"), "only what is new");
    let allowed = browser.post(&page.form("consent"), &consent(&page, "allow")).await;
    assert!(answer(&allowed, SHOP).contains_key("code"));
    assert!(!asked(&mut browser, &[("scope", "openid email phone")]).await, "both are kept");
}

#[tokio::test]
async fn who_denies_gives_nothing_and_cancel_comes_first() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let asked = browser.get(&request("shop", SHOP, &[])).await;
    let page = browser.get(&asked.location).await;
    assert!(page.body.find("value=\"deny\"") < page.body.find("value=\"allow\""), "Enter denies");
    let denied = answer(&browser.post(&page.form("consent"), &consent(&page, "deny")).await, SHOP);
    assert_eq!(denied["error"], "access_denied");
    assert_eq!(denied["state"], "a state+of/the&test");
    for action in ["", "continue", "ALLOW"] {
        let shown = browser.post(&page.form("consent"), &consent(&page, action)).await;
        assert!(shown.location.starts_with("/User1/consent?"), "{action}");
    }
    assert!(browser.get(&request("shop", SHOP, &[])).await.location.starts_with("/User1/consent?"));
}

#[tokio::test]
async fn an_application_on_the_device_is_confirmed_every_time() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    for (client, uri, heading) in
        [("native", NATIVE, "Native wants access to your Portcullis account"), ("desk", DESK, "Continue to Desk?")]
    {
        for _ in 0..2 {
            let asked = browser.get(&request(client, uri, &[])).await;
            let page = browser.get(&asked.location).await;
            assert_eq!(page.heading(), heading);
            let allowed = browser.post(&page.form("consent"), &consent(&page, "allow")).await;
            assert!(answer(&allowed, uri).contains_key("code"));
        }
        let silent = browser.get(&request(client, uri, &[("prompt", "none")])).await;
        assert_eq!(answer(&silent, uri)["error"], "interaction_required");
    }
    let page = browser.get(&request("desk", DESK, &[])).await.location;
    let policy = browser.get(&page).await.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' com.example.desk:;"), "{policy}");
    let page = browser.get(&request("native", NATIVE, &[])).await.location;
    let policy = browser.get(&page).await.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:*;"), "{policy}");
}

#[tokio::test]
async fn what_one_account_reads_does_not_count_for_another() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let asked = browser.get(&request("shop", SHOP, &[])).await;
    let page = browser.get(&asked.location).await;
    let form = consent(&page, "allow");
    // The browser is switched to another account in another tab.
    let eve = Person::new("eve@example.com").join(&app).await;
    browser.sign_in(&eve).await;
    let shown = browser.post(&page.form("consent"), &form).await;
    assert!(shown.location.starts_with("/User1/consent?"), "{}", shown.location);
    // A form from another site is rejected, too.
    let page = browser.get(&shown.location).await;
    let form = consent(&page, "allow");
    let request =
        browser.request(reqwest::Method::POST, &page.form("consent")).header("Origin", "https://evil.example");
    assert_eq!(request.form(&form).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_request_that_meets_an_ended_session_ends_where_it_began() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let asked = browser.get(&request("shop", SHOP, &[])).await;
    let page = browser.get(&asked.location).await;
    browser.cookies.clear();
    let led = browser.post(&page.form("consent"), &consent(&page, "allow")).await;
    assert!(led.location.starts_with("/User1/signin?continue="));
    let page = browser.get(&led.location).await;
    let back =
        browser.submit(&page.form("signin"), &[("email", john.email.as_str()), ("password", &john.password)]).await;
    assert!(back.location.starts_with("/User1/consent?continue="), "{}", back.location);
}
