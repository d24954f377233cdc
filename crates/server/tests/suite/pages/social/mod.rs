//! Browser sign-in with another provider.

mod complete;
mod linking;
mod presets;
mod purposes;
mod rows;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use self::linking::mailed_link;
use super::{Browser, browser::Shown};
use crate::support::{
    Person, Protected, TestApp,
    provider::{Fault, Provider},
};

/// Starts an application with a provider `house` that verifies addresses, and a second one.
async fn start(settings: &[(&str, &str)]) -> (TestApp, Provider) {
    let provider = Provider::start().await;
    let own = [provider.settings("HOUSE"), provider.settings("OTHER")].concat();
    let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let more = [("SOCIAL_HOUSE_TRUST_EMAIL", "on"), ("SOCIAL_HOUSE_LABEL", "House")];
    let all: Vec<(&str, &str)> = own.chain(more).chain(settings.iter().copied()).collect();
    (TestApp::with(&all).await, provider)
}

fn ada() -> Value {
    json!({"email": "ada@example.com", "email_verified": true, "given_name": "Ada"})
}

/// Returns the path of the callback with these parameters.
fn callback(parameters: &std::collections::BTreeMap<String, String>) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/User1/social/house/callback?{query}")
}

/// Returns the target of the first link whose path contains this text.
fn target(page: &Shown, part: &str) -> String {
    let mut links = page.body.split("href=\"").map(|rest| rest.split('"').next().unwrap());
    links.find(|link| link.contains(part)).unwrap().replace("&amp;", "&")
}

/// Presses the button, signs in at the provider, and returns to the server.
async fn come_back(browser: &mut Browser<'_>, provider: &Provider, claims: Value) -> Shown {
    let begun = browser.get("/User1/social/house/start").await;
    assert_eq!(begun.status, 302, "{}", begun.body);
    let parameters = provider.let_in(browser.app, &begun.location, claims);
    browser.get(&callback(&parameters)).await
}

/// Returns the path that starts linking an account in a browser.
async fn link_url(app: &TestApp, token: &str) -> String {
    let asked = app.request(Method::POST, "/User1/me/identities/house/start").bearer_auth(token);
    let answer = crate::support::json(asked.json(&json!({})).send().await.unwrap(), 200).await;
    assert_eq!(answer["expires_in"], 60);
    answer["url"].as_str().unwrap().strip_prefix(&app.base).unwrap().to_owned()
}

/// Starts linking an account as this person, and returns from the provider with these claims.
async fn link_as(browser: &mut Browser<'_>, provider: &Provider, person: &Person, claims: Value) -> Shown {
    let token = person.log_in(browser.app).await;
    let begun = browser.get(&link_url(browser.app, &token).await).await;
    assert_eq!(begun.status, 302, "{}", begun.body);
    browser.get(&callback(&provider.let_in(browser.app, &begun.location, claims))).await
}

#[tokio::test]
async fn from_the_button_to_the_session_and_back_again() {
    let (app, provider) = start(&[]).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/User1/signin").await;
    assert!(page.shows("Continue with House") && page.body.contains("/User1/social/house/start"), "{}", page.body);
    assert!(browser.get("/User1/signup").await.shows("Continue with House"));
    let begun = browser.get("/User1/social/house/start").await;
    let asked = reqwest::Url::parse(&begun.location).unwrap();
    let asked: std::collections::BTreeMap<String, String> = asked.query_pairs().into_owned().collect();
    assert_eq!(asked["redirect_uri"], format!("{}/User1/social/house/callback", app.base));
    assert_eq!(asked["scope"], "openid email profile");
    let cookie = begun.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Lax") && cookie.contains("Max-Age=600"), "{cookie}");
    let entered = browser.get(&callback(&provider.let_in(&app, &begun.location, ada()))).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account"), "{}", entered.body);
    assert!(browser.session().is_some() && browser.cookies.keys().all(|name| !name.contains("flow")));
    assert_eq!(browser.cookies["portcullis_last_User1"], "house");
    assert!(browser.get("/User1/account").await.shows("ada@example.com"));
    let security = browser.get("/User1/account/security").await;
    assert!(security.shows("House") && security.shows("ada@example.com"), "{}", security.body);

    // Claims missing in the token are taken from `userinfo`, if it has the same subject.
    let userinfo = |subject: &str| json!({"sub": subject, "email": "bob@example.com", "email_verified": true});
    provider.set_userinfo(userinfo("other"));
    let asked = come_back(&mut Browser::new(&app), &provider, json!({"sub": "7"})).await;
    assert!(asked.location.starts_with("/User1/signin/complete?"), "{}", asked.location);
    provider.set_userinfo(userinfo("7"));
    let entered = come_back(&mut Browser::new(&app), &provider, json!({"sub": "7"})).await;
    assert_eq!(entered.location, "/User1/account");

    // The target of the sign-in is kept.
    let mut other = Browser::new(&app);
    let sent = other.get("/User1/account/sessions").await;
    let page = other.get(&sent.location).await;
    let button = target(&page, "social/house/start");
    let begun = other.get(&button).await;
    let back = other.get(&callback(&provider.let_in(&app, &begun.location, ada()))).await;
    assert_eq!(back.location, "/User1/account/sessions");
    assert!(other.get("/User1/signin").await.status == 303);
}

