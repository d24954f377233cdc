//! Sign-in of a browser with another provider.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Browser, browser::Shown};
use crate::support::{
    Person, Protected, TestApp,
    provider::{Fault, Provider},
};

/// Starts an application with a provider `house` that proves addresses, and a second one.
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

/// Returns the target of the first link whose path has this part.
fn target(page: &Shown, part: &str) -> String {
    let mut links = page.body.split("href=\"").map(|rest| rest.split('"').next().unwrap());
    links.find(|link| link.contains(part)).unwrap().replace("&amp;", "&")
}

/// Presses the button, signs in at the provider, and comes back.
async fn come_back(browser: &mut Browser<'_>, provider: &Provider, claims: Value) -> Shown {
    let begun = browser.get("/User1/social/house/start").await;
    assert_eq!(begun.status, 302, "{}", begun.body);
    let parameters = provider.let_in(browser.app, &begun.location, claims);
    browser.get(&callback(&parameters)).await
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

    // Claims that the token lacks come from `userinfo`, of the same subject only.
    let userinfo = |subject: &str| json!({"sub": subject, "email": "bob@example.com", "email_verified": true});
    provider.set_userinfo(userinfo("other"));
    let asked = come_back(&mut Browser::new(&app), &provider, json!({"sub": "7"})).await;
    assert!(asked.location.starts_with("/User1/signin/link?"), "{}", asked.location);
    provider.set_userinfo(userinfo("7"));
    let entered = come_back(&mut Browser::new(&app), &provider, json!({"sub": "7"})).await;
    assert_eq!(entered.location, "/User1/account");

    // Where the sign-in was to end is kept.
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
    refused(&victim.get(&callback(&of_attacker)).await, "another browser with a flow of its own");

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
async fn a_refusal_is_told_in_words_and_a_provider_that_is_away_is_a_page() {
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
    let begun = browser.get("/User1/social/house/start").await;
    let parameters = provider.let_in(&app, &begun.location, ada());
    provider.set_fault(Fault::Away);
    assert_eq!(browser.get(&callback(&parameters)).await.status, 503);
    let (closed, provider) = start(&[("SIGNUP", "closed")]).await;
    let mut browser = Browser::new(&closed);
    let shown = come_back(&mut browser, &provider, ada()).await;
    assert_eq!((shown.status, shown.heading()), (403, "Sign-up is closed"));
}

#[tokio::test]
async fn a_taken_address_is_linked_by_its_user_or_by_the_mailed_link_in_this_browser() {
    let (app, provider) = start(&[]).await;
    let person = Person::new("ada@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let back = come_back(&mut browser, &provider, ada()).await;
    assert_eq!(back.status, 303);
    let page = browser.get(&back.location).await;
    assert_eq!(page.heading(), "You already have an account");
    assert!(browser.session().is_none());

    // Signs in as that user, and confirms.
    let link = target(&page, "/signin?continue=");
    let form = [("email", person.email.as_str()), ("password", &person.password), ("action", "sign_in")];
    let entered = browser.post(&link, &form).await;
    assert!(entered.location.starts_with("/User1/signin/link?"), "{}", entered.location);
    let page = browser.get(&entered.location).await;
    assert_eq!(page.heading(), "Link House to your account?");
    let linked = browser.post(&page.form("/signin/link"), &[("action", "link")]).await;
    assert!(linked.location.starts_with("/User1/account/security?said="), "{}", linked.body);
    let mut again = Browser::new(&app);
    assert_eq!(come_back(&mut again, &provider, ada()).await.location, "/User1/account");

    // By mail: only in the browser that asked.
    let bob = Person::new("bob@example.com").join(&app).await;
    let claims = json!({"sub": "2", "email": "bob@example.com", "email_verified": true});
    let mut browser = Browser::new(&app);
    let back = come_back(&mut browser, &provider, claims.clone()).await;
    let page = browser.get(&back.location).await;
    let sent = browser.submit(&page.form("/signin/link"), &[("action", "send")]).await;
    assert_eq!(sent.heading(), "Check your email");
    let link = app.link(&bob.email, "signin/link").await.replace(&app.base, "");
    assert_eq!(Browser::new(&app).get(&link).await.status, 400, "another browser");
    let offered = browser.get(&link).await;
    let page = browser.get(&offered.location).await;
    assert!(page.shows("bob@example.com") && !offered.location.contains("token="));
    let entered = browser.post(&page.form("/signin/link"), &[("action", "link")]).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    assert_eq!(browser.get(&link).await.status, 400, "once");
    assert_eq!(come_back(&mut Browser::new(&app), &provider, claims).await.location, "/User1/account");
}

#[tokio::test]
async fn an_identity_of_another_user_and_another_users_address_are_not_linked() {
    let (app, provider) = start(&[]).await;
    let eve = json!({"sub": "9", "email": "eve@example.com", "email_verified": true});
    come_back(&mut Browser::new(&app), &provider, eve).await;
    Person::new("ada@example.com").join(&app).await;
    let bob = Person::new("bob@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let back = come_back(&mut browser, &provider, ada()).await;
    assert_eq!(browser.sign_in(&bob).await.status, 303);
    let page = browser.get(&back.location).await;
    assert_eq!(page.heading(), "You're signed in as bob@example.com");
    let forced = browser.post(&back.location, &[("action", "link")]).await;
    assert_eq!(forced.status, 400);
    let unproved = come_back(&mut Browser::new(&app), &provider, json!({"sub": "3"})).await;
    assert!(unproved.location.starts_with("/User1/signin/link?"));
    let cross = browser.request(Method::POST, &back.location).header("Origin", "https://evil.example.com");
    let cross = cross.header("Sec-Fetch-Site", "cross-site").form(&[("action", "link")]).send().await.unwrap();
    assert_eq!(cross.status(), 403);
}

/// Asks for the mailed link that links Ada's account at the provider, and returns it.
async fn mailed_link(app: &TestApp, provider: &Provider, browser: &mut Browser<'_>, person: &Person) -> String {
    let back = come_back(browser, provider, ada()).await;
    let page = browser.get(&back.location).await;
    browser.submit(&page.form("/signin/link"), &[("action", "send")]).await;
    app.link(&person.email, "signin/link").await.replace(&app.base, "")
}

#[tokio::test]
async fn a_mailed_link_ends_where_its_mailbox_is_no_proof_any_more() {
    for ending in ["factor", "secured"] {
        let (app, provider) = start(&[]).await;
        let person = Person::new("ada@example.com").join(&app).await;
        let (mut browser, mut owner) = (Browser::new(&app), Browser::new(&app));
        owner.sign_in(&person).await;
        let link = mailed_link(&app, &provider, &mut browser, &person).await;
        if ending == "factor" {
            Protected::add(&app, &person).await;
        } else {
            assert_eq!(owner.post("/User1/account/secure", &[]).await.status, 303);
        }
        assert_eq!(browser.get(&link).await.status, 400, "{ending}");
    }
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
async fn a_posted_answer_is_sent_on_and_each_browser_has_at_most_eight_flows() {
    let (app, provider) = start(&[]).await;
    let mut browser = Browser::new(&app);
    let begun = browser.get("/User1/social/house/start").await;
    let parameters =
        provider.let_in(&app, &begun.location, json!({"email": "ada@example.com", "email_verified": true}));
    let user = json!({"name": {"firstName": "Ada", "lastName": "Lovelace"}}).to_string();
    let form: Vec<(String, String)> = parameters.clone().into_iter().chain([("user".to_owned(), user)]).collect();
    // A form of another site comes without cookies.
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
