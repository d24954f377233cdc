//! Rows D91 to D93: location and encryption of stored data.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::{
    contested,
    program::{Visitor, cut_the_power, refusal, start, with_mail},
    reset_path,
};
use crate::support::{
    Person, TestApp, json, problem,
    process::{CHEAP, Program},
    smtp::{Options, SmtpServer},
};

const KEY: &str = "c29tZSBrZXkgdGhhdCB0aGUgdGVzdHMgbWFkZSB1cCE=";
const NEW_KEY: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

/// Returns the names and contents of the files in a folder.
pub(super) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

pub(super) fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn d91_generated_keys_are_the_same_after_every_start() {
    let smtp = SmtpServer::start(Options::default()).await;
    let mut program = with_mail(&smtp, &[]);
    start(&mut program).await;
    let visitor = Visitor::of(&program);
    let john = Person::new("john@example.com");
    visitor.join(&smtp, &john).await;
    let token = visitor.log_in(&john).await;
    let secrets = program.data().join("secrets.env");
    let made = fs::read(&secrets).unwrap();

    cut_the_power(&mut program).await;
    json(visitor.get_as(&token, "/User1/me").await, 200).await;
    visitor.log_in(&john).await;
    assert_eq!(fs::read(&secrets).unwrap(), made);

    // Lost keys are not replaced while data encrypted with them exists.
    program.kill();
    fs::remove_file(&secrets).unwrap();
    let said = refusal(&program);
    assert!(said.contains("secrets.env is missing, and the database"), "{said}");
    assert!(!secrets.exists());
    fs::write(&secrets, &made).unwrap();
    start(&mut program).await;
    visitor.log_in(&john).await;
}

#[tokio::test]
async fn d91_another_key_does_not_open_the_database_and_a_list_of_keys_rotates() {
    let smtp = SmtpServer::start(Options::default()).await;
    let mut program = with_mail(&smtp, &[("ENCRYPTION_KEY", KEY)]);
    start(&mut program).await;
    let visitor = Visitor::of(&program);
    let john = Person::new("john@example.com");
    visitor.join(&smtp, &john).await;
    program.kill();

    program.set("ENCRYPTION_KEY", NEW_KEY);
    let said = refusal(&program);
    assert!(said.contains("ENCRYPTION_KEY does not decrypt"), "{said}");
    assert!(!said.contains(NEW_KEY));

    for keys in [format!("{NEW_KEY},{KEY}"), NEW_KEY.to_owned()] {
        program.set("ENCRYPTION_KEY", &keys);
        start(&mut program).await;
        visitor.log_in(&john).await;
        program.kill();
    }
    program.set("ENCRYPTION_KEY", KEY);
    assert!(refusal(&program).contains("ENCRYPTION_KEY does not decrypt"));
}

#[test]
fn d91_production_does_not_start_without_a_key() {
    let program = Program::new(&[
        ("ENVIRONMENT", "production"),
        ("PUBLIC_URL", "https://accounts.example.com"),
        ("MAIL_SERVER", "smtp.example.com"),
        ("JWT_SECRET", "a-secret-of-the-test-with-more-than-32-bytes"),
    ]);
    let said = refusal(&program);
    assert!(said.contains("ENCRYPTION_KEY: is not set"), "{said}");
    assert!(!program.data().exists());
}

#[tokio::test]
async fn d92_no_file_contains_personal_data_or_credentials() {
    let app = TestApp::start().await;
    let jane = Person::new("jane.planted@example.com").with_password("violet-planted-teapot");
    let mut form = jane.form();
    form["first_name"] = "Zebedee-Planted".into();
    form["last_name"] = "Wolframite-Planted".into();
    form["phone"] = "+4915799887766".into();
    form["country_code"] = "DE".into();
    let agent = "Planted-Agent/1.0";
    let create = app.request(reqwest::Method::POST, "/User1/create").header("User-Agent", agent).json(&form);
    json(create.send().await.unwrap(), 200).await;
    let look = async |when: &str| {
        for (name, bytes) in app.contents().await {
            let lower = bytes.to_ascii_lowercase();
            for planted in ["planted", "15799887766", "violet", "teapot", "argon2", "$m=", "wolframite", "germany"] {
                assert!(!has(&lower, planted.as_bytes()), "{name} contains {planted} {when}");
            }
        }
    };
    look("while it waits").await;
    let jane = jane.verify(&app).await;
    let login = [("username", jane.email.as_str()), ("password", jane.password.as_str())];
    let login = app.request(reqwest::Method::POST, "/User1/login").header("User-Agent", agent).form(&login);
    let token = json(login.send().await.unwrap(), 200).await["access_token"].as_str().unwrap().to_owned();
    json(app.get_as(&token, "/User1/me").await, 200).await;
    problem(app.login("User1", &jane.email, "crimson-planted-kettle").await, 401).await;
    look("while a session continues").await;
    json(app.get_as(&token, "/User1/logout").await, 200).await;
    look("afterwards").await;
    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    app.post_form(&path, &[("password", "violet-planted-teapot")]).await;
    look("after a password was chosen").await;

    // Finding the ID proves that the right files were searched.
    let mut app = app;
    app.stop().await;
    let kept = app.contents().await;
    let session = token.split('.').nth(1).unwrap();
    let claims: serde_json::Value =
        serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(session.as_bytes()).unwrap()).unwrap();
    assert!(kept.iter().any(|(_, bytes)| has(bytes, claims["sub"].as_str().unwrap().as_bytes())));
    for (name, bytes) in &kept {
        assert!(!has(&bytes.to_ascii_lowercase(), b"planted"), "after the end, in {name}");
        assert!(!has(bytes, token.as_bytes()) && !has(bytes, token.split('.').nth(2).unwrap().as_bytes()), "{name}");
    }
}

#[tokio::test]
async fn d92_only_the_owner_can_read_the_files() {
    let program = Program::start(CHEAP).await;
    json(Visitor::of(&program).create(&Person::new("john@example.com")).await, 200).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&program.data()), 0o700);
    let kept = files(&program.data());
    assert!(kept.len() >= 4);
    for (name, _) in kept {
        assert_eq!(mode(&program.data().join(&name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn d93_the_environment_determines_the_database_location() {
    let mut program = Program::new(CHEAP);
    let folder = program.folder().join("elsewhere");
    fs::create_dir(&folder).unwrap();
    let database = folder.join("accounts.db");
    program.set("DATABASE_URL", &format!("sqlite://{}", database.display()));
    start(&mut program).await;
    json(Visitor::of(&program).create(&Person::new("john@example.com")).await, 200).await;
    assert!(database.exists());
    assert!(!program.data().join("portcullis.db").exists());
}
