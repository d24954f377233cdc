//! Admin commands, in their own process and while a server is running.

use portcullis::cli::OutputFormat;
use serde_json::json;

use crate::support::{Person, TestApp, admin::REASON, json as json_of, process::Program};

#[tokio::test]
async fn users_are_found_created_locked_and_reset_without_a_running_server() {
    let mut app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    app.stop().await;
    let run = async |line: &[&str]| app.command(line).await;
    let (code, found) = run(&["users", "find", "--realm", "User1", "john@example.com"]).await;
    assert_eq!((code, &found["items"][0]["id"]), (0, &json!(john.id)));
    let (code, created) = run(&["users", "create", "ada@example.com", "--realm", "User1", "--role", "editor"]).await;
    assert_eq!((code, &created["status"]), (0, &json!("invited")));
    let (code, locked) = run(&["users", "lock", "john@example.com", "--realm", "User1", "--reason", REASON]).await;
    assert_eq!((code, &locked["status"]), (0, &json!("locked")));
    let (code, reset) = run(&["users", "reset", &john.id, "--realm", "User1", "--print", "--reason", REASON]).await;
    assert!(code == 0 && reset["reset_url"].as_str().unwrap().contains("/User1/reset_password_form?token="));
    let (code, _) = run(&["users", "show", "nobody@example.com", "--realm", "User1"]).await;
    assert_eq!(code, 3, "not found");
    let (code, _) = run(&["users", "lock", &john.id, "--realm", "User1", "--reason", "short"]).await;
    assert_eq!(code, 1, "refused");
    let (code, _) = run(&["users", "list"]).await;
    assert_eq!(code, 2, "which of two realms?");
    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 100).await.unwrap();
    let locked = rows.iter().find(|row| row.event == "user_locked").unwrap();
    assert!(locked.actor_kind == "cli" && locked.actor_id.as_ref().is_some_and(|name| !name.is_empty()));
    assert!(locked.note.is_some(), "the reason is kept");
}

#[tokio::test]
async fn while_a_server_runs_locks_and_grants_take_effect_immediately() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    assert_eq!(app.command(&["users", "lock", &john.id, "--realm", "User1", "--reason", REASON]).await.0, 0);
    assert_eq!(app.login("User1", &john.email, &john.password).await.status(), 403);
    let owner = app.owner().await;
    let helper = app.admin(&owner, "helper@example.com", &["auditor@User1"]).await;
    let grant = ["admins", "grant", "helper@example.com", "--role", "support@User1"];
    assert_eq!(app.command(&grant).await.1["grants"], json!(["auditor@User1", "support@User1"]));
    let revoke = ["admins", "revoke", "helper@example.com", "--role", "auditor@User1"];
    assert_eq!(app.command(&revoke).await.1["grants"], json!(["support@User1"]));
    assert_eq!(helper.get(&app, "/realms/User1/users").await.status(), 200);
    assert_eq!(
        app.command(&["admins", "revoke", "helper@example.com"]).await.0,
        2,
        "without a terminal --yes is needed"
    );
    assert_eq!(app.command(&["admins", "revoke", "helper@example.com", "--yes"]).await.0, 0);
    assert_eq!(helper.get(&app, "/me").await.status(), 401);
}

#[tokio::test]
async fn while_a_server_runs_no_key_is_generated_or_rewrapped() {
    let app = TestApp::start().await;
    let keys = async || {
        let rows = app.store().await.root_keys().await.unwrap();
        rows.into_iter().map(|row| (row.realm.to_string(), row.revision)).collect::<Vec<_>>()
    };
    let before = keys().await;
    let key = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=,AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let caller = app.beside_with(&[("ENCRYPTION_KEY", key), ("REALMS", "User1,User2,Third")]).await;
    let (code, realms) = app.command_of(&caller, &["realms", "list"]).await;
    assert_eq!(
        (code, realms["items"].as_array().unwrap().len()),
        (0, 2),
        "a realm that no server knows does not exist"
    );
    assert_eq!(keys().await, before);
}

#[test]
fn a_key_is_sent_in_clear_to_this_machine_only() {
    let program = Program::new(&[]);
    std::fs::write(program.folder().join("key"), "pck_unknown_secret").unwrap();
    let run = |url: &str| program.run(&["realms", "list", "--server", url, "--key-file", "key"]);
    for url in ["http://accounts.example.com", "http://192.0.2.1:8000", "ftp://localhost", "http://user@localhost"] {
        let ended = run(url);
        assert_eq!(ended.status.code(), Some(2), "{url}: {}", ended.stderr);
        assert!(ended.stderr.contains("--server"), "{}", ended.stderr);
    }
    let ended = run("http://127.0.0.1:1");
    assert_eq!(ended.status.code(), Some(4), "{}", ended.stderr);
}

#[tokio::test]
async fn values_cannot_steer_a_terminal() {
    let app = TestApp::start().await;
    // Attributes may contain any characters. Names must not contain control characters.
    let mut form = Person::new("john@example.com").form();
    form["attributes"] = json!({"note": "\u{1b}]0;title\u{7}\u{9b}2J\u{202e}x"});
    let id = json_of(app.post_json("/User1/create", form).await, 200).await["id"].as_str().unwrap().to_owned();
    Person::new("john@example.com").verify(&app).await;
    for format in [OutputFormat::Text, OutputFormat::Json] {
        let text = app.printed(&["users", "show", &id, "--realm", "User1"], format).await;
        assert!(text.contains("title"), "{text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}'), "{text:?}");
        if format == OutputFormat::Json {
            let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(parsed["attributes"]["note"], "\u{1b}]0;title\u{7}\u{9b}2J\u{202e}x", "still the same value");
        }
    }
}
