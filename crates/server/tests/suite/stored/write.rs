//! Writes a database with the program of this or another version, only through its HTTP API.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use portcullis_core::clock::{Clock, SystemClock};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::Stored;
use crate::support::{
    Person,
    database::Database,
    json as answer,
    process::{self, Program},
};

/// Base URL of links, independent of the port.
const PUBLIC_URL: &str = "http://accounts.localhost";
const KEYS: &[(&str, &str)] = &[
    ("ENCRYPTION_KEY", "c3RvcmVkIGJ5IGFuIGVhcmxpZXIgdmVyc2lvbiBvZiA="),
    ("JWT_SECRET", "the-secret-of-the-stored-databases-of-the-tests"),
    ("JWT_ALGORITHM", "ES256"),
    ("PUBLIC_URL", PUBLIC_URL),
];
const PATIENCE: Duration = Duration::from_secs(30);

/// Uses the program in `PORTCULLIS_FIXTURE_PROGRAM` (default: this one) and the folder in `PORTCULLIS_FIXTURE_FOLDER`
/// (default: a temporary one).
#[tokio::test]
#[ignore = "misc/stored-fixture.sh runs it with the program of another version"]
async fn a_database_is_written_by_a_program_and_opened() {
    let (folder, scratch) = (variable("PORTCULLIS_FIXTURE_FOLDER"), TempDir::new().unwrap());
    let folder = folder.map_or(scratch.path().to_owned(), PathBuf::from);
    let database = Database::unused().await;
    let mut writer = Writer::start(&database).await;
    let known = writer.write().await;
    let data = writer.program.data();
    fs::create_dir_all(&folder).unwrap();
    database.save(&data, &folder).await;
    let known = complete(known, &database, &data).await;
    fs::write(folder.join(database.name()).with_extension("json"), format!("{known:#}\n")).unwrap();

    let stored = Stored::open_from(&folder, &[]).await;
    stored.person("john").log_in(&stored.app).await;
}

/// Adds data that can only be read after the program has exited.
async fn complete(mut known: Value, database: &Database, data: &Path) -> Value {
    known["audit_rows"] = database.count(data, "audit").await.into();
    known["settings"] =
        KEYS.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Map<_, _>>().into();
    known
}

#[allow(clippy::disallowed_methods, reason = "the script says which program is meant")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

struct Writer {
    program: Program,
    http: Client,
}

impl Writer {
    async fn start(database: &Database) -> Self {
        let mut settings = vec![("ENVIRONMENT", "development"), ("ARGON2_MEMORY_KIB", "8"), ("ARGON2_ITERATIONS", "1")];
        settings.extend(database.settings());
        // The last value takes effect: the keys recorded with the fixture.
        settings.extend(KEYS);
        let mut program = Program::new(&settings);
        if let Some(path) = variable("PORTCULLIS_FIXTURE_PROGRAM") {
            program.become_program(PathBuf::from(path));
        }
        program.spawn();
        program.ready().await;
        Self { program, http: process::client() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.program.url(path))
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        answer(self.request(Method::POST, path).form(form).send().await.unwrap(), 200).await
    }

