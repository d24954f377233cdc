//! The user of the measurements.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    figures::{EMAIL, PASSWORD},
    process::{Program, client},
};

/// A signed-in user.
pub(crate) struct User {
    pub(crate) token: String,
    /// Response to `me`.
    pub(crate) answer: String,
}

impl User {
    /// Registers, verifies and logs in a user.
    pub(crate) async fn join(program: &Program) -> Self {
        let http = client();
        let form = json!({
            "first_name": "John", "last_name": "Doe", "email": EMAIL,
            "phone": "+1234567890", "country_code": "US", "password": PASSWORD,
        });
        let created = http.post(program.url("/User1/create")).json(&form).send().await.unwrap();
        assert_eq!(created.status(), 200);
        let link = loop {
            let mails = http.get(program.url("/dev/mailbox.json")).send().await.unwrap();
            let mails: Value = mails.json().await.unwrap();
            if let Some(link) = mails[0]["links"][0].as_str() {
                break link.to_owned();
            }
            sleep(Duration::from_millis(10)).await;
        };
        assert_eq!(http.get(link).send().await.unwrap().status(), 200);
        let login = http.post(program.url("/User1/login")).form(&[("username", EMAIL), ("password", PASSWORD)]);
        let entered: Value = login.send().await.unwrap().json().await.unwrap();
        let token = entered["access_token"].as_str().unwrap().to_owned();
        let me = http.get(program.url("/User1/me")).bearer_auth(&token).send().await.unwrap();
        Self { token, answer: me.text().await.unwrap() }
    }
}
