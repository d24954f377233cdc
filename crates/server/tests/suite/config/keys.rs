//! Keys that decrypt stored data are read exactly as written, and never replaced.

use std::{fs, process::Command};

use portcullis::{cli, config::load};
use portcullis_core::random::SeededRandom;

use super::{Desk, KEY, LONG_SECRET, assert_has};

fn with_database(desk: Desk) -> Desk {
    fs::create_dir_all(desk.path("data")).unwrap();
    desk.file("data/portcullis.db", "not empty")
}

#[test]
fn trailing_newlines_of_a_secret_are_ignored() {
    for end in ["", "\n", "\r\n", "\n\n", " \n"] {
        let desk = Desk::production().env("ENCRYPTION_KEY", "").file("key", &format!("\u{feff}{KEY}{end}"));
        desk.env("ENCRYPTION_KEY_FILE", "key").config();
        Desk::production().env("ENCRYPTION_KEY", &format!("{KEY}{end}")).config();
        let end = end.trim_matches(' ');
        let desk = Desk::production().env("JWT_SECRET", &format!("{LONG_SECRET}{end}"));
        assert_eq!(super::secret(&desk.config()), LONG_SECRET);
    }
}

#[test]
fn no_fix_replaces_an_existing_key() {
    let places: [fn(Desk, &str) -> Desk; 5] = [
        |desk, key| desk.env("ENCRYPTION_KEY", key),
        |desk, key| desk.file(".env", &format!("ENCRYPTION_KEY='{key}'\n")),
        |desk, key| desk.file("portcullis.toml", &format!("encryption_key = '{key}'\n")),
        |desk, key| desk.file("key", key).env("ENCRYPTION_KEY_FILE", "key"),
        |desk, key| desk.file("key", key).flag("--encryption-key-file", "key"),
    ];
    let keys = [
        "short",
        "two\tparts",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        &format!("{KEY}{KEY}"),
        "your-super-secret-jwt-key",
    ];
    for place in places {
        for key in keys {
            let desk = place(Desk::production().env("ENCRYPTION_KEY", ""), key);
            let errors = desk.load().unwrap_err();
            for fix in errors.problems().iter().filter_map(|problem| problem.fix.as_deref()) {
                assert!(!fix.contains('>') && !fix.contains("$("), "{key}: {fix}");
            }
        }
    }
    // A token secret can be replaced, but its file is kept.
    let desk = Desk::production().env("JWT_SECRET", "").file("jwt", "short").env("JWT_SECRET_FILE", "jwt");
    let fix = desk.load().unwrap_err().problems()[0].fix.clone().unwrap();
    let command = fix.split(", then").next().unwrap();
    Command::new("sh").args(["-c", command]).current_dir(desk.dir.path()).status().unwrap();
    assert_eq!(fs::read_to_string(desk.path("jwt")).unwrap(), "short", "{fix}");
}

#[test]
fn no_key_is_generated_for_an_existing_database() {
    for desk in [Desk::new(), Desk::production().env("ENCRYPTION_KEY", "")] {
        let desk = with_database(desk);
        let errors = desk.errors();
        assert_has(&errors, &["ENCRYPTION_KEY: is not set", "restore the key with which the database was created"]);
        assert!(!errors.contains("openssl"), "{errors}");
        assert_eq!(desk.run(cli::check).0, 1);
        assert!(!desk.path("data/secrets.env").exists());
    }
    let without_key = with_database(Desk::new()).file("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\n"));
    let errors = without_key.errors();
    assert_has(&errors, &["ENCRYPTION_KEY: is missing in", "restore the key"]);
    assert!(!errors.contains("openssl"), "{errors}");
    // An empty file is left by a first startup that was interrupted.
    with_database(Desk::new()).file("data/portcullis.db", "").config();
}

#[test]
fn the_file_of_generated_secrets_has_no_key_that_is_set_elsewhere() {
    let desk = Desk::new().env("ENCRYPTION_KEY", KEY);
    desk.config();
    let written = fs::read_to_string(desk.path("data/secrets.env")).unwrap_or_default();
    assert!(!written.contains("\nENCRYPTION_KEY="), "{written}");
}

#[cfg(feature = "mongodb")]
#[test]
fn no_key_is_generated_for_a_database_that_servers_share() {
    for name in ["DATABASE_URL", "MONGO_URL"] {
        let desk = Desk::new().env(name, "mongodb://127.0.0.1/auth");
        assert_has(
            &desk.errors(),
            &["1 problem:", "ENCRYPTION_KEY: is not set", "all servers of a database in MongoDB"],
        );
        assert!(!desk.path("data").exists());
        desk.env("ENCRYPTION_KEY", KEY).config();
    }
}

