//! Restricting or removing a client also affects its existing sessions.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::{CLIENTS, answer, basic, clients, consent, exchange, refresh, request, signed_in, userinfo};
use crate::{
    pages::browser::Browser,
    support::{Person, TestApp, json},
};

const URI: &str = "https://temp.example.com/callback";
const FORM: [(&str, &str); 2] = [("client_id", "temp"), ("redirect_uri", URI)];

async fn add(app: &TestApp, more: &[&str]) {
    let fields = ["add", "temp", "--type", "public", "--redirect-uri", URI, "--id-token-alg", "ES256"];
    clients(app, &[&fields[..], &["--grant", "refresh_token"], more].concat()).await;
}

/// Gets tokens for the client `temp`, which belongs to the operator.
async fn tokens(browser: &mut Browser<'_>, scope: &str) -> Value {
    let asked = browser.get(&request("temp", URI, &[("scope", scope)])).await;
    let code = answer(&asked, URI)["code"].clone();
    json(exchange(browser.app, &code, &FORM).await, 200).await
}

async fn opens(app: &TestApp, tokens: &Value) -> u16 {
    userinfo(app, tokens["access_token"].as_str().unwrap()).await.status().as_u16()
}

#[tokio::test]
async fn scopes_that_a_client_lost_open_nothing_and_a_higher_class_ends_its_sessions() {
    let app = super::app_with(&[("API_CLIENTS", "service:a-secret-of-the-service-that-is-long")]).await;
    let (_, mut browser) = signed_in(&app).await;
    add(&app, &["--first-party", "--scope", "openid profile email offline_access"]).await;
    let first = tokens(&mut browser, "openid email offline_access").await;
    let waiting = answer(&browser.get(&request("temp", URI, &[])).await, URI)["code"].clone();
    clients(&app, &["edit", "temp", "--scope", "openid profile"]).await;
    let seen = json(userinfo(&app, first["access_token"].as_str().unwrap()).await, 200).await;
    assert!(seen.get("email").is_none(), "{seen}");
    let asked = app.request(Method::POST, "/User1/introspect");
    let asked = asked.header("Authorization", basic("service", "a-secret-of-the-service-that-is-long"));
    let asked = asked.form(&[("token", first["refresh_token"].as_str().unwrap())]).send().await.unwrap();
    assert_eq!(json(asked, 200).await["scope"], "openid");
    let next = json(refresh(&app, &first["refresh_token"], &FORM).await, 200).await;
    assert_eq!(next["scope"], "openid");
    let late = json(exchange(&app, &waiting, &FORM).await, 200).await;
    assert_eq!(late["scope"], "openid profile", "a code issued earlier");
    // Without offline_access, the session ends with that of the browser.
    browser.post("/User1/signout", &[("action", "sign_out")]).await;
    assert_eq!(opens(&app, &next).await, 401);

    let jane = Person::new("jane@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &jane).await;
    let second = tokens(&mut browser, "openid").await;
    let waiting = answer(&browser.get(&request("temp", URI, &[])).await, URI)["code"].clone();
    clients(&app, &["edit", "temp", "--acr", "urn:portcullis:aal2"]).await;
    assert_eq!(opens(&app, &second).await, 401);
    assert_eq!(refresh(&app, &second["refresh_token"], &FORM).await.status(), 400);
    assert_eq!(json(exchange(&app, &waiting, &FORM).await, 400).await["error"], "invalid_grant");
}

#[tokio::test]
async fn a_client_that_is_the_operators_no_more_needs_consent_at_once() {
    let app = super::app().await;
    let (_, mut browser) = signed_in(&app).await;
    add(&app, &["--first-party"]).await;
    let tokens = tokens(&mut browser, "openid").await;
    assert_eq!(opens(&app, &tokens).await, 200);
    clients(&app, &["edit", "temp", "--third-party"]).await;
    assert_eq!(opens(&app, &tokens).await, 401);
    assert_eq!(refresh(&app, &tokens["refresh_token"], &FORM).await.status(), 400);
    let asked = browser.get(&request("temp", URI, &[])).await;
    assert!(asked.location.starts_with("/User1/consent?"), "{}", asked.location);
}

#[tokio::test]
async fn a_client_of_the_settings_that_comes_back_opens_nothing_that_it_had_before() {
    let app = super::app().await;
    let (_, mut browser) = signed_in(&app).await;
    let tokens = super::shop_tokens(&mut browser, "openid offline_access").await;
    let base = app.base.clone();
    let file = app.dir.path().join("portcullis.toml");
    // As long as it is there, a start changes nothing.
    let app = app.restart_with(&[("PUBLIC_URL", &base)]).await;
    let tokens = json(refresh(&app, &tokens["refresh_token"], &[]).await, 200).await;
    let without = CLIENTS.replace("clients.shop]", "clients.other]");
    std::fs::write(&file, without).unwrap();
    let app = app.restart_with(&[("PUBLIC_URL", &base)]).await;
    assert_eq!(json(refresh(&app, &tokens["refresh_token"], &[]).await, 400).await["error"], "invalid_grant");
    app.clock.advance(Duration::from_secs(60));
    std::fs::write(&file, CLIENTS).unwrap();
    let app = app.restart_with(&[("PUBLIC_URL", &base)]).await;
    assert_eq!(json(refresh(&app, &tokens["refresh_token"], &[]).await, 400).await["error"], "invalid_grant");
}

/// A client with the same name in the settings.
const DECLARED: &str = r#"
[realms.User1.clients.temp]
type = "public"
redirect_uris = ["https://temp.example.com/callback"]
scopes = ["openid", "offline_access"]
grants = ["refresh_token"]
id_token_alg = "ES256"
"#;

#[tokio::test]
async fn a_stored_client_has_nothing_of_one_of_the_settings_that_had_its_name_in_the_meantime() {
    let app = super::app().await;
    let (_, browser) = signed_in(&app).await;
    let cookies = browser.cookies.clone();
    add(&app, &["--scope", "openid offline_access"]).await;
    let (base, file) = (app.base.clone(), app.dir.path().join("portcullis.toml"));
    std::fs::write(&file, format!("{CLIENTS}{DECLARED}")).unwrap();
    app.clock.advance(Duration::from_secs(60));
    let app = app.restart_with(&[("PUBLIC_URL", &base)]).await;
    let mut browser = Browser { app: &app, cookies: cookies.clone() };
    let ask = request("temp", URI, &[("scope", "openid offline_access")]);
    let page = browser.get(&ask).await.location;
    let page = browser.get(&page).await;
    let allowed = browser.post(&page.form("consent"), &consent(&page, "allow")).await;
    let tokens = json(exchange(&app, &answer(&allowed, URI)["code"], &FORM).await, 200).await;
    assert_eq!(opens(&app, &tokens).await, 200);
    std::fs::write(&file, CLIENTS).unwrap();
    app.clock.advance(Duration::from_secs(60));
    let app = app.restart_with(&[("PUBLIC_URL", &base)]).await;
    assert_eq!(opens(&app, &tokens).await, 401);
    assert_eq!(json(refresh(&app, &tokens["refresh_token"], &FORM).await, 400).await["error"], "invalid_grant");
    let mut browser = Browser { app: &app, cookies };
    let asked = browser.get(&request("temp", URI, &[("scope", "openid"), ("prompt", "none")])).await;
    assert_eq!(answer(&asked, URI)["error"], "consent_required");
}

#[tokio::test]
async fn a_client_of_the_settings_has_nothing_of_a_stored_one_with_its_name() {
    let app = super::app().await;
    let (_, mut browser) = signed_in(&app).await;
    add(&app, &["--first-party"]).await;
    let tokens = tokens(&mut browser, "openid offline_access").await;
    clients(&app, &["remove", "temp", "--yes"]).await;
    // At the same moment.
    add(&app, &["--first-party"]).await;
    assert_eq!(opens(&app, &tokens).await, 401);
    assert_eq!(refresh(&app, &tokens["refresh_token"], &FORM).await.status(), 400);
}
