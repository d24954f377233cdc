//! A user of the server.

use serde_json::{Value, json};

use super::{TestApp, json};

/// A user with an address and a password in one realm.
#[derive(Clone, Debug)]
pub struct Person {
    pub realm: String,
    pub email: String,
    pub password: String,
    pub id: String,
}

impl Person {
    pub fn new(email: &str) -> Self {
        Self {
            realm: "User1".to_owned(),
            email: email.to_owned(),
            password: "securepassword123".to_owned(),
            id: String::new(),
        }
    }

    pub fn of(self, realm: &str) -> Self {
        Self { realm: realm.to_owned(), ..self }
    }

    pub fn with_password(self, password: &str) -> Self {
        Self { password: password.to_owned(), ..self }
    }

    /// Returns the form of a registration.
    pub fn form(&self) -> Value {
        json!({
            "first_name": "John",
            "last_name": "Doe",
            "email": self.email,
            "phone": "+1234567890",
            "country_code": "US",
            "password": self.password,
        })
    }

    pub fn path(&self, page: &str) -> String {
        format!("/{}/{page}", self.realm)
    }

    /// Registers without verifying the address.
    pub async fn register(mut self, app: &TestApp) -> Self {
        let created = json(app.post_json(&self.path("create"), self.form()).await, 200).await;
        self.id = created["id"].as_str().unwrap().to_owned();
        self
    }

    /// Opens the newest verification link.
    pub async fn verify(self, app: &TestApp) -> Self {
        let link = app.link(&self.email, "verify").await;
        assert_eq!(app.open(&link).await.status(), 200);
        self
    }

    /// Registers and verifies.
    pub async fn join(self, app: &TestApp) -> Self {
        self.register(app).await.verify(app).await
    }

    /// Verifies the phone number of the registration.
    pub async fn prove_phone(&self, app: &TestApp) {
        let asked = json!({"id": self.id, "phone": "+1234567890"});
        let handle = json(app.post_json(&self.path("otp_phone"), asked).await, 200).await["handle"].clone();
        let code = app.mails_to("+1234567890").await[0]["code"].clone();
        let given = json!({"handle": handle, "code": code});
        json(app.post_json(&self.path("verify_otp_phone"), given).await, 200).await;
    }

    /// Logs in and returns the access token.
    pub async fn log_in(&self, app: &TestApp) -> String {
        let answer = json(app.login(&self.realm, &self.email, &self.password).await, 200).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }
}
