//! Startup of the program: its data, database, keys and port.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{good, names};
use crate::support::{
    Person, json,
    process::{CHEAP, Program, client},
};

/// Settings for a startup.
type Given<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn without_any_setting_it_serves_from_an_empty_folder_and_keeps_its_data_to_itself() {
    let mut program = Program::new(&[]);
    good(program.run(&["config", "check"]));
    assert_eq!(names(&program.folder()), Vec::<String>::new(), "a check makes nothing");

    // The permissions must not depend on the umask.
    let mut careless = Command::new("sh");
    careless.args(["-c", "umask 000; exec \"$0\"", env!("CARGO_BIN_EXE_portcullis")]);
    careless.current_dir(program.folder()).env_clear().env("PORT", program.port().to_string());
    program.spawn_by(careless);
    program.ready().await;
    assert_eq!(names(&program.folder()), ["data"]);
    assert_eq!(mode(&program.data()), 0o700);
    let files = names(&program.data());
    assert!(files.contains(&"portcullis.db".to_owned()) && files.contains(&"secrets.env".to_owned()), "{files:?}");
    for file in files {
        assert_eq!(mode(&program.data().join(&file)), 0o600, "{file}");
    }
    let secrets = fs::read_to_string(program.data().join("secrets.env")).unwrap();

    assert!(program.stop().await.success());
    program.spawn();
    program.ready().await;
    assert_eq!(fs::read_to_string(program.data().join("secrets.env")).unwrap(), secrets, "never made anew");
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_rejected_and_the_small_verbs_work_beside_the_first() {
    let mut program = Program::start(&[]).await;
    for database in ["sqlite://data/portcullis.db", "sqlite://data/../data/portcullis.db"] {
        let second = program.run(&["serve", "--port", "0", "--database-url", database]);
        assert_eq!(second.status.code(), Some(1), "{second:?}");
        assert!(second.stderr.contains("another process is already serving"), "{}", second.stderr);
        assert!(second.stderr.contains("portcullis.db"), "{}", second.stderr);
        assert_eq!(second.stderr.lines().count(), 1, "{}", second.stderr);
    }

    let migrated = good(program.run(&["migrate"]));
    assert_eq!(migrated.stdout, "The database is up to date.\n");
    let checked = good(program.run(&["config", "check"]));
    assert!(checked.stdout.contains("The configuration is valid for development."), "{}", checked.stdout);
    assert!(good(program.run(&["config", "show"])).stdout.contains("ARGON2_MEMORY_KIB"));
    assert_eq!(client().get(program.url("/readyz")).send().await.unwrap().status(), 200);

    // A lock whose process has died does not block startup.
    program.kill();
    program.spawn();
    program.ready().await;
}

#[test]
fn migrate_creates_the_database_once() {
    let program = Program::new(&[]);
    let planned = good(program.run(&["migrate", "--plan"]));
    assert!(planned.stdout.starts_with("pending 0001 "), "{}", planned.stdout);
    assert_eq!(names(&program.folder()), Vec::<String>::new(), "a plan makes nothing");
    let made = good(program.run(&["migrate"]));
    assert_eq!(made.stdout, planned.stdout.replace("pending", "applied"));
    assert!(made.stdout.starts_with("applied 0001 "), "{}", made.stdout);
    assert_eq!(mode(&program.data().join("portcullis.db")), 0o600);
    for verb in [&["migrate"][..], &["migrate", "--plan"]] {
        assert_eq!(good(program.run(verb)).stdout, "The database is up to date.\n");
    }
    let plan: Value = serde_json::from_str(&good(program.run(&["migrate", "--plan", "--json"])).stdout).unwrap();
    assert_eq!(plan, serde_json::json!({"pending": []}));
}

#[tokio::test]
async fn another_encryption_key_is_rejected_with_a_message() {
    let mut program = Program::start(CHEAP).await;
    program.stop().await;
    let right = fs::read_to_string(program.data().join("secrets.env")).unwrap();
    let right = right.lines().find_map(|line| line.strip_prefix("ENCRYPTION_KEY=")).unwrap().to_owned();
    let wrong = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    program.set("ENCRYPTION_KEY", wrong);
    let refused = program.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains("ENCRYPTION_KEY does not decrypt"), "{}", refused.stderr);
    assert!(!refused.stderr.contains(wrong) && !refused.stderr.contains(&right), "{}", refused.stderr);

    // Rotation: the new key comes first and the old one second. Then the new one is sufficient.
    for key in [format!("{wrong},{right}"), wrong.to_owned()] {
        program.set("ENCRYPTION_KEY", &key);
        program.spawn();
        program.ready().await;
        assert!(program.stop().await.success());
    }
}