#[tokio::test]
async fn only_the_browser_that_began_can_end_a_flow_once_and_in_time() {
    let (app, provider) = start(&[]).await;
    let refused = |shown: &Shown, what: &str| {
        assert_eq!(shown.status, 400, "{what}: {} {}", shown.location, shown.body);
        assert!(shown.headers.get_all("set-cookie").iter().all(|line| !line.to_str().unwrap().contains("session")));
    };
    let begin = async |browser: &mut Browser<'_>| browser.get("/User1/social/house/start").await.location;

    let (mut victim, mut attacker) = (Browser::new(&app), Browser::new(&app));
    let of_attacker = provider.let_in(&app, &begin(&mut attacker).await, ada());
    refused(&victim.get(&callback(&of_attacker)).await, "another browser");
    begin(&mut victim).await;
    refused(&victim.get(&callback(&of_attacker)).await, "another browser with another flow");

    let mut browser = Browser::new(&app);
    let good = provider.let_in(&app, &begin(&mut browser).await, ada());
    for name in ["state", "code", "iss"] {
        let mut browser = Browser::new(&app);
        let mut parameters = provider.let_in(&app, &begin(&mut browser).await, ada());
        parameters.remove(name);
        refused(&browser.get(&callback(&parameters)).await, name);
        let mut browser = Browser::new(&app);
        let mut parameters = provider.let_in(&app, &begin(&mut browser).await, ada());
        parameters.insert(name.to_owned(), good[name].clone() + "x");
        refused(&browser.get(&callback(&parameters)).await, name);
    }
    let mut mixed = Browser::new(&app);
    let mut parameters = provider.let_in(&app, &begin(&mut mixed).await, ada());
    parameters.insert("code".to_owned(), good["code"].clone());
    refused(&mixed.get(&callback(&parameters)).await, "the code of another flow: PKCE");
    let mut mixed = Browser::new(&app);
    let parameters = provider.let_in(&app, &begin(&mut mixed).await, ada());
    refused(&mixed.get(&callback(&parameters).replace("/house/", "/other/")).await, "another provider");
    refused(&mixed.get(&callback(&parameters).replace("/house/", "/none/")).await, "no provider");
    let mut wrong = Browser::new(&app);
    let shown = come_back(&mut wrong, &provider, json!({"nonce": "another"})).await;
    refused(&shown, "another nonce");
    let mut late = Browser::new(&app);
    let parameters = provider.let_in(&app, &begin(&mut late).await, ada());
    app.advance(Duration::from_secs(601));
    refused(&late.get(&callback(&parameters)).await, "too late");

    let mut browser = Browser::new(&app);
    let begun = begin(&mut browser).await;
    let kept = browser.cookies.clone();
    let parameters = provider.let_in(&app, &begun, ada());
    assert_eq!(browser.get(&callback(&parameters)).await.status, 303);
    browser.cookies = kept;
    refused(&browser.get(&callback(&parameters)).await, "a second use");
}

#[tokio::test]
async fn a_rejection_is_explained_and_an_unavailable_provider_shows_a_page() {
    let (app, provider) = start(&[]).await;
    let mut browser = Browser::new(&app);
    let begun = browser.get("/User1/social/house/start").await;
    let mut parameters = provider.let_in(&app, &begun.location, ada());
    parameters.remove("code");
    parameters.insert("error".to_owned(), "access_denied".to_owned());
    let back = browser.get(&callback(&parameters)).await;
    assert_eq!(back.status, 303);
    assert!(browser.get(&back.location).await.shows("House didn't sign you in. Try again, or choose another way."));
    assert_eq!(browser.get("/User1/social/none/start").await.status, 404);
    let invalid = browser.get("/User1/social/house/callback?state=x").await;
    assert_eq!(invalid.status, 400);
    assert!(invalid.shows("This sign-in is no longer valid."), "{}", invalid.body);
    let begun = browser.get("/User1/social/house/start").await;
    let parameters = provider.let_in(&app, &begun.location, ada());
    provider.set_fault(Fault::Away);
    let away = browser.get(&callback(&parameters)).await;
    assert_eq!(away.status, 503);
    assert!(away.body.contains("<h1>"), "{}", away.body);
    let (closed, provider) = start(&[("SIGNUP", "closed")]).await;
    let mut browser = Browser::new(&closed);
    let shown = come_back(&mut browser, &provider, ada()).await;
    assert_eq!((shown.status, shown.heading()), (403, "Sign-up is closed"));
}

