//! New users whose provider has not verified an address, or lacks fields that are required at sign-up.

use serde_json::{Value, json};

use super::{come_back, start, target};
use crate::{
    pages::Browser,
    support::{Person, TestApp, json, problem, provider::Provider},
};

/// Returns from the provider with these claims, and submits the form with this address.
async fn ask(browser: &mut Browser<'_>, provider: &Provider, claims: Value, email: &str) -> String {
    let back = come_back(browser, provider, claims).await;
    assert!(back.location.starts_with("/User1/signin/complete?linking="), "{} {}", back.location, back.body);
    let page = browser.get(&back.location).await;
    assert_eq!(page.heading(), "Finish creating your account");
    let sent = browser.submit(&page.form("/signin/complete"), &[("email", email), ("action", "sign_up")]).await;
    assert_eq!(sent.heading(), "Check your email", "{}", sent.body);
    back.location
}

async fn verification(app: &TestApp, email: &str) -> String {
    app.link(email, "verify").await.replace(&app.base, "")
}

#[tokio::test]
async fn the_link_to_an_unverified_address_creates_the_user_in_this_browser() {
    let (app, provider) = start(&[]).await;
    let mut browser = Browser::new(&app);
    let unproved = json!({"sub": "5", "email": "ada@example.com", "given_name": "Ada"});
    let asked = ask(&mut browser, &provider, unproved.clone(), "ada@work.example.com").await;
    let link = verification(&app, "ada@work.example.com").await;
    problem(app.login("User1", "ada@work.example.com", "").await, 401).await;
    let offered = browser.get(&link).await;
    assert!(offered.location.starts_with("/User1/signin/complete?token="), "{} {}", offered.location, offered.body);
    let carried = browser.get(&offered.location).await;
    assert!(!carried.location.contains("token="), "{}", carried.location);
    let page = browser.get(&carried.location).await;
    assert!(page.shows("ada@work.example.com") && page.shows("account ada@example.com"), "{}", page.body);
    let entered = browser.post(&page.form("/signin/complete"), &[("action", "sign_up")]).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    assert!(browser.get("/User1/account").await.shows("ada@work.example.com"));
    assert_eq!(come_back(&mut Browser::new(&app), &provider, unproved).await.location, "/User1/account");
    // Everything was used up: the link only confirms the verified address, and the page creates no other user.
    let settled = browser.get(&link).await;
    assert_eq!((settled.status, settled.heading()), (200, "Email confirmed"), "{}", settled.body);
    let again = browser.post(&asked, &[("email", "third@example.com"), ("action", "sign_up")]).await;
    assert_eq!(again.location, "/User1/account");
    assert!(app.mails_to("third@example.com").await.is_empty());
    let welcome = app.mails_to("ada@work.example.com").await;
    assert_eq!(welcome.len(), 2, "the link and a welcome: {welcome:?}");
}

#[tokio::test]
async fn in_another_browser_the_link_asks_for_a_password_and_attaches_nothing() {
    let (app, provider) = start(&[]).await;
    let mut attacker = Browser::new(&app);
    ask(&mut attacker, &provider, json!({"sub": "5"}), "victim@example.com").await;
    let link = verification(&app, "victim@example.com").await;
    let mut victim = Browser::new(&app);
    let page = victim.get(&link).await;
    assert_eq!(page.status, 200, "{}", page.location);
    assert!(page.body.contains("name=\"password\""), "{}", page.body);
    let token = link.split_once("token=").unwrap().1;
    assert_eq!(victim.get(&format!("/User1/signin/complete?token={token}")).await.status, 400);
    let person = Person::new("victim@example.com");
    let action = format!("/User1/{}", page.form("reset_password"));
    let set = victim.post(&action, &[("password", &person.password)]).await;
    assert!(set.status < 400, "{}", set.body);
    let token = person.log_in(&app).await;
    assert_eq!(json(app.get_as(&token, "/User1/me/identities").await, 200).await, json!({"identities": []}));
    // The browser that started it does not get an account.
    let back = come_back(&mut attacker, &provider, json!({"sub": "5"})).await;
    assert!(back.location.starts_with("/User1/signin/complete?"), "{}", back.location);
}