#[tokio::test]
async fn a_port_in_use_is_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let program = Program::new(CHEAP);
    let refused = program.run(&["--port", &port]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{}", refused.stderr);
    assert!(!refused.stderr.contains("database migrated"), "no database is created for it: {}", refused.stderr);
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn this_machine_is_reached_by_name_in_both_families_of_addresses() {
    for port in ["", "0"] {
        let mut program = Program::new(CHEAP);
        if !port.is_empty() {
            program.set("PORT", port);
        }
        program.set("LOG_FORMAT", "json");
        program.spawn();
        let serving = line(&mut program, "serving").await;
        let port = serving["listen"].as_str().unwrap().rsplit_once(':').unwrap().1.to_owned();
        assert_eq!(serving["url"], format!("http://localhost:{port}"));
        let has_v6 = std::net::TcpListener::bind("[::1]:0").is_ok();
        let hosts = ["127.0.0.1", "localhost"].into_iter().chain(has_v6.then_some("[::1]"));
        for host in hosts {
            let answer = client().get(format!("http://{host}:{port}/livez")).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{host}");
        }
        assert!(program.stop().await.success());
    }
}

#[tokio::test]
async fn another_program_on_this_machine_in_the_other_family_of_addresses_is_named() {
    let Ok(taken) = std::net::TcpListener::bind("[::1]:0") else { return };
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = Program::new(CHEAP).run(&["--port", &port]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains(&format!("cannot listen on [::1]:{port}")), "{}", refused.stderr);
}

#[tokio::test]
async fn links_name_the_port_that_the_system_chose() {
    let mut program = Program::new(CHEAP);
    program.set("PORT", "0");
    program.set("LOG_FORMAT", "json");
    program.spawn();
    let serving = line(&mut program, "serving").await;
    let address = serving["listen"].as_str().unwrap();
    let port = address.rsplit_once(':').unwrap().1;
    assert_eq!(serving["url"], format!("http://localhost:{port}"));
    let form = Person::new("john@example.com").form();
    let create = client().post(format!("http://{address}/User1/create")).json(&form).send().await.unwrap();
    json(create, 200).await;
    let begun = Instant::now();
    let mailbox = loop {
        let mailbox = client().get(format!("http://{address}/dev/mailbox")).header("Accept", "application/json");
        let mailbox = mailbox.send().await.unwrap().text().await.unwrap();
        if mailbox.contains("/verify?token=") {
            break mailbox;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{mailbox}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(mailbox.contains(&format!("http://localhost:{port}/")) && !mailbox.contains(":0/"), "{mailbox}");
    assert!(program.stop().await.success());
}

/// Waits for a log line with this message.
async fn line(program: &mut Program, message: &str) -> Value {
    let begun = Instant::now();
    loop {
        let lines = program.log().lines().map(|line| serde_json::from_str(line).expect(line)).collect::<Vec<Value>>();
        if let Some(line) = lines.into_iter().find(|line| line["message"] == message) {
            return line;
        }
        assert!(program.is_running() && begun.elapsed() < Duration::from_secs(30), "{}", program.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn with_a_json_log_startup_errors_are_json_lines() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().port().to_string();
    let first = Program::start(CHEAP).await;
    let database = format!("sqlite://{}", first.data().join("portcullis.db").display());
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let cases: [(Given<'_>, &str, &str); 5] = [
        (&[("REALMS", "v1"), ("HASH_QUEUE", "none")], "setting rejected", "cannot contain `v1`"),
        (&[("PORT", &taken)], "start failed", "cannot listen on"),
        (&[("DATABASE_URL", "sqlite:///nowhere/at/all.db")], "start failed", "at/all.db"),
        (&[("DATABASE_URL", &database), ("ENCRYPTION_KEY", key)], "start failed", "another process is already serving"),
        (&[("ENVIRONMENT", "production")], "setting rejected", "refused in production"),
    ];
    for (settings, message, why) in cases {
        let mut program = Program::new(CHEAP);
        program.set("LOG_FORMAT", "json");
        settings.iter().for_each(|(name, value)| program.set(name, value));
        let ended = program.run(&["serve"]);
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        assert!(lines.iter().any(|line| line["level"] == "ERROR" && line["message"] == message), "{ended:?}");
        assert!(ended.stderr.contains(why), "{ended:?}");
    }
}

/// Each case is a folder and settings that startup rejects. The check reports the same, and changes nothing.
#[tokio::test]
async fn the_check_reports_what_startup_rejects() {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let other = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let cases: [(&str, Given<'_>, &str); 15] = [
        ("mkdir -p t/pages; echo '{{ nonsense }}' > t/pages/undo.html", &[("TEMPLATES_DIR", "t")], "pages/undo.html"),
        ("echo '-----BEGIN CERTIFICATE-----' > ca", &[("MAIL_SERVER", "h"), ("MAIL_CA_FILE", "ca")], "in PEM"),
        (
            "",
            &[("HOST", "203.0.113.1"), ("ENVIRONMENT", "development"), ("DEV_MAILBOX", "on")],
            "cannot listen on 203.0.113.1",
        ),
        ("", &[("METRICS_LISTEN", "127.0.0.1:8123"), ("PORT", "8123")], "METRICS_LISTEN"),
        ("", &[("METRICS_LISTEN", "203.0.113.1:9090")], "203.0.113.1:9090"),
        ("", &[("ADMIN_LISTEN", "203.0.113.1:9000")], "203.0.113.1:9000"),
        ("", &[("ADMIN_LISTEN", "unix:/nowhere/admin.sock")], "/nowhere"),
        ("", &[("DATABASE_URL", "mongodb://app:a%zz@127.0.0.1/auth"), ("ENCRYPTION_KEY", key)], "MongoDB"),
        ("", &[("DATABASE_URL", "mongodb://127.0.0.1/auth?maxPoolSize=many"), ("ENCRYPTION_KEY", key)], "MongoDB"),
        (
            "mkdir data && echo 'no database at all, but a letter' > data/portcullis.db",
            &[("ENCRYPTION_KEY", key)],
            "corrupted",
        ),
        (
            "",
            &[("ENCRYPTION_KEY", other), ("DATABASE_URL", "sqlite://made/portcullis.db")],
            "ENCRYPTION_KEY does not decrypt",
        ),
        ("mkdir data && echo x > data/portcullis.db", &[], "restore the key"),
        ("touch data", &[("ENCRYPTION_KEY", key)], "data"),
        ("mkdir -p data/portcullis.db", &[("ENCRYPTION_KEY", key)], "portcullis.db"),
        ("", &[("DATABASE_URL", "sqlite://nowhere/portcullis.db")], "nowhere"),
    ];
    let mut made = Program::new(CHEAP);
    made.set("ENCRYPTION_KEY", key);
    made.spawn();
    made.ready().await;
    assert!(made.stop().await.success());
    for (script, settings, why) in cases {
        let mut program = Program::new(&[]);
        fs::create_dir(program.folder().join("made")).unwrap();
        fs::copy(made.data().join("portcullis.db"), program.folder().join("made/portcullis.db")).unwrap();
        let prepared = Command::new("sh").args(["-c", script]).current_dir(program.folder()).status().unwrap();
        assert!(prepared.success());
        settings.iter().for_each(|(name, value)| program.set(name, value));
        let before = names(&program.folder());
        let checked = program.run(&["config", "check"]);
        assert_eq!(
            (checked.status.code(), names(&program.folder())),
            (Some(1), before),
            "{script} {settings:?} {checked:?}"
        );
        assert!(checked.stdout.contains(why), "{script} {settings:?} {checked:?}");
        let started = program.run(&["serve"]);
        assert_eq!(started.status.code(), Some(1), "{script} {settings:?} {started:?}");
        assert!(started.stderr.contains(why), "{script} {settings:?} {started:?}");
    }
}
