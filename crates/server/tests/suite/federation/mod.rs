//! Sign-in with other providers, using a provider on loopback.

mod identities;
mod native;
mod outbound;

use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{
    TestApp, json,
    provider::{NATIVE, Provider},
};

/// Starts an application with a provider `house` that verifies addresses.
async fn start(settings: &[(&str, &str)]) -> (TestApp, Provider) {
    let provider = Provider::start().await;
    let own = provider.settings("HOUSE");
    let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let all: Vec<(&str, &str)> =
        own.chain([("SOCIAL_HOUSE_TRUST_EMAIL", "on")]).chain(settings.iter().copied()).collect();
    (TestApp::with(&all).await, provider)
}

async fn nonce(app: &TestApp) -> String {
    let answer = json(app.post_json("/User1/social/house/nonce", json!({})).await, 200).await;
    assert_eq!(answer["expires_in"], 600);
    answer["nonce"].as_str().unwrap().to_owned()
}

/// Exchanges an ID token.
async fn exchange(app: &TestApp, token: &str, nonce: &str) -> Response {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("provider", "house"),
        ("subject_token", token),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("nonce", nonce),
    ];
    app.post_form("/User1/token", &form).await
}

/// Exchanges an ID token with these claims, for a new nonce.
async fn enter(app: &TestApp, provider: &Provider, more: Value) -> Response {
    let nonce = nonce(app).await;
    let mut claims = json!({"nonce": nonce, "aud": NATIVE, "email": "ada@example.com", "email_verified": true});
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    exchange(app, &provider.id_token(app, claims), &nonce).await
}

/// Exchanges an ID token with these claims, and returns the access token.
async fn entered(app: &TestApp, provider: &Provider, more: Value) -> String {
    let answer = json(enter(app, provider, more).await, 200).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

/// Returns the error of the token endpoint.
async fn refused(answer: Response, status: u16) -> (String, Value) {
    let answer = json(answer, status).await;
    (answer["error"].as_str().unwrap().to_owned(), answer["code"].clone())
}
