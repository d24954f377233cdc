//! Databases written by earlier versions of the program can be opened and used.
//!
//! `tests/fixtures/COMMIT` contains the data written by the program of that commit: an SQLite file and a MongoDB
//! dump, each with the tokens, links and passwords needed by the tests. `misc/stored-fixture.sh COMMIT` creates such
//! a folder with the test in [`write`]. The clock of these tests starts when the fixture was complete.

mod write;

use std::{fs, path::Path, time::Duration};

use portcullis_core::clock::Timestamp;
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Person, TestApp, database::Database, json, problem};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/0959aa6");
const NEW: &str = "a fine new phrase";

/// An application with a database written by an earlier version.
struct Stored {
    app: TestApp,
    /// Tokens, links, passwords and ids, as recorded by the writer.
    known: Value,
}

impl Stored {
    /// Opens the fixture.
    async fn open(settings: &[(&str, &str)]) -> Self {
        Self::open_from(Path::new(FIXTURE), settings).await
    }

    /// Opens the database of this folder with its original keys.
    async fn open_from(source: &Path, more: &[(&str, &str)]) -> Self {
        let (dir, database) = (TempDir::new().unwrap(), Database::unused().await);
        database.restore(source, &dir.path().join("data")).await;
        let known = fs::read(source.join(database.name()).with_extension("json")).unwrap();
        let known: Value = serde_json::from_slice(&known).unwrap();
        let now = Timestamp::from_millis(known["written_at"].as_i64().unwrap());
        let settings = known["settings"].as_object().unwrap().iter();
        let mut settings: Vec<_> = settings.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        settings.extend(more);
        Self { app: TestApp::on(dir, database, now, &settings).await, known }
    }

    /// Returns a recorded text by its JSON pointer.
    fn text(&self, pointer: &str) -> &str {
        self.known.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is not known"))
    }

    fn person(&self, name: &str) -> Person {
        let text = |member| self.text(&format!("/{name}/{member}")).to_owned();
        Person { realm: text("realm"), email: text("email"), password: text("password"), id: text("id") }
    }

