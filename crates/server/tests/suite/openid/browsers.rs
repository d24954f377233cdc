//! A request belongs to the browser that made it, and an authentication answers it for a short time.

use std::time::Duration;

use reqwest::Method;
use serde_json::json as value;

use super::{MINE, SHOP, answer, app, app_with, consent, request, signed_in};
use crate::{
    pages::browser::Browser,
    support::{Person, provider::Provider},
};

#[tokio::test]
async fn a_sign_in_of_another_browser_does_not_answer_a_request() {
    let app = app().await;
    // The attacker begins in the attacker's browser, and sends the address of the next page to someone.
    let mut attacker = Browser::new(&app);
    let led = attacker.get(&request("mine", MINE, &[("prompt", "login"), ("max_age", "0")])).await;
    let carried = led.location.split_once("continue=").unwrap().1.to_owned();
    app.clock.advance(Duration::from_secs(30));
    let (john, mut victim) = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(1));
    let again = victim.get(&format!("/User1/authorize?continue={carried}")).await;
    assert!(again.location.starts_with("/User1/signin/confirm?"), "{}", again.location);
    // The request continues there as one of this browser.
    let page = victim.get(&again.location).await;
    let back = victim.submit(&page.form("confirm"), &[("password", john.password.as_str())]).await;
    assert!(answer(&back, MINE).contains_key("code"), "{}", back.location);
    // So does the choice of an account.
    app.clock.advance(Duration::from_secs(1));
    let led = attacker.get(&request("mine", MINE, &[("prompt", "select_account")])).await;
    let carried = led.location.split_once("continue=").unwrap().1.to_owned();
    let shown = victim.get(&format!("/User1/authorize?continue={carried}")).await;
    assert!(shown.location.starts_with("/User1/signin?"), "{}", shown.location);
    assert_eq!(victim.get(&shown.location).await.heading(), "Sign in");
}

/// Requires that a request which another person has prepared asks for the password of this browser's user, and only
/// once.
async fn is_asked_once(browser: &mut Browser<'_>, john: &Person, prepared: &str) {
    let asked = browser.get(prepared).await;
    assert!(asked.location.starts_with("/User1/signin/confirm?"), "{}", asked.location);
    let page = browser.get(&asked.location).await;
    let back = browser.submit(&page.form("confirm"), &[("password", john.password.as_str())]).await;
    assert!(answer(&back, MINE).contains_key("code"), "{}", back.location);
}

#[tokio::test]
async fn a_request_posted_before_the_sign_in_of_another_browser_is_not_answered_by_it() {
    let app = app().await;
    let asked = request("mine", MINE, &[("prompt", "login")]);
    let (path, query) = asked.split_once('?').unwrap();
    let form: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    // A browser sends no cookies with the form of another site, so the request belongs to none yet.
    let posted = app.request(Method::POST, path).form(&form).send().await.unwrap();
    let prepared = posted.headers()["location"].to_str().unwrap().to_owned();
    app.clock.advance(Duration::from_secs(30));
    let (john, mut victim) = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(1));
    is_asked_once(&mut victim, &john, &prepared).await;
}

#[tokio::test]
async fn a_request_that_names_a_provider_belongs_to_the_browser_that_made_it() {
    let provider = Provider::start().await;
    let own = [provider.settings("HOUSE"), vec![("SOCIAL_HOUSE_TRUST_EMAIL".to_owned(), "on".to_owned())]].concat();
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let app = app_with(&own).await;
    let start = request("mine", MINE, &[("prompt", "login")]).replace("/authorize?", "/social/house/start?");
    let eve = Person::new("eve@example.com").join(&app).await;
    let mut attacker = Browser::signed_in(&app, &eve).await;
    let prepared = attacker.get(&start).await.location;
    assert!(prepared.starts_with("/User1/authorize?continue="), "{prepared}");
    app.clock.advance(Duration::from_secs(30));
    let (john, mut victim) = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(1));
    is_asked_once(&mut victim, &john, &prepared).await;
    // A sign-in with the provider answers the request of its own browser.
    let mut browser = Browser::new(&app);
    let begun = browser.get(&start).await;
    app.clock.advance(Duration::from_secs(30));
    let claims = value!({"email": "ada@example.com", "email_verified": true});
    let returned = provider.let_in(&app, &begun.location, claims);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&returned).finish();
    let entered = browser.get(&format!("/User1/social/house/callback?{query}")).await;
    assert!(entered.location.starts_with("/User1/authorize?continue="), "{}", entered.location);
    assert!(answer(&browser.get(&entered.location).await, MINE).contains_key("code"));
}

#[tokio::test]
async fn an_authentication_answers_a_request_for_five_minutes_only() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(120));
    let led = browser.get(&request("shop", SHOP, &[("max_age", "60")])).await;
    let page = browser.get(&led.location).await;
    let asked = browser.submit(&page.form("confirm"), &[("password", john.password.as_str())]).await;
    assert!(asked.location.starts_with("/User1/consent?"), "{}", asked.location);
    let page = browser.get(&asked.location).await;
    // The page of consent stays open.
    app.clock.advance(Duration::from_secs(301));
    let late = browser.post(&page.form("consent"), &consent(&page, "allow")).await;
    assert!(late.location.starts_with("/User1/signin/confirm?"), "{}", late.location);
}

#[tokio::test]
async fn another_account_goes_on_with_the_request_and_is_not_asked_twice() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let eve = Person::new("eve@example.com").join(&app).await;
    let asked = browser.get(&request("shop", SHOP, &[("prompt", "consent")])).await;
    let page = browser.get(&asked.location).await;
    let switch = page.body.split("href=\"").find(|rest| rest.contains("/signout?continue=")).unwrap();
    let switch = switch.split('"').next().unwrap().replace("&amp;", "&");
    let page = browser.get(&switch).await;
    let out = browser.post(&page.form("signout"), &[("action", "sign_out")]).await;
    assert!(out.location.starts_with("/User1/signin?continue="), "{}", out.location);
    assert!(browser.session().is_none());
    let page = browser.get(&out.location).await;
    let form = [("email", eve.email.as_str()), ("password", &eve.password)];
    let back = browser.submit(&page.form("signin"), &form).await;
    assert!(back.location.starts_with("/User1/consent?"), "{}", back.location);
    assert!(browser.get(&back.location).await.shows("eve@example.com"));
}

#[tokio::test]
async fn the_popup_of_an_application_keeps_its_opener_on_every_redirect() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    for path in [request("mine", MINE, &[]), request("mine", MINE, &[("prompt", "login")]), request("shop", SHOP, &[])]
    {
        let shown = browser.get(&path).await;
        assert_eq!(shown.status, 303);
        assert!(shown.headers.get("cross-origin-opener-policy").is_none(), "{path}");
    }
    let page = browser.get("/User1/account").await;
    assert_eq!(page.headers["cross-origin-opener-policy"], "same-origin");
}
