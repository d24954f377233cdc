//! Users with passkeys, and the ceremonies of their authenticators.

use portcullis_core::{
    factor::passkey::KeyAlgorithm,
    suite::authenticator::{SoftAssertion, SoftPasskey},
};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{Person, TestApp, json};

pub const RP_ID: &str = "localhost";
pub const ORIGIN: &str = "http://localhost:8000";

/// A user with a passkey.
pub struct Keyed {
    pub person: Person,
    /// Access token of the session that added the passkey.
    pub token: String,
    pub passkey: SoftPasskey,
    /// Response to its addition.
    pub added: Value,
}

impl Keyed {
    /// Registers, logs in and adds a passkey.
    pub async fn join(app: &TestApp, email: &str) -> Self {
        let person = Person::new(email).join(app).await;
        let token = person.log_in(app).await;
        let (passkey, added) = add(app, &token, "login").await;
        Self { person, token, passkey, added }
    }

    pub fn id(&self) -> &str {
        self.added["id"].as_str().unwrap()
    }

    /// Logs in with the passkey. Returns the token response.
    pub async fn log_in(&mut self, app: &TestApp) -> Value {
        json(enter(app, &mut self.passkey).await, 200).await
    }

    /// Logs in with the passkey. Returns the access token.
    pub async fn fresh(&mut self, app: &TestApp) -> String {
        self.log_in(app).await["access_token"].as_str().unwrap().to_owned()
    }
}

pub async fn send(app: &TestApp, method: Method, token: &str, path: &str, body: Value) -> Response {
    app.request(method, &format!("/User1/me/{path}")).bearer_auth(token).json(&body).send().await.unwrap()
}

/// Returns the options of a creation.
pub async fn creation(app: &TestApp, token: &str, used_for: &str) -> Value {
    json(send(app, Method::POST, token, "passkeys/options", json!({"use": used_for})).await, 200).await
}

/// Adds a passkey or security key. Returns it with the response.
pub async fn add(app: &TestApp, token: &str, used_for: &str) -> (SoftPasskey, Value) {
    let mut passkey = SoftPasskey::new(KeyAlgorithm::Es256, RP_ID, ORIGIN);
    let added = add_this(app, token, used_for, &mut passkey).await;
    (passkey, json(added, 201).await)
}

/// Sends the credential of this passkey.
pub async fn add_this(app: &TestApp, token: &str, used_for: &str, passkey: &mut SoftPasskey) -> Response {
    let options = creation(app, token, used_for).await;
    let body = json!({"credential": passkey.create(&options).json()});
    send(app, Method::POST, token, "passkeys", body).await
}

/// Returns the options of a login.
pub async fn request(app: &TestApp) -> Value {
    json(app.request(Method::POST, "/User1/passkeys/login/options").send().await.unwrap(), 200).await
}

/// Logs in with this passkey.
pub async fn enter(app: &TestApp, passkey: &mut SoftPasskey) -> Response {
    enter_lying(app, passkey, |_| {}).await
}

/// Logs in with a forged response.
pub async fn enter_lying(
    app: &TestApp,
    passkey: &mut SoftPasskey,
    lie: impl FnOnce(&mut SoftAssertion<'_>),
) -> Response {
    let options = request(app).await;
    let mut assertion = passkey.get(&options);
    lie(&mut assertion);
    app.post_json("/User1/passkeys/login", json!({"credential": assertion.json()})).await
}

/// Completes the challenge `passkey` of a ticket.
pub async fn complete_with(app: &TestApp, ticket: &str, passkey: &mut SoftPasskey) -> Response {
    let options = challenge(app, ticket).await;
    let credential = passkey.get(&json(options, 200).await).json();
    let form = [("grant_type", "urn:portcullis:mfa"), ("mfa_token", ticket), ("passkey", &credential.to_string())];
    app.post_form("/User1/token", &form).await
}

pub async fn challenge(app: &TestApp, ticket: &str) -> Response {
    app.post_json("/User1/mfa/challenge", json!({"mfa_token": ticket, "type": "passkey"})).await
}

/// Returns the claims of an access token.
pub fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}
