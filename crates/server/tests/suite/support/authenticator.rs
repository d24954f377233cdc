//! Authenticator apps for tests: the secret of an enrolment, and its codes at the application's time.

use data_encoding::BASE32_NOPAD;
use portcullis_core::{clock::Clock, factor::TotpSecret};
use serde_json::{Value, json};

use super::{Person, TestApp, json};

/// Authenticator app of a user.
#[derive(Clone, Debug)]
pub struct Authenticator(TotpSecret);

impl Authenticator {
    /// Parses the secret in a response of `me/mfa/totp`.
    pub fn of(offer: &Value) -> Self {
        let secret = BASE32_NOPAD.decode(offer["secret"].as_str().unwrap().as_bytes()).unwrap();
        Self(TotpSecret::from_bytes(secret.try_into().unwrap()))
    }

    /// Adds an app to the account of an access token. Returns it with the response.
    pub async fn add(app: &TestApp, token: &str) -> (Self, Value) {
        let begin = app.request(reqwest::Method::POST, "/User1/me/mfa/totp").bearer_auth(token).json(&json!({}));
        let offer = json(begin.send().await.unwrap(), 200).await;
        let authenticator = Self::of(&offer);
        let body = json!({"enrolment": offer["enrolment"], "code": authenticator.code(app)});
        let confirm = app.request(reqwest::Method::POST, "/User1/me/mfa/totp/confirm").bearer_auth(token).json(&body);
        let added = json(confirm.send().await.unwrap(), 201).await;
        (authenticator, added)
    }

    /// Returns the secret as text.
    pub fn secret(&self) -> String {
        self.0.base32().to_string()
    }

    /// Returns the current code.
    pub fn code(&self, app: &TestApp) -> String {
        self.0.code(app.clock.now()).to_string()
    }

    /// Advances the clock to the next step and returns its code.
    pub fn next_code(&self, app: &TestApp) -> String {
        app.advance(std::time::Duration::from_secs(30));
        self.code(app)
    }

    /// Returns a code of six digits that is currently not valid.
    pub fn wrong(&self, app: &TestApp) -> String {
        let now = app.clock.now().secs();
        let at = |secs| self.0.code(portcullis_core::clock::Timestamp::from_secs(secs)).to_string();
        let right = [at(now - 30), at(now), at(now + 30)];
        (0..).map(|number| format!("{number:06}")).find(|code| !right.contains(code)).unwrap()
    }
}

/// A user with an authenticator app and recovery codes.
pub struct Protected {
    pub person: Person,
    pub app: Authenticator,
    pub recovery: Vec<String>,
    /// Access token of the session that added the app.
    pub token: String,
}

impl Protected {
    /// Registers, logs in and adds an authenticator app.
    pub async fn join(app: &TestApp, email: &str) -> Self {
        Self::add(app, &Person::new(email).join(app).await).await
    }

    /// Logs in and adds an authenticator app.
    pub async fn add(app: &TestApp, person: &Person) -> Self {
        let (person, token) = (person.clone(), person.log_in(app).await);
        let (authenticator, added) = Authenticator::add(app, &token).await;
        let recovery = added["recovery_codes"].as_array().unwrap();
        let recovery = recovery.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
        Self { person, app: authenticator, recovery, token }
    }

    /// Registers and adds an authenticator app if there are no recovery codes. Returns the access token.
    pub async fn join_without_codes(app: &TestApp, email: &str) -> String {
        let token = Person::new(email).join(app).await.log_in(app).await;
        let (_, added) = Authenticator::add(app, &token).await;
        assert!(added.get("recovery_codes").is_none());
        token
    }

    /// Returns the ticket of a login with the correct password.
    pub async fn ticket(&self, app: &TestApp) -> String {
        let refused = app.login("User1", &self.person.email, &self.person.password).await;
        let refused = super::problem(refused, 403).await;
        assert_eq!(refused["code"], "mfa.required");
        refused["mfa_token"].as_str().unwrap().to_owned()
    }

    /// Logs in with password and code. Returns the token response.
    pub async fn log_in(&self, app: &TestApp) -> Value {
        let code = self.app.next_code(app);
        json(self.enter(app, &[("code", &code)]).await, 200).await
    }

    /// Sends the correct password with additional fields.
    pub async fn enter(&self, app: &TestApp, more: &[(&str, &str)]) -> reqwest::Response {
        let form = [&[("username", self.person.email.as_str()), ("password", &self.person.password)], more].concat();
        app.post_form("/User1/login", &form).await
    }
}

/// Completes a ticket with these fields.
pub async fn complete(app: &TestApp, ticket: &str, more: &[(&str, &str)]) -> reqwest::Response {
    let form = [&[("grant_type", "urn:portcullis:mfa"), ("mfa_token", ticket)], more].concat();
    app.post_form("/User1/token", &form).await
}
