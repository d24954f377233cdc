//! Requests of the server to providers: which are sent, when, and which are rejected.

use std::time::Duration;

use serde_json::{Value, json};

use super::{enter, entered, start};
use crate::support::{json, provider::Fault};

async fn error(answer: reqwest::Response, status: u16) -> Value {
    json(answer, status).await["error"].clone()
}

#[tokio::test]
async fn keys_are_asked_for_once_and_again_for_a_new_one_at_most_once_a_minute() {
    let (app, provider) = start(&[]).await;
    entered(&app, &provider, json!({})).await;
    entered(&app, &provider, json!({})).await;
    assert_eq!(provider.asked(), ["/.well-known/openid-configuration", "/jwks"]);
    provider.rotate("two");
    assert_eq!(error(enter(&app, &provider, json!({})).await, 400).await, "invalid_grant");
    assert_eq!(provider.asked().len(), 0, "asked less than a minute ago");
    app.advance(Duration::from_secs(60));
    entered(&app, &provider, json!({})).await;
    assert_eq!(provider.asked().len(), 2);

    // While the provider is unavailable, the last keys remain valid.
    provider.set_fault(Fault::Away);
    app.advance(Duration::from_secs(3600));
    entered(&app, &provider, json!({})).await;
    entered(&app, &provider, json!({})).await;
    assert_eq!(provider.asked().len(), 1, "tried once");
    provider.rotate("three");
    assert_eq!(error(enter(&app, &provider, json!({})).await, 400).await, "invalid_grant");
}

#[tokio::test]
async fn a_provider_that_fails_is_unavailable_and_no_fault_of_the_server() {
    for fault in [Fault::Away, Fault::Huge, Fault::Redirects] {
        let (app, provider) = start(&[]).await;
        provider.set_fault(fault);
        let answer = enter(&app, &provider, json!({})).await;
        assert!(answer.headers().contains_key("retry-after"), "{fault:?}");
        assert_eq!(error(answer, 503).await, "temporarily_unavailable", "{fault:?}");
        assert!(!provider.asked().contains(&"/elsewhere".to_owned()), "no redirect is followed");
        provider.set_fault(Fault::None);
        provider.asked();
        assert_eq!(error(enter(&app, &provider, json!({})).await, 503).await, "temporarily_unavailable");
        assert_eq!(provider.asked().len(), 0, "it has just failed");
        app.advance(Duration::from_secs(10));
        entered(&app, &provider, json!({})).await;
    }
}

#[tokio::test]
async fn fifty_concurrent_first_requests_call_the_provider_once() {
    let (app, provider) = start(&[]).await;
    let all = futures_util::future::join_all((0..50).map(|_| app.get("/User1/social/house/start"))).await;
    assert!(all.iter().all(|answer| answer.status() == 302));
    assert_eq!(provider.asked(), ["/.well-known/openid-configuration", "/jwks"]);
    let (app, provider) = start(&[]).await;
    provider.set_fault(Fault::Away);
    let all = futures_util::future::join_all((0..50).map(|_| app.get("/User1/social/house/start"))).await;
    assert!(all.iter().all(|answer| answer.status() == 503));
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test]
async fn keys_without_a_name_and_names_of_several_keys_are_understood() {
    let (app, provider) = start(&[]).await;
    provider.rotate_unnamed();
    entered(&app, &provider, json!({})).await;
    provider.rotate_unnamed();
    assert_eq!(error(enter(&app, &provider, json!({})).await, 400).await, "invalid_grant", "asked recently");
    app.advance(Duration::from_secs(60));
    entered(&app, &provider, json!({})).await;
    let rsa = json!({"kty": "RSA", "kid": "same", "n": "AQAB", "e": "AQAB"});
    let others = [rsa, json!({"kty": "unheard", "kid": "same"}), json!({"kty": "oct", "kid": "same", "k": "c2VjcmV0"})];
    provider.rotate("same");
    provider.set_other_keys(others.to_vec());
    app.advance(Duration::from_secs(60));
    entered(&app, &provider, json!({})).await;
}

#[tokio::test]
async fn a_document_leads_to_no_private_address_and_to_no_other_issuer() {
    let port = |issuer: &str| issuer.rsplit_once(':').unwrap().1.to_owned();
    for (name, to) in [
        ("jwks_uri", "http://localhost:PORT/jwks"),
        ("jwks_uri", "http://127.0.0.1:1/jwks"),
        ("jwks_uri", "https://localhost:PORT/jwks"),
        ("jwks_uri", "https://[::1]:PORT/jwks"),
        ("jwks_uri", "http://169.254.169.254/latest/meta-data"),
        ("jwks_uri", "https://10.0.0.1/jwks"),
        ("jwks_uri", "https://2130706433:PORT/jwks"),
        ("jwks_uri", "http://user:password@127.0.0.1:PORT/jwks"),
        ("jwks_uri", "file:///etc/passwd"),
        ("jwks_uri", ""),
        ("issuer", "https://evil.example.com"),
    ] {
        let (app, provider) = start(&[]).await;
        provider.set_document(name, to.replace("PORT", &port(&provider.issuer())).into());
        assert_eq!(error(enter(&app, &provider, json!({})).await, 503).await, "temporarily_unavailable", "{to}");
        assert!(!provider.asked().contains(&"/jwks".to_owned()), "{to}");
    }
}
