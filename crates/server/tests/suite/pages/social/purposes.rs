//! Purpose of a flow: sign-in, linking, or re-authentication. The browser's session does not change it.

use reqwest::Method;
use serde_json::json;

use super::{ada, callback, come_back, link_as, link_url, start, target};
use crate::{
    pages::Browser,
    support::{Person, Protected, TestApp, json, problem},
};

#[tokio::test]
async fn an_account_is_linked_by_the_user_who_asked_for_it_in_the_browser_of_that_user() {
    let (app, provider) = start(&[]).await;
    let bob = Person::new("bob@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &bob).await;
    let asked = link_as(&mut browser, &provider, &bob, json!({"sub": "7", "email": "bob@house.example.com"})).await;
    let page = browser.get(&asked.location).await;
    assert_eq!(page.heading(), "Link House to your account?");
    assert!(
        page.shows(
            "You can then sign in to Portcullis as bob@example.com with the House account bob@house.example.com."
        ),
        "{}",
        page.body
    );
    let linked = browser.post(&page.form("/signin/link"), &[("action", "link")]).await;
    assert!(linked.location.starts_with("/User1/account/security?said="), "{}", linked.body);
    let known = come_back(&mut Browser::new(&app), &provider, json!({"sub": "7"})).await;
    assert_eq!(known.location, "/User1/account");

    // From the page of the account, without a token.
    let security = browser.get("/User1/account/security").await;
    assert!(security.shows("bob@house.example.com"), "{}", security.body);
    let mut of_eve = Browser::signed_in(&app, &Person::new("eve.first@example.com").join(&app).await).await;
    let security = of_eve.get("/User1/account/security").await;
    let begun = of_eve.get(&target(&security, "social/house/start?for=link")).await;
    let asked = of_eve.get(&callback(&provider.let_in(&app, &begun.location, json!({"sub": "70"})))).await;
    let linked = of_eve.post(&asked.location, &[("action", "link")]).await;
    assert!(linked.location.starts_with("/User1/account/security?said="), "{} {}", asked.location, linked.body);

    // Without a session, the user signs in first and returns.
    let mut browser = Browser::new(&app);
    let asked = link_as(&mut browser, &provider, &bob, json!({"sub": "8"})).await;
    let sent = browser.get(&asked.location).await;
    assert!(sent.location.starts_with("/User1/signin?continue="), "{}", sent.location);
    let form = [("email", bob.email.as_str()), ("password", &bob.password), ("action", "sign_in")];
    let entered = browser.post(&sent.location, &form).await;
    assert!(entered.location.starts_with("/User1/signin/link?linking="), "{}", entered.location);
    assert_eq!(browser.get(&entered.location).await.heading(), "Link House to your account?");

    // In another user's browser, nothing is linked.
    let eve = Person::new("eve@example.com").join(&app).await;
    let mut other = Browser::signed_in(&app, &eve).await;
    let asked = link_as(&mut other, &provider, &bob, json!({"sub": "9"})).await;
    let page = other.get(&asked.location).await;
    assert_eq!(page.heading(), "You're signed in as eve@example.com");
    assert!(page.shows("Nothing was linked."), "{}", page.body);
    assert_eq!(other.post(&asked.location, &[("action", "link")]).await.status, 400);

    // An identity of another user remains theirs.
    let mut browser = Browser::signed_in(&app, &eve).await;
    let asked = link_as(&mut browser, &provider, &eve, json!({"sub": "7"})).await;
    let taken = browser.submit(&asked.location, &[("action", "link")]).await;
    assert!(taken.shows("is linked to another Portcullis account"), "{}", taken.body);
}

#[tokio::test]
async fn the_url_is_for_one_use_for_a_minute_and_for_a_fresh_login() {
    let (app, provider) = start(&[]).await;
    let bob = Person::new("bob@example.com").join(&app).await;
    let token = bob.log_in(&app).await;
    let path = "/User1/me/identities/house/start";
    let url = link_url(&app, &token).await;
    let mut browser = Browser::signed_in(&app, &bob).await;
    assert_eq!(browser.get(&url.replace("/house/", "/other/")).await.status, 400, "for one provider");
    assert_eq!(browser.get(&url).await.status, 302);
    assert_eq!(browser.get(&url).await.status, 400, "once");
    let url = link_url(&app, &token).await;
    app.advance(std::time::Duration::from_secs(61));
    assert_eq!(browser.get(&url).await.status, 400, "for a minute");
    let url = link_url(&app, &token).await;
    json(app.get_as(&token, "/User1/logout").await, 200).await;
    assert_eq!(browser.get(&url).await.status, 400, "as long as the session");
    let token = bob.log_in(&app).await;
    let ask = async |path: &str, body: serde_json::Value| {
        app.request(Method::POST, path).bearer_auth(&token).json(&body).send().await.unwrap()
    };
    problem(ask("/User1/me/identities/none/start", json!({})).await, 404).await;
    app.advance(std::time::Duration::from_secs(601));
    assert_eq!(problem(ask(path, json!({})).await, 401).await["code"], "auth.stale");
    json(ask(path, json!({"current_password": bob.password})).await, 200).await;
    assert_eq!(provider.asked().iter().filter(|path| *path == "/token").count(), 0);
}

#[tokio::test]
async fn a_user_who_has_only_an_account_at_a_provider_authenticates_again_with_it() {
    let (app, provider) = start(&[]).await;
    let mut browser = Browser::new(&app);
    come_back(&mut browser, &provider, ada()).await;
    app.advance(std::time::Duration::from_secs(601));
    let asked = browser.get("/User1/account/security/password").await;
    let asked = if asked.status == 303 { asked } else { browser.get("/User1/account/security/totp").await };
    assert!(asked.location.starts_with("/User1/signin/confirm?continue="), "{} {}", asked.location, asked.body);
    let page = browser.get(&asked.location).await;
    assert!(page.shows("Sign in again to continue.") && page.shows("Continue with House"), "{}", page.body);
    let button = target(&page, "social/house/start");

    // Another account at the provider proves nothing.
    let begun = browser.get(&button).await;
    assert!(begun.location.contains("prompt=login"), "{}", begun.location);
    let (session, parameters) = (browser.cookies.clone(), provider.let_in(&app, &begun.location, json!({"sub": "2"})));
    let refused = browser.get(&callback(&parameters)).await;
    assert!(refused.location.starts_with("/User1/signin/confirm?continue="), "{}", refused.location);
    let page = browser.get(&refused.location).await;
    assert!(page.shows("That account isn't linked to yours."), "{}", page.body);
    assert_eq!(browser.session(), session.get("portcullis_session_User1").map(String::as_str));

    let begun = browser.get(&button).await;
    let back = browser.get(&callback(&provider.let_in(&app, &begun.location, ada()))).await;
    assert!(back.location.starts_with("/User1/account/security/"), "{}", back.location);
    assert_eq!(browser.get(&back.location).await.status, 200);

    // The API agrees: only a new login helps.
    let nonce = json(app.post_json("/User1/social/house/nonce", json!({})).await, 200).await["nonce"].clone();
    let claims = json!({"nonce": nonce, "aud": crate::support::provider::NATIVE});
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("provider", "house"),
        ("subject_token", &provider.id_token(&app, claims)),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("nonce", nonce.as_str().unwrap()),
    ];
    let tokens = json(app.post_form("/User1/token", &form).await, 200).await;
    app.advance(std::time::Duration::from_secs(601));
    let step_up = app.request(Method::POST, "/User1/me/step_up").bearer_auth(tokens["access_token"].as_str().unwrap());
    let challenged = json(step_up.json(&json!({})).send().await.unwrap(), 403).await;
    assert_eq!(challenged["challenges"], json!([{"type": "login"}]));
}

#[tokio::test]
async fn the_browser_session_does_not_turn_a_sign_in_into_linking() {
    let (app, provider) = start(&[]).await;
    let (ada_of_password, bob) =
        (Person::new("ada@example.com").join(&app).await, Person::new("bob@example.com").join(&app).await);
    Protected::add(&app, &bob).await;
    let mut browser = Browser::signed_in(&app, &ada_of_password).await;
    let entered =
        come_back(&mut browser, &provider, json!({"sub": "5", "email": "new@example.com", "email_verified": true}))
            .await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    assert!(browser.get("/User1/account").await.shows("new@example.com"), "a separate user");
    assert!(linked_to(&app, &ada_of_password).await.is_empty());
}

async fn linked_to(app: &TestApp, person: &Person) -> Vec<serde_json::Value> {
    let token = person.log_in(app).await;
    let listed = json(app.get_as(&token, "/User1/me/identities").await, 200).await;
    listed["identities"].as_array().unwrap().clone()
}