#[tokio::test]
async fn a_second_factor_is_asked_for_after_the_provider() {
    let (app, provider) = start(&[]).await;
    let (mut browser, person) = (Browser::new(&app), Person::new("ada@example.com").join(&app).await);
    let link = mailed_link(&app, &provider, &mut browser, &person).await;
    let offered = browser.get(&link).await;
    let page = browser.get(&offered.location).await;
    assert_eq!(browser.post(&page.form("/signin/link"), &[("action", "link")]).await.location, "/User1/account");
    let protected = Protected::add(&app, &person).await;
    let mut browser = Browser::new(&app);
    let asked = come_back(&mut browser, &provider, ada()).await;
    assert!(asked.location.starts_with("/User1/signin/factor?"), "{} {}", asked.location, asked.body);
    let page = browser.get(&asked.location).await;
    let code = protected.app.next_code(&app);
    let entered = browser.post(&page.form("/signin/factor"), &[("type", "totp"), ("code", &code)]).await;
    assert_eq!(entered.status, 303);
    assert!(browser.session().is_some());
}

#[tokio::test]
async fn a_posted_callback_is_accepted_and_a_browser_has_at_most_eight_flows() {
    let (app, provider) = start(&[]).await;
    let mut browser = Browser::new(&app);
    let begun = browser.get("/User1/social/house/start").await;
    let parameters =
        provider.let_in(&app, &begun.location, json!({"email": "ada@example.com", "email_verified": true}));
    let user = json!({"name": {"firstName": "Ada", "lastName": "Lovelace"}}).to_string();
    let form: Vec<(String, String)> = parameters.clone().into_iter().chain([("user".to_owned(), user)]).collect();
    // Cross-site forms are sent without cookies.
    let posted =
        app.request(Method::POST, "/User1/social/house/callback").header("Origin", "https://appleid.apple.com");
    let posted = posted.header("Sec-Fetch-Site", "cross-site").form(&form).send().await.unwrap();
    assert_eq!(posted.status(), 303);
    let location = posted.headers()["location"].to_str().unwrap().to_owned();
    assert!(!location.contains("Lovelace"), "no name in a URL");
    let entered = browser.get(&location).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    assert!(browser.get("/User1/account").await.shows("Ada Lovelace"));

    let mut browser = Browser::new(&app);
    let first = browser.get("/User1/social/house/start").await;
    for _ in 0..9 {
        app.advance(Duration::from_millis(1));
        browser.get("/User1/social/house/start").await;
    }
    assert_eq!(browser.cookies.keys().filter(|name| name.contains("flow")).count(), 8);
    let parameters = provider.let_in(&app, &first.location, ada());
    assert_eq!(browser.get(&callback(&parameters)).await.status, 400, "the oldest was dropped");
}

#[tokio::test]
async fn another_site_cannot_sign_a_browser_in_and_the_callback_makes_the_device_known() {
    let (app, provider) = start(&[]).await;
    let mut browser = Browser::new(&app);
    let cross = browser.request(Method::GET, "/User1/social/house/start").header("Sec-Fetch-Site", "cross-site");
    let asked = browser.keep(cross.send().await.unwrap()).await;
    assert_eq!((asked.status, asked.location.as_str()), (303, "/User1/signin"));
    let begun = browser.get("/User1/social/house/start").await;
    let back = callback(&provider.let_in(&app, &begun.location, ada()));
    let back = browser.request(Method::GET, &back).header("Sec-Fetch-Site", "cross-site").send().await.unwrap();
    assert_eq!(browser.keep(back).await.location, "/User1/account");
    assert!(browser.cookies.contains_key("portcullis_device"));
}

