//! Linking of an account whose address is taken, and through an emailed link.

use reqwest::Method;
use serde_json::json;

use super::{ada, come_back, start, target};
use crate::{
    pages::Browser,
    support::{Person, Protected, TestApp, json, provider::Provider},
};

/// Unlinks the person's only external account.
async fn unlink(app: &TestApp, person: &Person) {
    let token = person.log_in(app).await;
    let listed = json(app.get_as(&token, "/User1/me/identities").await, 200).await;
    let id = listed["identities"][0]["id"].as_str().unwrap();
    let unlinked = app.request(Method::DELETE, &format!("/User1/me/identities/{id}")).bearer_auth(&token);
    json(unlinked.send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn a_taken_address_is_linked_by_its_user_or_by_the_emailed_link_in_this_browser() {
    let (app, provider) = start(&[]).await;
    let person = Person::new("ada@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let back = come_back(&mut browser, &provider, ada()).await;
    assert_eq!(back.status, 303);
    let page = browser.get(&back.location).await;
    assert_eq!(page.heading(), "You already have an account");
    assert!(browser.session().is_none());

    // Signs in as that user and confirms.
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

    // The page was used up, so after unlinking, the account must be proven again.
    unlink(&app, &person).await;
    let again = browser.post(&entered.location, &[("action", "link")]).await;
    assert_eq!(again.status, 400, "{}", again.location);

    // By email: only in the browser that requested the link.
    let bob = Person::new("bob@example.com").join(&app).await;
    let claims = json!({"sub": "2", "email": "bob@example.com", "email_verified": true});
    let mut browser = Browser::new(&app);
    let back = come_back(&mut browser, &provider, claims.clone()).await;
    let page = browser.get(&back.location).await;
    let sent = browser.submit(&page.form("/signin/link"), &[("action", "send")]).await;
    assert_eq!(sent.heading(), "Check your email");
    let second = app.link(&bob.email, "signin/link").await.replace(&app.base, "");
    browser.submit(&page.form("/signin/link"), &[("action", "send")]).await;
    let link = app.link(&bob.email, "signin/link").await.replace(&app.base, "");
    assert_eq!(Browser::new(&app).get(&link).await.status, 400, "another browser");
    let offered = browser.get(&link).await;
    let page = browser.get(&offered.location).await;
    assert!(page.shows("bob@example.com") && !offered.location.contains("token="));
    let entered = browser.post(&page.form("/signin/link"), &[("action", "link")]).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    assert_eq!(browser.get(&link).await.status, 400, "once");
    assert_eq!(browser.get(&second).await.status, 400, "another link to the same account ends with the first");
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
    assert!(unproved.location.starts_with("/User1/signin/complete?"), "{}", unproved.location);
    let cross = browser.request(Method::POST, &back.location).header("Origin", "https://evil.example.com");
    let cross = cross.header("Sec-Fetch-Site", "cross-site").form(&[("action", "link")]).send().await.unwrap();
    assert_eq!(cross.status(), 403);
}

/// Requests the emailed link that links Ada's account at the provider, and returns it.
pub(super) async fn mailed_link(
    app: &TestApp,
    provider: &Provider,
    browser: &mut Browser<'_>,
    person: &Person,
) -> String {
    let back = come_back(browser, provider, ada()).await;
    let page = browser.get(&back.location).await;
    browser.submit(&page.form("/signin/link"), &[("action", "send")]).await;
    app.link(&person.email, "signin/link").await.replace(&app.base, "")
}

#[tokio::test]
async fn an_emailed_link_is_rejected_once_its_mailbox_proves_nothing() {
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
async fn an_emailed_link_works_until_it_expires_even_after_the_browser_session() {
    let (app, provider) = start(&[("RESET_TTL", "48h")]).await;
    let person = Person::new("ada@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let link = mailed_link(&app, &provider, &mut browser, &person).await;
    // The cookies of the pages end with a session.
    browser.sign_in(&person).await;
    browser.post("/User1/signout", &[("action", "sign_out")]).await;
    app.advance(std::time::Duration::from_secs(30 * 3600));
    let offered = browser.get(&link).await;
    let page = browser.get(&offered.location).await;
    assert!(
        page.shows("as ada@example.com with the House account ada@example.com."),
        "both accounts are named: {}",
        page.body
    );
    let entered = browser.post(&page.form("/signin/link"), &[("action", "link")]).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
}

#[tokio::test]
async fn an_account_without_an_address_is_named_by_its_identifier() {
    let (app, provider) = start(&[]).await;
    let bob = Person::new("bob@example.com").join(&app).await;
    for (claims, named) in [
        (json!({"sub": "subject-3"}), "account subject-3."),
        (json!({"sub": "subject-4", "name": "Bob"}), "account Bob (subject-4)."),
    ] {
        let mut browser = Browser::signed_in(&app, &bob).await;
        let asked = super::link_as(&mut browser, &provider, &bob, claims).await;
        let page = browser.get(&asked.location).await;
        assert!(page.shows(named), "{named}: {}", page.body);
    }
}

#[tokio::test]
async fn mails_that_link_count_for_the_client() {
    let (app, provider) = start(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_MAILS_CLIENT", "1/1h")]).await;
    let person = Person::new("ada@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let back = come_back(&mut browser, &provider, ada()).await;
    let page = browser.get(&back.location).await;
    for status in [303, 429] {
        let sent = browser.post(&page.form("/signin/link"), &[("action", "send")]).await;
        assert_eq!(sent.status, status, "{}", person.email);
    }
}