#[tokio::test]
async fn the_response_is_the_same_for_an_address_with_an_account() {
    let (app, provider) = start(&[]).await;
    let ada = Person::new("ada@example.com").join(&app).await;
    let before = app.mails_to(&ada.email).await.len();
    let mut browser = Browser::new(&app);
    let asked = ask(&mut browser, &provider, json!({"sub": "5"}), &ada.email).await;
    let mails = app.mails_to(&ada.email).await;
    assert_eq!(mails.len(), before + 1);
    assert!(mails[0]["links"].as_array().unwrap().iter().all(|link| !link.as_str().unwrap().contains("/verify?")));
    // The page also leads to an existing account: its user signs in and links.
    let page = browser.get(&asked).await;
    let form = [("email", ada.email.as_str()), ("password", &ada.password), ("action", "sign_in")];
    let entered = browser.post(&target(&page, "/signin?continue="), &form).await;
    let page = browser.get(&entered.location).await;
    assert_eq!(page.heading(), "Link House to your account?", "{}", entered.location);
    let linked = browser.post(&page.form("/signin/link"), &[("action", "link")]).await;
    assert!(linked.location.starts_with("/User1/account/security?said="), "{}", linked.body);

    let (app, provider) = start(&[("SIGNUP", "closed")]).await;
    let mut browser = Browser::new(&app);
    let back = come_back(&mut browser, &provider, json!({"sub": "5"})).await;
    let page = browser.get(&back.location).await;
    assert!(page.shows("Sign in to your Portcullis account to link House to it"), "{}", page.body);
    assert!(!page.body.contains("/signup"), "{}", page.body);
    let forced = browser.post(&back.location.replace("/link?", "/complete?"), &[("email", "x@example.com")]).await;
    assert!(forced.location.starts_with("/User1/signin/link?"), "{}", forced.location);
}

#[tokio::test]
async fn fields_that_sign_up_requires_are_asked_for_before_the_account_exists() {
    let (app, provider) = start(&[("SIGNUP_REQUIRED", "first_name,phone,country_code")]).await;
    let mut browser = Browser::new(&app);
    let claims = json!({"sub": "5", "email": "ada@example.com", "email_verified": true, "given_name": "Ada"});
    let back = come_back(&mut browser, &provider, claims.clone()).await;
    let page = browser.get(&back.location).await;
    assert!(page.body.contains("value=\"Ada\"") && !page.body.contains("name=\"email\""), "{}", page.body);
    assert!(app.mails_to("ada@example.com").await.is_empty());
    let form = page.form("/signin/complete");
    let refused = browser.post(&form, &[("first_name", ""), ("phone", "12"), ("action", "sign_up")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.shows("Fix 3 things to continue"), "{}", refused.body);
    let good =
        [("first_name", "Augusta"), ("phone", "+12025550143"), ("country_code", "US"), ("email", "eve@example.com")];
    let entered = browser.post(&form, &good).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    assert!(browser.get("/User1/account").await.shows("ada@example.com"), "the address that is proved");
    assert!(browser.get("/User1/account").await.shows("Augusta"));
    assert_eq!(browser.post(&form, &good).await.status, 303);
    assert_eq!(come_back(&mut Browser::new(&app), &provider, claims).await.location, "/User1/account");
    assert_eq!(app.mails_to("ada@example.com").await.len(), 1, "one user was welcomed");
}

#[tokio::test]
async fn an_invited_user_is_asked_for_the_required_fields_that_the_invitation_lacks() {
    let (app, provider) = start(&[("SIGNUP", "invite"), ("SIGNUP_REQUIRED", "last_name,phone,country_code")]).await;
    let owner = app.owner().await;
    let body =
        json!({"email": "ada@example.com", "first_name": "Augusta", "phone": "+12025550143", "roles": ["editor"]});
    let invited = json(owner.post(&app, "/realms/User1/users", body).await, 201).await;
    let path = format!("/realms/User1/users/{}", invited["id"].as_str().unwrap());
    let mut browser = Browser::new(&app);
    let claims = json!({"sub": "5", "email": "ada@example.com", "email_verified": true, "given_name": "Ada"});
    let back = come_back(&mut browser, &provider, claims.clone()).await;
    assert!(back.location.starts_with("/User1/signin/complete?linking="), "{} {}", back.location, back.body);
    assert_eq!(json(owner.get(&app, &path).await, 200).await["status"], "invited", "no user without the fields");
    let page = browser.get(&back.location).await;
    assert!(page.body.contains("value=\"Augusta\"") && page.body.contains("name=\"country_code\""), "{}", page.body);
    assert!(!page.body.contains("name=\"phone\""), "the invitation has a number: {}", page.body);
    let form = page.form("/signin/complete");
    let refused = browser.post(&form, &[("last_name", ""), ("action", "sign_up")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.shows("Fix 2 things to continue"), "{}", refused.body);
    let good = [("last_name", "Lovelace"), ("country_code", "US"), ("action", "sign_up")];
    let entered = browser.post(&form, &good).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    let user = json(owner.get(&app, &path).await, 200).await;
    let names = [&user["first_name"], &user["last_name"], &user["phone"], &user["country_code"]];
    assert_eq!(names, ["Augusta", "Lovelace", "+12025550143", "US"]);
    assert_eq!((&user["status"], &user["roles"]), (&json!("active"), &json!(["editor"])));
    assert_eq!(browser.post(&form, &good).await.status, 303, "the button was pressed twice");
    assert_eq!(come_back(&mut Browser::new(&app), &provider, claims).await.location, "/User1/account");
}
