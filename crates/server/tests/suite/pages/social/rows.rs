//! Rows of the table of linking that depend on what waits at the address, and requests of applications.

use serde_json::json;

use super::{ada, callback, come_back, start};
use crate::{
    pages::Browser,
    support::{BEGIN, Person, TestApp, database::Database, json, provider::Provider},
};

#[tokio::test]
async fn an_invitation_is_accepted_by_the_address_that_the_provider_proves() {
    let (app, provider) = start(&[("SIGNUP", "invite")]).await;
    let uninvited = come_back(&mut Browser::new(&app), &provider, ada()).await;
    assert_eq!((uninvited.status, uninvited.heading()), (403, "Sign-up is closed"));
    let owner = app.owner().await;
    let body = json!({"email": "ada@example.com", "first_name": "Augusta", "roles": ["editor"]});
    let invited = json(owner.post(&app, "/realms/User1/users", body).await, 201).await;
    let link = app.link("ada@example.com", "reset_password_form").await;
    let unproved = json!({"email": "ada@example.com", "email_verified": false});
    let asked = come_back(&mut Browser::new(&app), &provider, unproved).await;
    assert!(asked.location.starts_with("/User1/signin/link?"), "an address that is not proved accepts nothing");
    let mut browser = Browser::new(&app);
    assert_eq!(come_back(&mut browser, &provider, ada()).await.location, "/User1/account");
    assert!(browser.get("/User1/account").await.shows("Augusta"));
    let path = format!("/realms/User1/users/{}", invited["id"].as_str().unwrap());
    let seen = json(owner.get(&app, &path).await, 200).await;
    assert_eq!((&seen["status"], &seen["roles"]), (&json!("active"), &json!(["editor"])));
    let path = link.replace("reset_password_form", "reset_password");
    let late = app.http.post(path).form(&[("password", "violet-teapot-hammer")]).send().await.unwrap();
    assert_eq!(late.status(), 400, "the invitation is used up");
}

#[tokio::test]
async fn a_provider_that_left_the_settings_ends_no_flow() {
    let provider = Provider::start().await;
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("portcullis.toml");
    let house: Vec<String> = provider
        .settings("HOUSE")
        .into_iter()
        .map(|(name, value)| format!("{} = \"{value}\"\n", name.to_lowercase()))
        .collect();
    std::fs::write(&file, house.concat() + "social_house_trust_email = true\n").unwrap();
    let other = provider.settings("OTHER");
    let other: Vec<(&str, &str)> = other.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let app = TestApp::on(dir, Database::new().await, BEGIN, &other).await;
    let mut browser = Browser::new(&app);
    let begun = browser.get("/User1/social/house/start").await;
    let back = callback(&provider.let_in(&app, &begun.location, ada()));
    let cookies = browser.cookies.clone();
    std::fs::write(&file, "").unwrap();
    let app = app.restart().await;
    let mut browser = Browser { app: &app, cookies };
    provider.asked();
    assert_eq!(browser.get(&back).await.status, 400);
    assert!(browser.session().is_none() && provider.asked().is_empty(), "its code is not presented");
}

#[tokio::test]
async fn what_an_identity_reveals_is_told_to_its_owner_only() {
    let (app, provider) = start(&[]).await;
    let john = Person::new("john@example.com").join(&app).await;
    // An address that is not proved looks the same, whether or not it has an account.
    let mut headings = Vec::new();
    for email in [john.email.as_str(), "jane@example.com"] {
        let mut browser = Browser::new(&app);
        let claims = json!({"sub": email, "email": email, "email_verified": false});
        let asked = come_back(&mut browser, &provider, claims).await;
        let page = browser.get(&asked.location).await;
        let sent = browser.submit(&page.form("/signin/complete"), &[("email", email), ("action", "sign_up")]).await;
        headings.push((page.heading().to_owned(), sent.body.replace(email, "").len()));
    }
    assert_eq!(headings[0].0, headings[1].0);
    assert_eq!(headings[0].1, headings[1].1);
}

#[tokio::test]
async fn an_application_may_name_the_provider_in_its_request() {
    let provider = Provider::start().await;
    let own = provider.settings("HOUSE");
    let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let settings: Vec<(&str, &str)> = own.chain([("SOCIAL_HOUSE_TRUST_EMAIL", "on")]).collect();
    let app = crate::openid::app_with(&settings).await;
    let mut browser = Browser::new(&app);
    let request = crate::openid::request("mine", crate::openid::MINE, &[])
        .replace("/User1/authorize", "/User1/social/house/start");
    let begun =
        browser.request(reqwest::Method::GET, &request).header("Sec-Fetch-Site", "cross-site").send().await.unwrap();
    let begun = browser.keep(begun).await;
    assert_eq!(begun.status, 302, "{} {}", begun.location, begun.body);
    let back = browser.get(&callback(&provider.let_in(&app, &begun.location, ada()))).await;
    assert!(back.location.starts_with("/User1/authorize?continue="), "{} {}", back.location, back.body);
    let answered = browser.get(&back.location).await;
    assert!(answered.location.starts_with(crate::openid::MINE), "{} {}", answered.location, answered.body);
    // Signed in by now, the browser is asked at `authorize` and keeps its session; no parameter admits another purpose.
    let session = browser.session().unwrap().to_owned();
    let from_elsewhere = |browser: &Browser<'_>, path: &str| {
        browser.request(reqwest::Method::GET, path).header("Sec-Fetch-Site", "cross-site")
    };
    let again = from_elsewhere(&browser, &request).send().await.unwrap();
    let again = browser.keep(again).await;
    assert!(again.status == 303 && again.location.starts_with("/User1/authorize?continue="), "{}", again.location);
    for purpose in ["link", "confirm"] {
        let refused = from_elsewhere(&browser, &format!("{request}&for={purpose}")).send().await.unwrap();
        let refused = browser.keep(refused).await;
        assert!(refused.status == 303 && refused.location.starts_with("/User1/signin"), "{}", refused.location);
    }
    assert_eq!(browser.session().unwrap(), session);
    let wrong = request.replace("mine.example.com", "evil.example.com");
    assert_eq!(browser.get(&wrong).await.status, 400, "the redirect URI is checked first");
}