    /// Requests the account of an access token. Returns the status and the response.
    async fn me(&self, realm: &str, token: &str) -> (u16, Value) {
        let answer = self.app.get_as(token, &format!("/{realm}/me")).await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn refresh(&self, realm: &str, token: &str) -> (u16, Value) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let answer = self.app.post_form(&format!("/{realm}/token"), &form).await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Opens a link like a browser. Returns the status and the page.
    async fn page(&self, page: &str, token: &str) -> (u16, String) {
        let answer = self.app.open(&format!("{}/User1/{page}?token={token}", self.app.base)).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn its_accounts_log_in_by_their_passwords_in_their_realms() {
    let stored = Stored::open(&[]).await;
    for name in ["john", "john_elsewhere", "jane"] {
        let person = stored.person(name);
        let token = person.log_in(&stored.app).await;
        let me = stored.app.get_as(&token, &person.path("me")).await;
        let me = json(me, 200).await;
        assert_eq!((me["id"].as_str(), me["email"].as_str()), (Some(&*person.id), Some(&*person.email)));
        assert_eq!((me["first_name"].as_str(), me["phone"].as_str()), (Some("John"), Some("+1234567890")));
        assert_eq!(me["is_email_verified"], true);
        let read = stored.app.get_as(&token, &person.path(&format!("?id={}", person.id))).await;
        assert_eq!(json(read, 200).await["id"], person.id);
        problem(stored.app.login(&person.realm, &person.email, "wrong-wrong-wrong").await, 401).await;
    }
    let (john, elsewhere) = (stored.person("john"), stored.person("john_elsewhere"));
    assert_eq!(john.email, elsewhere.email);
    problem(stored.app.login(&john.realm, &john.email, &elsewhere.password).await, 401).await;
}

#[tokio::test]
async fn its_access_tokens_are_accepted_except_those_of_ended_sessions() {
    let stored = Stored::open(&[]).await;
    for (realm, name) in [("User1", "john"), ("User1", "reset"), ("User2", "jane")] {
        let (status, me) = stored.me(realm, stored.text(&format!("/{name}/access_token"))).await;
        assert_eq!((status, me["id"].as_str()), (200, Some(stored.text(&format!("/{name}/id")))));
    }
    assert_eq!(stored.me("User2", stored.text("/john/access_token")).await.0, 401);
    assert_eq!(stored.me("User1", stored.text("/ended/access_token")).await.0, 401);
    let before = stored.text("/john/access_token");
    let logout = stored.app.request(Method::POST, "/User1/logout").bearer_auth(before).send().await.unwrap();
    assert_eq!(logout.status(), 200);
    assert_eq!(stored.me("User1", before).await.0, 401);
}

#[tokio::test]
async fn its_access_tokens_that_were_signed_by_the_secret_are_accepted() {
    let stored = Stored::open(&[("JWT_ALGORITHM", "HS256")]).await;
    let (status, me) = stored.me("User1", stored.text("/by_secret/access_token")).await;
    assert_eq!((status, me["id"].as_str()), (200, Some(stored.text("/john/id"))));
}

#[tokio::test]
async fn its_refresh_tokens_give_new_pairs() {
    let stored = Stored::open(&[]).await;
    let (status, pair) = stored.refresh("User2", stored.text("/jane/refresh_token")).await;
    assert_eq!(status, 200, "{pair}");
    assert_eq!(stored.me("User2", pair["access_token"].as_str().unwrap()).await.0, 200);
    let (status, next) = stored.refresh("User2", pair["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200, "{next}");
    assert_eq!(stored.refresh("User1", stored.text("/ended/refresh_token")).await.0, 400);
}

#[tokio::test]
async fn a_refresh_token_that_was_rotated_before_gives_the_same_successor_within_the_grace_and_ends_the_session_after_it()
 {
    let stored = Stored::open(&[]).await;
    let (first, second) = (stored.text("/rotated/previous_refresh_token"), stored.text("/rotated/refresh_token"));
    let (status, again) = stored.refresh("User1", first).await;
    assert_eq!((status, again["refresh_token"].as_str()), (200, Some(second)));
    stored.app.advance(Duration::from_secs(24 * 3600 + 1));
    assert_eq!(stored.refresh("User1", first).await.0, 400);
    assert_eq!(stored.refresh("User1", second).await.0, 400, "the session has ended");
    assert_eq!(stored.me("User1", stored.text("/rotated/access_token")).await.0, 401);
}

#[tokio::test]
async fn its_failed_attempts_are_counted_and_its_device_cookie_is_known() {
    let stored = Stored::open(&[("RATE_LIMIT_MODE", "enforce")]).await;
    let (guessed, device) = (stored.person("guessed"), stored.text("/guessed/device"));
    problem(stored.app.login(&guessed.realm, &guessed.email, &guessed.password).await, 429).await;
    let form = [("username", guessed.email.as_str()), ("password", guessed.password.as_str())];
    let login = stored.app.request(Method::POST, "/User1/login").form(&form);
    json(login.header("Cookie", format!("portcullis_device={device}")).send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn its_mails_to_an_address_count() {
    let stored = Stored::open(&[("RATE_LIMIT_MODE", "enforce")]).await;
    let mailed = stored.person("mailed");
    stored.app.pump().await;
    for (hours, mails) in [(0, 0), (1, 1)] {
        stored.app.advance(Duration::from_secs(hours * 3600));
        let again = serde_json::json!({"email": mailed.email});
        json(stored.app.post_json("/User1/verify/resend", again).await, 200).await;
        assert_eq!(stored.app.mails_to(&mailed.email).await.len(), mails, "after {hours} hours");
    }
}

#[tokio::test]
async fn its_links_prove_addresses() {
    let stored = Stored::open(&[]).await;
    for name in ["pending", "mailed"] {
        let person = stored.person(name);
        problem(stored.app.login("User1", &person.email, &person.password).await, 403).await;
        let (status, page) = stored.page("verify", stored.text(&format!("/{name}/verify"))).await;
        assert_eq!(status, 200, "{page}");
        person.log_in(&stored.app).await;
    }
}

#[tokio::test]
async fn its_link_of_a_contested_registration_asks_for_a_password() {
    let stored = Stored::open(&[]).await;
    let contested = stored.person("contested");
    let token = stored.text("/contested/verify");
    assert!(stored.page("verify", token).await.1.contains("type=\"password\""));
    let path = format!("/User1/verify?token={token}");
    let answer = stored.app.request(Method::GET, &path).header("Accept", "application/json").send().await.unwrap();
    let url = json(answer, 200).await["reset_url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(stored.text("/settings/PUBLIC_URL")).unwrap();
    assert_eq!(stored.app.post_form(path, &[("password", NEW)]).await.status(), 200);
    problem(stored.app.login("User1", &contested.email, &contested.password).await, 401).await;
    contested.with_password(NEW).log_in(&stored.app).await;
}

#[tokio::test]
async fn its_link_against_a_registration_discards_it() {
    let stored = Stored::open(&[]).await;
    let (unwanted, token) = (stored.person("unwanted"), stored.text("/unwanted/undo"));
    assert_eq!(stored.page("undo", token).await.0, 200);
    let undone = stored.app.post_form("/User1/undo", &[("token", token)]).await;
    assert_eq!(undone.status(), 200);
    problem(stored.app.login("User1", &unwanted.email, &unwanted.password).await, 401).await;
    assert_eq!(stored.page("verify", stored.text("/unwanted/verify")).await.0, 400);
}

#[tokio::test]
async fn its_reset_link_sets_a_password_once_and_ends_the_sessions() {
    let stored = Stored::open(&[]).await;
    let (person, token) = (stored.person("reset"), stored.text("/reset/reset"));
    assert_eq!(stored.page("reset_password_form", token).await.0, 200);
    let path = format!("/User1/reset_password?token={token}");
    assert_eq!(stored.app.post_form(&path, &[("password", NEW)]).await.status(), 200);
    assert_eq!(stored.app.post_form(&path, &[("password", "another fine phrase")]).await.status(), 400);
    assert_eq!(stored.me("User1", stored.text("/reset/access_token")).await.0, 401);
    problem(stored.app.login("User1", &person.email, &person.password).await, 401).await;
    person.with_password(NEW).log_in(&stored.app).await;
}

#[tokio::test]
async fn its_code_by_sms_proves_the_number() {
    let stored = Stored::open(&[]).await;
    let (handle, code) = (stored.text("/john/otp_handle"), stored.text("/john/otp_code"));
    let path = format!("/User1/verify_otp_phone?token={handle}&otp={code}");
    json(stored.app.get(&path).await, 200).await;
    let (_, me) = stored.me("User1", stored.text("/john/access_token")).await;
    assert_eq!(me["is_phone_verified"], true);
}

#[tokio::test]
async fn its_mail_that_waited_is_sent() {
    let stored = Stored::open(&[]).await;
    let waiting = stored.person("waiting");
    // Its last attempt failed, and the backoff has not elapsed.
    stored.app.advance(Duration::from_secs(60));
    let link = stored.app.link(&waiting.email, "verify").await;
    let token = link.split_once("token=").unwrap().1;
    assert_eq!(stored.page("verify", token).await.0, 200);
    waiting.log_in(&stored.app).await;
    stored.app.advance(Duration::from_secs(3600));
    assert_eq!(stored.app.mails_to(&waiting.email).await.len(), 2, "the link and the welcome");
}

#[tokio::test]
async fn its_audit_trail_is_preserved_and_continued() {
    let stored = Stored::open(&[]).await;
    let before = stored.known["audit_rows"].as_u64().unwrap();
    assert_eq!(stored.app.count("audit").await, before);
    stored.person("john").log_in(&stored.app).await;
    assert_eq!(stored.app.count("audit").await, before + 1);
}

#[tokio::test]
async fn its_audit_rows_are_events_of_their_users() {
    let stored = Stored::open(&[]).await;
    let john = stored.person("john");
    let token = john.log_in(&stored.app).await;
    let seen = json(stored.app.get_as(&token, &john.path("me/events?limit=200")).await, 200).await;
    let events: Vec<_> = seen["events"].as_array().unwrap().iter().collect();
    let word = |word: &str| events.iter().filter(|event| event["event"] == word).count();
    assert!(word("logged_in") >= 4 && word("email_verified") == 1 && word("logged_out") == 1, "{seen}");
    assert_eq!(events.last().unwrap()["event"], "registered");
    let earlier = events.iter().skip(1);
    assert!(earlier.clone().all(|event| event["ip"].is_null() && event["outcome"] == "ok"), "{seen}");
    let ids: Vec<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted_by(|newer, older| newer > older), "{ids:?}");

    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = stored.app.store().await.audit_rows(&realm, 1000).await.unwrap();
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), rows.len(), "each row has a different identifier");
    let refused = rows.iter().filter(|row| row.event == "login_refused");
    assert!(refused.clone().count() > 0 && refused.clone().all(|row| row.outcome == "refused"));
}

#[tokio::test]
async fn it_is_used_and_swept_like_any_other() {
    let stored = Stored::open(&[]).await;
    stored.app.run_maintenance().await;
    let stored = Stored { app: stored.app.restart().await, known: stored.known };
    let new = Person::new("new@example.com").register(&stored.app).await;
    let link = stored.app.link(&new.email, "verify").await;
    assert_eq!(stored.page("verify", link.split_once("token=").unwrap().1).await.0, 200);
    new.log_in(&stored.app).await;
    stored.app.advance(Duration::from_secs(100 * 86_400));
    stored.app.run_maintenance().await;
    for lapsed in ["registrations", "challenges", "sessions"] {
        assert_eq!(stored.app.count(lapsed).await, 0, "{lapsed}");
    }
    for person in [new, stored.person("john")] {
        person.log_in(&stored.app).await;
    }
}
