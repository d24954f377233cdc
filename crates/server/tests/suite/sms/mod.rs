//! Code delivery with an SMS provider that is slow, rejects or drops messages, or closes connections.

#[path = "../../../../backends/tests/support/twilio.rs"]
pub mod twilio;

mod availability;
mod delivery;
mod numbers;
mod status;
mod validity;

use std::{sync::Arc, time::Duration};

use portcullis_core::{
    Ctx,
    account::{Envelope, Profile, User, phone::PhoneNumber},
    batch,
    id::{RealmName, UserId},
    port::{CommitError, Store, UserOp},
    random::SeededRandom,
    seal::{EncryptionKey, RealmKeys},
};
use reqwest::Response;
use serde_json::{Value, json};
use twilio::{AUTH_TOKEN, SID, Twilio};

use crate::support::{
    Person, TestApp, json, problem,
    smtp::{Options, SmtpServer},
};

/// Sender of the messages.
pub const FROM: &str = "+15005550006";
/// Phone number of all users in these tests, and another one.
pub const PHONE: &str = "+1234567890";
const OTHER: &str = "+1987654321";
const SECOND: Duration = Duration::from_secs(1);

/// An application with a mail server and an SMS provider.
pub struct Outlets {
    pub app: TestApp,
    pub twilio: Twilio,
    pub smtp: SmtpServer,
}

impl Outlets {
    pub async fn open(more: &[(&str, &str)]) -> Self {
        let (twilio, smtp) = (Twilio::start().await, SmtpServer::start(Options::default()).await);
        let (port, url) = (smtp.port().to_string(), twilio.url());
        let mut settings = vec![
            ("MAIL_SERVER", "127.0.0.1"),
            ("MAIL_PORT", &port),
            ("MAIL_STARTTLS", "off"),
            ("MAIL_TIMEOUT", "1s"),
            ("TWILIO_SID", SID),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
            ("TWILIO_NUMBER", FROM),
            ("TWILIO_API_URL", &url),
            // These tests request more codes than the limits allow.
            ("RATE_LIMIT_MODE", "off"),
        ];
        settings.extend(more);
        Self { app: TestApp::with(&settings).await, twilio, smtp }
    }

    /// Registers and verifies a user.
    pub async fn join(&self, person: Person) -> Person {
        self.join_with(person, PHONE).await
    }

    /// Registers and verifies a user with this phone number.
    pub async fn join_with(&self, person: Person, phone: &str) -> Person {
        let mut form = person.form();
        form["phone"] = json!(phone);
        let created = json(self.app.post_json(&person.path("create"), form).await, 200).await;
        self.app.pump().await;
        let mail = self.smtp.messages().pop().unwrap();
        assert_eq!(mail.to, [person.email.as_str()]);
        let links = mail.links();
        let link = links.iter().find(|link| link.contains("/verify?token=")).unwrap();
        assert_eq!(self.app.open(link).await.status(), 200);
        self.app.pump().await;
        Person { id: created["id"].as_str().unwrap().to_owned(), ..person }
    }

    /// Requests a code, and returns the handle.
    pub async fn ask(&self, id: &str, phone: &str) -> String {
        let answer = json(ask(&self.app, id, phone).await, 200).await;
        answer["otp"].as_str().unwrap().to_owned()
    }

    /// Delivers due messages, and returns the code in the newest one.
    pub async fn code(&self) -> String {
        self.app.pump().await;
        code_in(&self.twilio.messages().pop().expect("a message").body)
    }

    /// Returns the number of requests to send a message, successful or not.
    fn tries(&self) -> usize {
        self.asked("POST ")
    }

    /// Returns the number of status queries.
    fn questions(&self) -> usize {
        self.asked("GET ")
    }

    fn asked(&self, method: &str) -> usize {
        self.twilio.requests().iter().filter(|head| head.starts_with(method)).count()
    }

    /// Advances the clock second by second, and delivers due messages in each.
    async fn wait(&self, seconds: u32) {
        for _ in 0..seconds {
            self.app.advance(SECOND);
            self.app.pump().await;
        }
    }
}

async fn ask(app: &TestApp, id: &str, phone: &str) -> Response {
    app.post_json("/User1/otp_phone", json!({ "id": id, "phone": phone })).await
}

pub async fn give(app: &TestApp, handle: &str, code: &str) -> Response {
    app.post_json("/User1/verify_otp_phone", json!({ "token": handle, "otp": code })).await
}

/// Returns the code at the start of a message.
pub fn code_in(text: &str) -> String {
    let code = text.split(' ').next().unwrap();
    assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{text}");
    code.to_owned()
}

pub async fn is_proved(app: &TestApp, person: &Person) -> bool {
    let token = person.log_in(app).await;
    json(app.get_as(&token, &person.path("me")).await, 200).await["is_phone_verified"] == true
}

/// Returns the body of an error response without its `instance`, which differs in each request.
async fn refusal(response: Response, status: u16) -> Value {
    let mut refusal = problem(response, status).await;
    refusal["instance"] = json!("");
    refusal
}

async fn user(store: &dyn Store, person: &Person) -> User {
    let (realm, id) = (RealmName::parse(&person.realm).unwrap(), UserId::parse(&person.id).unwrap());
    store.user(&realm, &id).await.unwrap().unwrap()
}

async fn keys(store: &dyn Store) -> RealmKeys {
    let rows = store.root_keys().await.unwrap();
    let row = rows.into_iter().find(|row| row.realm.as_str() == "User1").unwrap();
    // The encryption key used in tests.
    let encryption_key = EncryptionKey::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    RealmKeys::derive(row.realm.clone(), &encryption_key.unwrap(&row.realm, &row.wrapped).unwrap())
}

/// Replaces a user's phone number with an unverified one.
pub async fn renumber(app: &TestApp, store: &dyn Store, person: &Person, phone: &str) {
    let ctx = Ctx::new(&*app.clock, Arc::new(SeededRandom::new(31)), Default::default());
    let keys = keys(store).await;
    loop {
        let user = user(store, person).await;
        let key = user.envelope.key(&keys, &user.id).unwrap();
        let profile = user.envelope.open_profile(&key).unwrap();
        let profile = Profile { phone: Some(PhoneNumber::parse(phone).unwrap()), ..profile };
        let hash = user.envelope.open_password(&key).unwrap().unwrap();
        let envelope = Envelope::seal(&ctx, &keys, &user.id, &profile, &hash).unwrap();
        let renumbered = User { envelope, phone_verified_at: None, revision: user.revision + 1, ..user };
        match store.commit(batch![UserOp::Update(renumbered)]).await {
            Ok(()) => return,
            Err(CommitError::Failed(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
