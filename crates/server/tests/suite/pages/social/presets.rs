//! Presets, each against a simulation of the provider.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, jwk::Jwk};
use portcullis_core::token::{self, new_private_key};
use reqwest::Method;
use serde_json::{Value, json};

use super::Shown;
use crate::{
    pages::Browser,
    support::{
        Person, TestApp,
        provider::{CLIENT, CLIENT_SECRET, Provider},
    },
};

/// Starts an application with a preset whose URLs point to the simulation.
async fn start(name: &str, url: &str, more: &[(&str, &str)]) -> (TestApp, Provider) {
    let provider = Provider::start().await;
    let of = |end: &str| format!("SOCIAL_{name}_{end}");
    let own = [
        (of("CLIENT_ID"), CLIENT.to_owned()),
        (of("CLIENT_SECRET"), CLIENT_SECRET.to_owned()),
        (of(url.split_once('=').unwrap().0), url.split_once('=').unwrap().1.replace("DOUBLE", &provider.issuer())),
    ];
    let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let all: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
    (TestApp::with(&all).await, provider)
}

fn back(name: &str, parameters: &BTreeMap<String, String>) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/User1/social/{name}/callback?{query}")
}

async fn come_back(browser: &mut Browser<'_>, provider: &Provider, name: &str, claims: Value) -> Shown {
    let begun = browser.get(&format!("/User1/social/{name}/start")).await;
    assert_eq!(begun.status, 302, "{}", begun.body);
    let mut parameters = provider.let_in(browser.app, &begun.location, claims);
    if name == "github" || name == "discord" {
        parameters.remove("iss");
    }
    browser.get(&back(name, &parameters)).await
}

#[tokio::test]
async fn github_proves_the_primary_address_that_it_has_verified() {
    let (app, provider) = start("GITHUB", "BASE_URL=DOUBLE", &[]).await;
    let account = |id: u64, verified: bool| {
        let emails = json!([
            {"email": "other@example.com", "primary": false, "verified": true},
            {"email": "ada@example.com", "primary": true, "verified": verified},
        ]);
        json!({"user": {"id": id, "login": "ada", "name": "Ada Lovelace", "email": "public@example.com"}, "emails": emails})
    };
    let mut browser = Browser::new(&app);
    let begun = browser.get("/User1/social/github/start").await;
    assert!(begun.location.starts_with(&format!("{}/login/oauth/authorize?", provider.issuer())), "{}", begun.location);
    assert!(begun.location.contains("scope=read%3Auser+user%3Aemail") && !begun.location.contains("nonce"));
    let asked = come_back(&mut browser, &provider, "github", account(7, false)).await;
    assert!(asked.location.starts_with("/User1/signin/complete?"), "not verified: {} {}", asked.location, asked.body);
    let entered = come_back(&mut browser, &provider, "github", account(7, true)).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    assert!(browser.get("/User1/account").await.shows("ada@example.com"));
    // The number identifies the account, regardless of its names.
    let renamed = json!({"user": {"id": 7, "login": "countess"}, "emails": []});
    assert_eq!(come_back(&mut Browser::new(&app), &provider, "github", renamed).await.location, "/User1/account");
    let other = json!({"user": {"id": 8, "login": "ada"}, "emails": []});
    let other = come_back(&mut Browser::new(&app), &provider, "github", other).await;
    assert!(other.location.starts_with("/User1/signin/complete?"), "{}", other.location);
    // The issuer of another provider is rejected, its own is accepted.
    for (iss, status) in [("https://evil.example.com", 400), (provider.issuer().as_str(), 303)] {
        let mut browser = Browser::new(&app);
        let begun = browser.get("/User1/social/github/start").await;
        let mut parameters = provider.let_in(&app, &begun.location, account(7, true));
        parameters.insert("iss".to_owned(), iss.to_owned());
        assert_eq!(browser.get(&back("github", &parameters)).await.status, status, "{iss}");
    }
    // GitHub responds with 200 to a wrong code.
    let mut browser = Browser::new(&app);
    let begun = browser.get("/User1/social/github/start").await;
    let mut parameters = provider.let_in(&app, &begun.location, account(7, true));
    parameters.insert("code".to_owned(), "wrong".to_owned());
    assert_eq!(browser.get(&back("github", &parameters)).await.status, 400);
}

#[tokio::test]
async fn discord_proves_a_verified_address() {
    let (app, provider) = start("DISCORD", "BASE_URL=DOUBLE", &[]).await;
    let account = |verified: bool| json!({"user": {"id": "80351110224678912", "username": "nelly", "global_name": "Nelly", "email": "nelly@example.com", "verified": verified}});
    let mut browser = Browser::new(&app);
    let asked = come_back(&mut browser, &provider, "discord", account(false)).await;
    let page = browser.get(&asked.location).await;
    assert!(page.body.contains("value=\"nelly@example.com\""), "{}", page.body);
    let entered = come_back(&mut browser, &provider, "discord", account(true)).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    let broken = json!({"user": {"id": "not-a-number", "email": "x@example.com", "verified": true}});
    assert_eq!(come_back(&mut Browser::new(&app), &provider, "discord", broken).await.status, 400);
}