#[tokio::test]
async fn a_locked_or_secured_account_is_rejected_after_the_provider_as_after_the_password() {
    let (app, provider) = start(&[]).await;
    let mut browser = Browser::new(&app);
    come_back(&mut browser, &provider, ada()).await;
    assert_eq!(browser.post("/User1/account/secure", &[]).await.status, 303);
    let mails = app.mails_to("ada@example.com").await.len();
    let mut browser = Browser::new(&app);
    let back = come_back(&mut browser, &provider, ada()).await;
    assert!(browser.session().is_none() && back.location.starts_with("/User1/signin?said="), "{}", back.location);
    assert!(browser.get(&back.location).await.shows("Choose a new password to continue."));
    assert_eq!(app.mails_to("ada@example.com").await.len(), mails + 1, "a link for a new password");
    let reset = app.link("ada@example.com", "reset_password_form").await.replace(&app.base, "");
    let path = reset.replace("reset_password_form", "reset_password");
    assert!(app.post_form(&path, &[("password", "a-new-and-long-password")]).await.status().as_u16() < 400);
    assert_eq!(come_back(&mut browser, &provider, ada()).await.location, "/User1/account");
}

#[tokio::test]
async fn pages_of_providers_exist_where_there_is_one() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    for page in ["signin/link", "signin/complete", "social/house/start", "social/house/callback?state=x"] {
        assert_eq!(browser.get(&format!("/User1/{page}")).await.status, 404, "{page}");
    }
}

/// Starts an application with a provider `house` and the clients of the tests of OpenID Connect.
async fn start_with_clients() -> (TestApp, Provider) {
    let provider = Provider::start().await;
    let own = provider.settings("HOUSE");
    let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let all: Vec<(&str, &str)> = own.chain([("SOCIAL_HOUSE_TRUST_EMAIL", "on")]).collect();
    (crate::openid::app_with(&all).await, provider)
}

#[tokio::test]
async fn a_long_request_of_an_application_survives_the_way_to_the_provider() {
    let (app, provider) = start_with_clients().await;
    let mut browser = Browser::new(&app);
    // A cookie holds 4 KiB, and the request alone is almost as long.
    let long = "x".repeat(3500);
    for state in ["short", long.as_str()] {
        let mut browser = Browser::new(&app);
        let asked = browser.get(&crate::openid::request("mine", crate::openid::MINE, &[("state", state)])).await;
        let page = browser.get(&asked.location).await;
        let begun = browser.get(&target(&page, "social/house/start")).await;
        assert!(begun.headers.get("cross-origin-opener-policy").is_none(), "a popup keeps its opener");
        for (name, value) in &browser.cookies {
            assert!(name.len() + value.len() < 4000, "{name}: {}", value.len());
        }
        let back = browser.get(&callback(&provider.let_in(&app, &begun.location, ada()))).await;
        assert!(back.location.starts_with("/User1/authorize?continue="), "{}", back.location);
        let answered = crate::openid::answer(&browser.get(&back.location).await, crate::openid::MINE);
        assert_eq!(answered["state"], state);
        assert!(browser.cookies.keys().all(|name| !name.contains("flow") && !name.contains("next")));
    }
    // The head of a request stays short, however many tabs there are.
    for _ in 0..10 {
        let asked = browser.get(&crate::openid::request("mine", crate::openid::MINE, &[("state", &long)])).await;
        let page = browser.get(&asked.location).await;
        assert_eq!(browser.get(&target(&page, "social/house/start")).await.status, 302);
        app.advance(Duration::from_secs(1));
    }
    let size: usize = browser.cookies.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(size < 16 * 1024, "{size}");
}

#[tokio::test]
async fn the_request_of_an_application_survives_the_linking_of_an_identity() {
    let (app, provider) = start_with_clients().await;
    let person = Person::new("ada@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let asked = browser.get(&crate::openid::request("mine", crate::openid::MINE, &[])).await;
    let page = browser.get(&asked.location).await;
    let begun = browser.get(&target(&page, "social/house/start")).await;
    let back = browser.get(&callback(&provider.let_in(&app, &begun.location, ada()))).await;
    let page = browser.get(&back.location).await;
    assert_eq!(page.heading(), "You already have an account");
    let link = target(&page, "/signin?continue=");
    let form = [("email", person.email.as_str()), ("password", &person.password), ("action", "sign_in")];
    let entered = browser.post(&link, &form).await;
    assert!(entered.location.starts_with("/User1/signin/link?"), "{}", entered.location);
    let page = browser.get(&entered.location).await;
    assert_eq!(page.heading(), "Link HOUSE to your account?");
    let linked = browser.post(&page.form("/signin/link"), &[("action", "link")]).await;
    assert!(linked.location.starts_with("/User1/authorize?continue="), "{}", linked.location);
    let answered = crate::openid::answer(&browser.get(&linked.location).await, crate::openid::MINE);
    assert!(answered.contains_key("code"));
}
