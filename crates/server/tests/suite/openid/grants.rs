//! What users see of applications that may use their account, and how they take it back.

use reqwest::Method;
use serde_json::json as value;

use super::{SHOP, answer, app, app_with, refresh, request, shop_code, shop_tokens, signed_in, userinfo};
use crate::support::{TestApp, json, problem};

async fn withdraw(app: &TestApp, token: &str, client: &str) -> reqwest::Response {
    app.request(Method::DELETE, &format!("/User1/me/grants/{client}")).bearer_auth(token).send().await.unwrap()
}

#[tokio::test]
async fn a_consent_is_listed_and_withdrawing_it_ends_the_sessions_of_the_client() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let token = john.log_in(&app).await;
    let list = async || json(app.get_as(&token, "/User1/me/grants").await, 200).await["grants"].clone();
    assert_eq!(list().await, value!([]));
    let tokens = shop_tokens(&mut browser, "openid email offline_access").await;
    let waiting = shop_code(&mut browser, "openid email").await;
    // A client of the operator needs none.
    browser.get(&request("mine", super::MINE, &[])).await;
    let at = "2026-01-01T00:00:00Z";
    let scopes = value!(["openid", "email", "offline_access"]);
    let shop = value!({"client": "shop", "name": "Shop", "scopes": scopes, "created_at": at, "last_used_at": at});
    assert_eq!(list().await, value!([shop]));
    let opens = async || userinfo(&app, tokens["access_token"].as_str().unwrap()).await.status().as_u16();
    assert_eq!(opens().await, 200);

    for unknown in ["mine", "site", "unknown", "a%2Fb"] {
        problem(withdraw(&app, &token, unknown).await, 404).await;
    }
    assert_eq!(json(withdraw(&app, &token, "shop").await, 200).await["message"], "Access removed");
    assert_eq!(list().await, value!([]));
    assert_eq!(opens().await, 401);
    assert_eq!(refresh(&app, &tokens["refresh_token"], &[]).await.status(), 400);
    assert_eq!(json(super::exchange(&app, &waiting, &[]).await, 400).await["error"], "invalid_grant");
    problem(withdraw(&app, &token, "shop").await, 404).await;
    let asked = browser.get(&request("shop", SHOP, &[("scope", "openid"), ("prompt", "none")])).await;
    assert_eq!(answer(&asked, SHOP)["error"], "consent_required");
    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 100).await.unwrap();
    assert!(rows.iter().any(|row| row.event == "consent_withdrawn"));
}

#[tokio::test]
async fn the_page_names_the_applications_and_removes_their_access() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    assert!(browser.get("/User1/account/apps").await.shows("No apps have access to your account."));
    let tokens = shop_tokens(&mut browser, "openid profile offline_access").await;
    let page = browser.get("/User1/account/apps").await;
    for words in ["Shop", "shop.example.com", "See your name", "Keep access when you're not using it", "Remove access"]
    {
        assert!(page.shows(words), "{words}: {}", page.body);
    }
    let removed = browser.submit(&page.form("account/apps"), &[("client", "shop"), ("action", "remove")]).await;
    assert!(removed.shows("Access removed") && removed.shows("No apps have access to your account."));
    assert_eq!(userinfo(&app, tokens["access_token"].as_str().unwrap()).await.status(), 401);
    let again = browser.post("/User1/account/apps", &[("client", "shop"), ("action", "remove")]).await;
    assert_eq!(again.location, "/User1/account/apps", "it is removed already");
}

#[tokio::test]
async fn where_openid_connect_is_off_its_routes_do_not_exist() {
    let app = app_with(&[("REALM_USER1_OIDC", "off")]).await;
    let (john, mut browser) = signed_in(&app).await;
    let token = john.log_in(&app).await;
    for path in ["/User1/userinfo", "/User1/me/grants"] {
        problem(app.get_as(&token, path).await, 404).await;
    }
    problem(withdraw(&app, &token, "shop").await, 404).await;
    for path in ["/User1/authorize", "/User1/consent", "/User1/end_session"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let form = [("grant_type", "authorization_code"), ("code", "x"), ("client_id", "shop")];
    let refused = json(app.post_form("/User1/token", &form).await, 400).await;
    assert_eq!(refused["error"], "unsupported_grant_type", "as for every unknown grant");
    assert!(browser.get("/User1/account/apps").await.shows("No apps have access to your account."));
}