#[test]
fn quotation_marks_from_docker_env_files_are_reported() {
    let pairs = [
        ("ENCRYPTION_KEY", format!("\"{KEY}\"")),
        ("MAIL_PASSWORD", "'hushhush'".to_owned()),
        ("PORT", "\"8000\"".to_owned()),
    ];
    for (name, value) in pairs {
        let errors = Desk::new().env(name, &value).errors();
        assert_has(&errors, &["1 problem:", &format!("{name}: has quotation marks"), "docker --env-file"]);
        assert!(!errors.contains("hushhush") && !errors.contains(KEY), "{errors}");
    }
    let errors = Desk::new().env("REALM_USER1_RESET_TTL", "\"10m\"").errors();
    assert_has(&errors, &["1 problem:", "REALM_USER1_RESET_TTL: has quotation marks"]);
    // A quotation mark that is part of a password has no counterpart at the other end.
    Desk::new().env("APP_NAME", "\"Acme\" and more").config();
}

/// Requires root, because a file system must be mounted.
#[test]
fn secrets_that_an_orchestrator_mounts_are_a_warning() {
    let desk = Desk::production().env("JWT_SECRET", "");
    let mount = desk.path("mounted");
    fs::create_dir(&mount).unwrap();
    let run = |command: &[&str]| {
        Command::new(command[0]).args(&command[1..]).arg(&mount).status().is_ok_and(|done| done.success())
    };
    if !run(&["mount", "-t", "tmpfs", "tmpfs"]) {
        return;
    }
    let desk =
        desk.file_with_mode("mounted/jwt", &format!("{LONG_SECRET}\n"), 0o444).env("JWT_SECRET_FILE", "mounted/jwt");
    let writable = desk.load().map(|_| ()).map_err(|errors| errors.to_string());
    let is_read_only = run(&["mount", "-o", "remount,ro"]);
    let read_only = load(desk.sources(), &SeededRandom::new(7)).map(|loaded| loaded.warnings);
    assert!(run(&["umount"]) && is_read_only);
    assert_has(&writable.unwrap_err(), &["1 problem:", "JWT_SECRET_FILE: ", "is readable by other users"]);
    let warnings = read_only.unwrap();
    assert!(warnings.iter().any(|warning| warning.name == "JWT_SECRET_FILE"), "{warnings:?}");
}

#[test]
fn a_kubernetes_service_address_is_not_used_as_a_port() {
    let mut desk = Desk::new();
    for service in ["REDIS", "MAIL", "PORTCULLIS", "HTTP"] {
        let variables = [
            ("PORT", "tcp://10.0.0.1:6379"),
            ("SERVICE_HOST", "10.0.0.1"),
            ("SERVICE_PORT", "6379"),
            ("PORT_6379_TCP", "tcp://10.0.0.1:6379"),
            ("PORT_6379_TCP_PROTO", "tcp"),
            ("PORT_6379_TCP_PORT", "6379"),
            ("PORT_6379_TCP_ADDR", "10.0.0.1"),
        ];
        desk = variables.iter().fold(desk, |desk, (end, value)| desk.env(&format!("{service}_{end}"), value));
    }
    let warnings = desk.warnings();
    assert_eq!(warnings.lines().count(), 2, "{warnings}");
    assert_has(&warnings, &["REDIS_PORT: is the address of a service", "MAIL_PORT: is the address of a service"]);
    let desk =
        Desk::new().env("MAIL_PORT", "tcp://10.0.0.1:25").file(".env", "MAIL_SERVER=localhost\nMAIL_PORT=2525\n");
    let portcullis::config::MailTransport::Smtp(smtp) = desk.config().mail.transport else { panic!("mails are sent") };
    assert_eq!(smtp.port, 2525, "the next source counts");
    assert_has(
        &Desk::new().file(".env", "MAIL_PORT=tcp://10.0.0.1:25\n").errors(),
        &["MAIL_PORT: must be a whole number"],
    );
}

#[test]
fn the_data_folder_may_have_any_name() {
    for folder in ["a#b", "a?b", "a?mode=ro#x", "100%", "a%3Fb", "ä b", "data:x"] {
        let desk = Desk::new().env("DATA_DIR", folder);
        let portcullis::config::Database::Sqlite(path) = desk.config().store.database_url else {
            panic!("it is SQLite")
        };
        assert_eq!(path, desk.path(folder).join("portcullis.db"));
        assert!(desk.path(folder).join("secrets.env").exists());
        assert_eq!(desk.run(cli::check).0, 0);
    }
    let desk = Desk::new().env("DATABASE_URL", "sqlite://a%3Fb%23c%2F.db");
    let portcullis::config::Database::Sqlite(path) = desk.config().store.database_url else { panic!("it is SQLite") };
    assert_eq!(path, desk.path("a?b#c%2F.db"), "other escapes are parts of a name");
}