#[tokio::test]
async fn apple_gets_a_signed_secret_and_posts_its_answer() {
    let der = new_private_key(token::Algorithm::Es256).unwrap();
    let private = EncodingKey::from_ec_der(&der);
    let public = Jwk::from_encoding_key(&private, Algorithm::ES256).unwrap();
    let base64 = data_encoding::BASE64.encode(&der);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    let of_key = [("SOCIAL_APPLE_TEAM_ID", "TEAM"), ("SOCIAL_APPLE_KEY_ID", "KEY"), ("SOCIAL_APPLE_KEY", pem.as_str())];
    let (app, provider) = start("APPLE", "ISSUER=DOUBLE", &of_key).await;
    provider.set_secret(DecodingKey::from_jwk(&public).unwrap());
    let mut browser = Browser::new(&app);
    let begun = browser.get("/User1/social/apple/start").await;
    assert!(begun.location.contains("response_mode=form_post"), "{}", begun.location);
    let claims = json!({"email": "ada@privaterelay.appleid.com", "email_verified": "true"});
    let user = json!({"name": {"firstName": "Ada", "lastName": "Lovelace"}}).to_string();
    let answer = provider.let_in(&app, &begun.location, claims);
    let form: Vec<(String, String)> = answer.into_iter().chain([("user".to_owned(), user)]).collect();
    let posted =
        app.request(Method::POST, "/User1/social/apple/callback").header("Origin", "https://appleid.apple.com");
    let posted = posted.header("Sec-Fetch-Site", "cross-site").form(&form).send().await.unwrap();
    let entered = browser.get(posted.headers()["location"].to_str().unwrap()).await;
    assert_eq!(entered.location, "/User1/account", "{}", entered.body);
    assert!(browser.get("/User1/account").await.shows("Ada Lovelace"));
    let secret = provider.last_secret();
    let header = jsonwebtoken::decode_header(&secret).unwrap();
    assert_eq!((header.alg, header.kid.as_deref()), (Algorithm::ES256, Some("KEY")));
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.set_audience(&[provider.issuer()]);
    let signed = jsonwebtoken::decode::<Value>(&secret, &DecodingKey::from_jwk(&public).unwrap(), &validation).unwrap();
    let claims = signed.claims;
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("TEAM"), &json!(CLIENT)));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
}

#[tokio::test]
async fn microsoft_identifies_by_tenant_and_object_and_proves_few_addresses() {
    const TENANT: &str = "11111111-2222-3333-4444-555555555555";
    let (app, provider) = start("MICROSOFT", "ISSUER=DOUBLE/common/v2.0", &[]).await;
    provider.set_document("issuer", json!(format!("{}/{{tenantid}}/v2.0", provider.issuer())));
    Person::new("ceo@example.com").join(&app).await;
    let issuer = format!("{}/{TENANT}/v2.0", provider.issuer());
    let claims = |oid: &str, more: Value| {
        let mut claims = json!({"iss": issuer, "tid": TENANT, "oid": oid, "sub": "of-this-client", "email": "ceo@example.com", "email_verified": true});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    };
    let enter = async |claims: Value| {
        let mut browser = Browser::new(&app);
        let begun = browser.get("/User1/social/microsoft/start").await;
        let mut parameters = provider.let_in(&app, &begun.location, claims);
        parameters.insert("iss".to_owned(), issuer.clone());
        let back = browser.get(&back("microsoft", &parameters)).await;
        (back.status, back.location)
    };
    // Administrators of any tenant can assign any address to an account.
    let (_, location) = enter(claims("one", json!({}))).await;
    assert!(location.starts_with("/User1/signin/complete?"), "nOAuth: {location}");
    let (_, location) = enter(claims("one", json!({"xms_edov": true}))).await;
    assert!(location.starts_with("/User1/signin/link?"), "the owner of the domain is known: {location}");
    let (_, location) = enter(claims("two", json!({"xms_edov": true, "email": "new@example.com"}))).await;
    assert_eq!(location, "/User1/account");
    let (_, location) = enter(claims("two", json!({"sub": "of-another-client", "email": null}))).await;
    assert_eq!(location, "/User1/account", "known by tenant and object");
    let (_, location) = enter(claims("three", json!({"sub": "of-this-client", "email": null}))).await;
    assert!(location.starts_with("/User1/signin/complete?"), "another object: {location}");
    let other = "99999999-2222-3333-4444-555555555555";
    let swapped = claims("two", json!({"tid": other}));
    assert_eq!(enter(swapped).await.0, 400, "the issuer is that of the tenant");
    let foreign = claims("two", json!({"tid": other, "iss": format!("{}/{other}/v2.0", provider.issuer())}));
    assert_eq!(enter(foreign).await.0, 400, "`iss` of the callback is that of the token");
}
