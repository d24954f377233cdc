//! Applications sign users out: RP-initiated logout of OpenID Connect.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::{MINE, SHOP, answer, app, app_with, request, shop_tokens, signed_in, userinfo};
use crate::{
    pages::browser::Browser,
    support::{Person, TestApp},
};

const BYE: &str = "https://shop.example.com/bye";

fn path(more: &[(&str, &str)]) -> String {
    format!("/User1/end_session?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(more).finish())
}

fn hint(tokens: &Value) -> String {
    tokens["id_token"].as_str().unwrap().to_owned()
}

async fn opens(app: &TestApp, tokens: &Value) -> u16 {
    userinfo(app, tokens["access_token"].as_str().unwrap()).await.status().as_u16()
}

#[tokio::test]
async fn a_hint_of_the_browsers_own_session_ends_it_at_once() {
    let app = app_with(&[("ACCESS_TOKEN_TTL", "2h")]).await;
    let (john, mut browser) = signed_in(&app).await;
    let (bound, offline) =
        (shop_tokens(&mut browser, "openid").await, shop_tokens(&mut browser, "openid offline_access").await);
    // The hint may have expired.
    app.clock.advance(Duration::from_secs(3600));
    let hint = hint(&bound);
    let all = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "a &b")];
    let out = browser.get(&path(&all)).await;
    assert_eq!((out.status, out.location.as_str()), (303, "https://shop.example.com/bye?state=a+%26b"));
    assert!(browser.session().is_none());
    assert_eq!((opens(&app, &bound).await, opens(&app, &offline).await), (401, 200));
    assert_eq!(browser.get("/User1/account").await.status, 303, "signed out");
    // The browser is signed out already, so there is nothing to ask.
    let again = browser.get(&path(&[("client_id", "shop"), ("post_logout_redirect_uri", &format!("{BYE}?a=b"))])).await;
    assert_eq!(again.location, "https://shop.example.com/bye?a=b");
    assert_eq!(browser.get(&path(&[])).await.location, "/User1/signout");
    browser.sign_in(&john).await;
    let tokens = shop_tokens(&mut browser, "openid").await;
    let out = browser.get(&path(&[("id_token_hint", tokens["id_token"].as_str().unwrap())])).await;
    assert_eq!((out.location.as_str(), browser.session()), ("/User1/signout", None), "without a redirect URI");
}

#[tokio::test]
async fn without_proof_the_user_is_asked_and_then_the_browser_goes_back() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let tokens = shop_tokens(&mut browser, "openid").await;
    let of_other = {
        let eve = Person::new("eve@example.com").join(&app).await;
        let mut other = Browser::signed_in(&app, &eve).await;
        hint(&shop_tokens(&mut other, "openid").await)
    };
    let back = ("post_logout_redirect_uri", BYE);
    for more in [
        &[("client_id", "shop"), back, ("state", "s")][..],
        &[("id_token_hint", of_other.as_str()), back, ("state", "s")],
    ] {
        let asked = browser.get(&path(more)).await;
        assert!(asked.location.starts_with("/User1/signout?continue="), "{}", asked.location);
        let page = browser.get(&asked.location).await;
        assert_eq!(page.heading(), "Sign out of Portcullis?");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("form-action 'self' https://shop.example.com;"), "{policy}");
        assert!(browser.session().is_some(), "nothing has ended");
    }
    let asked = browser.get(&path(&[("client_id", "shop"), back, ("state", "s")])).await;
    let page = browser.get(&asked.location).await;
    let out = browser.post(&page.form("signout"), &[("action", "sign_out")]).await;
    assert_eq!((out.status, out.location.as_str()), (303, "https://shop.example.com/bye?state=s"));
    assert!(browser.session().is_none());
    assert_eq!(opens(&app, &tokens).await, 401);
    // Without a client, the page confirms that the user is signed out.
    let lee = Person::new("lee@example.com").join(&app).await;
    let mut browser = Browser::signed_in(&app, &lee).await;
    let asked = browser.get(&path(&[("state", "s")])).await;
    let page = browser.get(&asked.location).await;
    let out = browser.submit(&page.form("signout"), &[("action", "sign_out")]).await;
    assert_eq!(out.heading(), "You're signed out");
}

#[tokio::test]
async fn what_does_not_belong_together_is_a_page_and_ends_nothing() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let tokens = shop_tokens(&mut browser, "openid").await;
    let (own, access) = (hint(&tokens), tokens["access_token"].as_str().unwrap().to_owned());
    let mut forged = own.clone();
    forged.replace_range(own.len() - 8..own.len() - 4, "AAAA");
    let back = ("post_logout_redirect_uri", BYE);
    let cases: &[&[(&str, &str)]] = &[
        &[back],
        &[("id_token_hint", &forged), back],
        &[("id_token_hint", "nonsense")],
        &[("id_token_hint", &access), back],
        &[("id_token_hint", &own), ("client_id", "mine"), back],
        &[("id_token_hint", &own), ("post_logout_redirect_uri", SHOP)],
        &[("id_token_hint", &own), ("post_logout_redirect_uri", "https://shop.example.com/bye/")],
        &[("id_token_hint", &own), ("post_logout_redirect_uri", "https://evil.example/")],
        &[("client_id", "unknown")],
        &[("client_id", "mine"), back],
        &[("client_id", "shop"), ("client_id", "mine")],
    ];
    for case in cases {
        let shown = browser.get(&path(case)).await;
        assert_eq!((shown.status, shown.location.as_str()), (400, ""), "{case:?}");
        assert!(shown.body.contains("<h1>"), "a page for people");
    }
    assert!(browser.session().is_some());
    assert_eq!(opens(&app, &tokens).await, 200);
    assert!(answer(&browser.get(&request("mine", MINE, &[])).await, MINE).contains_key("code"));
}

#[tokio::test]
async fn a_form_is_repeated_as_get_and_puts_no_token_into_a_url() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let hint = hint(&shop_tokens(&mut browser, "openid").await);
    let form = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE)];
    // As the page of another site sends it.
    let sent = app.request(Method::POST, "/User1/end_session").header("Origin", "https://shop.example.com");
    let sent = browser.keep(sent.form(&form).send().await.unwrap()).await;
    assert_eq!(sent.status, 303);
    assert!(sent.location.starts_with("/User1/end_session?continue=") && !sent.location.contains(&hint));
    assert_eq!(browser.get(&sent.location).await.location, BYE);
    assert!(browser.session().is_none());
    let form = [("client_id", "mine"), ("redirect_uri", MINE), ("login_hint", "john@example.com")];
    let sent = browser.keep(app.request(Method::POST, "/User1/authorize").form(&form).send().await.unwrap()).await;
    assert!(sent.location.starts_with("/User1/authorize?continue=") && !sent.location.contains("john"));
}