    /// Waits for this number of messages to an address or phone number. Returns them, newest first.
    async fn messages(&self, to: &str, number: usize) -> Vec<Value> {
        let begin = Instant::now();
        loop {
            let list = self.request(Method::GET, "/dev/mailbox.json").send().await.unwrap();
            let mut messages: Vec<Value> = list.json().await.unwrap();
            messages.retain(|message| message["to"] == to);
            if messages.len() >= number {
                return messages;
            }
            assert!(begin.elapsed() < PATIENCE, "{} of {number} messages came to {to}", messages.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for this number of emails to an address. Returns the token of the newest link to this page.
    async fn token(&self, email: &str, page: &str, mails: usize) -> String {
        let messages = self.messages(email, mails).await;
        let links = messages.iter().flat_map(|mail| mail["links"].as_array().unwrap()).filter_map(Value::as_str);
        let wanted = format!("/{page}?token=");
        links.filter_map(|link| link.split_once(&wanted)).next().expect("a link").1.to_owned()
    }

    async fn register(&self, mut person: Person) -> Person {
        let create = self.request(Method::POST, &person.path("create")).json(&person.form());
        let created = answer(create.send().await.unwrap(), 200).await;
        person.id = created["id"].as_str().unwrap().to_owned();
        person
    }

    async fn join(&self, person: Person, mails: usize) -> Person {
        let person = self.register(person).await;
        let token = self.token(&person.email, "verify", mails).await;
        let path = person.path(&format!("verify?token={token}"));
        let opened = self.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(opened.status(), 200);
        // This is the welcome email.
        self.messages(&person.email, mails + 1).await;
        person
    }

    /// Logs in. Returns the pair of tokens and the device cookie.
    async fn log_in(&self, person: &Person) -> Value {
        let form = [("username", person.email.as_str()), ("password", person.password.as_str())];
        let login = self.request(Method::POST, &person.path("login")).form(&form).send().await.unwrap();
        let cookie = login.headers()["set-cookie"].to_str().unwrap().to_owned();
        let mut pair = answer(login, 200).await;
        let device = cookie.split_once(';').unwrap().0.strip_prefix("portcullis_device=").unwrap();
        pair["device"] = device.into();
        pair
    }

    async fn guess(&self, person: &Person) {
        let form = [("username", person.email.as_str()), ("password", "wrong-wrong-wrong")];
        let refused = self.request(Method::POST, &person.path("login")).form(&form).send().await.unwrap();
        assert_eq!(refused.status(), 401);
    }

    /// Creates a row of each kind, stops the program, and returns the data needed by the tests.
    async fn write(&mut self) -> Value {
        let mut known = json!({});
        self.write_registrations(&mut known).await;
        self.write_accounts(&mut known).await;

        // From now on emails are queued, and tokens are signed with the secret.
        self.program.stop().await;
        for (name, value) in [("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", "1"), ("MAIL_STARTTLS", "off")] {
            self.program.set(name, value);
        }
        self.program.set("JWT_ALGORITHM", "HS256");
        self.program.spawn();
        self.program.ready().await;
        let waiting = self.register(Person::new("waiting@example.com")).await;
        known["waiting"] = told(&waiting, json!({}));
        known["by_secret"] = self.log_in(&Person::new("john@example.com")).await;
        self.write_what_passes_soon(&mut known).await;

        known["written_at"] = SystemClock.now().millis().into();
        assert!(self.program.stop().await.success());
        known
    }

    async fn write_registrations(&self, known: &mut Value) {
        for name in ["pending", "unwanted"] {
            let person = self.register(Person::new(&format!("{name}@example.com"))).await;
            let verify = self.token(&person.email, "verify", 1).await;
            let undo = self.token(&person.email, "undo", 1).await;
            known[name] = told(&person, json!({"verify": verify, "undo": undo}));
        }
        let contested = Person::new("contested@example.com");
        self.register(contested.clone().with_password("attackers own phrase")).await;
        let contested = self.register(contested).await;
        let verify = self.token(&contested.email, "verify", 2).await;
        known["contested"] = told(&contested, json!({"verify": verify}));

        let mailed = self.register(Person::new("mailed@example.com")).await;
        for mails in 2..=5 {
            self.messages(&mailed.email, mails - 1).await;
            self.post("/User1/verify/resend", &[("email", &mailed.email)]).await;
        }
        let verify = self.token(&mailed.email, "verify", 5).await;
        known["mailed"] = told(&mailed, json!({"verify": verify}));
    }

    async fn write_accounts(&self, known: &mut Value) {
        let john = self.join(Person::new("john@example.com"), 1).await;
        let pair = self.log_in(&john).await;
        let sms = json!({"id": john.id, "phone": "+1234567890"});
        let sent = self.request(Method::POST, "/User1/otp_phone").json(&sms).send().await.unwrap();
        let handle = answer(sent, 200).await["otp"].clone();
        let code = self.messages("+1234567890", 1).await[0]["code"].clone();
        known["john"] = told(&john, merged(pair, json!({"otp_handle": handle, "otp_code": code})));

        // The mailbox is shared by the realms: two emails were sent to this address earlier.
        let elsewhere = Person::new("john@example.com").of("User2").with_password("another realms phrase");
        known["john_elsewhere"] = told(&self.join(elsewhere, 3).await, json!({}));
        let jane = self.join(Person::new("jane@example.com").of("User2"), 1).await;
        known["jane"] = told(&jane, self.log_in(&jane).await);

        let ended = self.log_in(&john).await;
        let token = ended["access_token"].as_str().unwrap();
        let logout = self.request(Method::POST, "/User1/logout").bearer_auth(token).send().await.unwrap();
        assert_eq!(logout.status(), 200);
        known["ended"] = ended;
        known["rotated"] = self.log_in(&john).await;

        let reset = self.join(Person::new("reset@example.com"), 1).await;
        let pair = self.log_in(&reset).await;
        self.post("/User1/forget_password", &[("email", &reset.email)]).await;
        let token = self.token(&reset.email, "reset_password_form", 3).await;
        known["reset"] = told(&reset, merged(pair, json!({"reset": token})));

        let guessed = self.join(Person::new("guessed@example.com"), 1).await;
        known["guessed"] = told(&guessed, self.log_in(&guessed).await);
    }

    /// Rotates a refresh token and reaches the limit of failed attempts. Both expire within seconds, so they come
    /// last.
    async fn write_what_passes_soon(&self, known: &mut Value) {
        let rotated = known["rotated"]["refresh_token"].clone();
        let form = [("grant_type", "refresh_token"), ("refresh_token", rotated.as_str().unwrap())];
        let next = self.post("/User1/token", &form).await;
        // The access token remains the one signed with the key pair, because the new one is signed with the secret.
        known["rotated"]["previous_refresh_token"] = rotated;
        known["rotated"]["refresh_token"] = next["refresh_token"].clone();

        let guessed = Person::new("guessed@example.com");
        for _ in 0..5 {
            self.guess(&guessed).await;
        }
        tokio::time::sleep(Duration::from_millis(1200)).await;
        self.guess(&guessed).await;
    }
}

/// Returns the data of a user needed by the tests, with additional members.
fn told(person: &Person, more: Value) -> Value {
    let Person { realm, email, password, id } = person;
    merged(json!({"realm": realm, "email": email, "password": password, "id": id}), more)
}

fn merged(mut one: Value, mut other: Value) -> Value {
    one.as_object_mut().unwrap().append(other.as_object_mut().unwrap());
    one
}
