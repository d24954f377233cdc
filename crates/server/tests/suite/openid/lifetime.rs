//! End and refresh of client sessions.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::{SHOP, answer, app, app_with, claims, refresh, request, shop_code, shop_tokens, signed_in, userinfo};
use crate::support::json;

#[tokio::test]
async fn a_refresh_replaces_the_token_and_can_be_repeated_for_a_minute() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let first = shop_tokens(&mut browser, "openid email").await;
    app.clock.advance(Duration::from_secs(600));
    let second = json(refresh(&app, &first["refresh_token"], &[]).await, 200).await;
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let id = claims(second["id_token"].as_str().unwrap());
    assert!(id.get("nonce").is_none() && id["sid"] == claims(first["id_token"].as_str().unwrap())["sid"]);
    assert_eq!(id["auth_time"], claims(first["id_token"].as_str().unwrap())["auth_time"]);
    let again = json(refresh(&app, &first["refresh_token"], &[]).await, 200).await;
    assert_eq!(again["refresh_token"], second["refresh_token"]);
    let narrow = json(refresh(&app, &second["refresh_token"], &[("scope", "email")]).await, 200).await;
    assert_eq!(narrow["scope"], "email");
    assert!(narrow.get("id_token").is_none());
    assert_eq!(userinfo(&app, narrow["access_token"].as_str().unwrap()).await.status(), 403);
    let wide = refresh(&app, &narrow["refresh_token"], &[("scope", "openid phone")]).await;
    assert_eq!(json(wide, 400).await["error"], "invalid_scope");
    let full = json(refresh(&app, &narrow["refresh_token"], &[]).await, 200).await;
    assert_eq!(full["scope"], "openid email", "the grant is as it was");
    app.clock.advance(Duration::from_secs(61));
    assert_eq!(refresh(&app, &narrow["refresh_token"], &[]).await.status(), 400);
    assert_eq!(refresh(&app, &full["refresh_token"], &[]).await.status(), 400, "the session has ended");
}

#[tokio::test]
async fn a_session_of_a_client_ends_with_the_browser_unless_it_may_outlive_it() {
    let app = app_with(&[("ACCESS_TOKEN_TTL", "20h")]).await;
    let (john, mut browser) = signed_in(&app).await;
    let (bound, offline) =
        (shop_tokens(&mut browser, "openid").await, shop_tokens(&mut browser, "openid offline_access").await);
    let opens = async |tokens: &Value| userinfo(&app, tokens["access_token"].as_str().unwrap()).await.status().as_u16();
    assert_eq!((opens(&bound).await, opens(&offline).await), (200, 200));
    browser.post("/User1/signout", &[("action", "sign_out")]).await;
    assert_eq!((opens(&bound).await, opens(&offline).await), (401, 200));
    assert_eq!(refresh(&app, &bound["refresh_token"], &[]).await.status(), 400);
    let offline = json(refresh(&app, &offline["refresh_token"], &[]).await, 200).await;
    let token = john.log_in(&app).await;
    let sessions = json(app.get_as(&token, "/User1/me/sessions").await, 200).await;
    let of_clients = sessions["sessions"].as_array().unwrap().iter().filter(|one| one["kind"] == "client").count();
    assert_eq!(of_clients, 1, "what ended with the browser is not listed");
    let ended = app.request(Method::DELETE, "/User1/me/sessions").bearer_auth(&token).send().await.unwrap();
    json(ended, 200).await;
    assert_eq!(opens(&offline).await, 401);
    assert_eq!(refresh(&app, &offline["refresh_token"], &[]).await.status(), 400);
}

#[tokio::test]
async fn a_browser_session_that_was_idle_for_too_long_takes_its_clients_with_it() {
    let app = app_with(&[("ACCESS_TOKEN_TTL", "20h")]).await;
    let (_, mut browser) = signed_in(&app).await;
    let bound = shop_tokens(&mut browser, "openid").await;
    app.clock.advance(Duration::from_secs(13 * 3600));
    assert_eq!(userinfo(&app, bound["access_token"].as_str().unwrap()).await.status(), 401);
}

#[tokio::test]
async fn the_state_of_the_account_is_checked_when_tokens_are_made() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let (waiting, offline) =
        (shop_code(&mut browser, "openid").await, shop_tokens(&mut browser, "openid offline_access").await);
    let lock = ["users", "lock", &john.id, "--realm", "User1", "--reason", crate::support::admin::REASON];
    assert_eq!(app.command(&lock).await.0, 0);
    assert_eq!(json(super::exchange(&app, &waiting, &[]).await, 400).await["error"], "invalid_grant");
    assert_eq!(refresh(&app, &offline["refresh_token"], &[]).await.status(), 400);
    assert_eq!(userinfo(&app, offline["access_token"].as_str().unwrap()).await.status(), 401);
    let asked = browser.get(&request("shop", SHOP, &[("scope", "openid"), ("prompt", "none")])).await;
    assert_eq!(answer(&asked, SHOP)["error"], "login_required", "its browser is signed out");
}

#[tokio::test]
async fn a_removed_client_and_a_client_of_the_same_name_open_nothing() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let uri = "https://temp.example.com/callback";
    let add = [
        "clients",
        "add",
        "temp",
        "--realm",
        "User1",
        "--type",
        "public",
        "--first-party",
        "--redirect-uri",
        uri,
        "--id-token-alg",
        "ES256",
    ];
    assert_eq!(app.command(&add).await.0, 0);
    let code = answer(&browser.get(&request("temp", uri, &[])).await, uri)["code"].clone();
    let form = [("client_id", "temp"), ("redirect_uri", uri)];
    let tokens = json(super::exchange(&app, &code, &form).await, 200).await;
    let token = tokens["access_token"].as_str().unwrap();
    json(userinfo(&app, token).await, 200).await;
    assert_eq!(app.command(&["clients", "remove", "temp", "--realm", "User1", "--yes"]).await.0, 0);
    assert_eq!(userinfo(&app, token).await.status(), 401);
    assert_eq!(browser.get(&request("temp", uri, &[])).await.status, 400);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(app.command(&add).await.0, 0);
    assert_eq!(userinfo(&app, token).await.status(), 401, "another client of the same name");
}
