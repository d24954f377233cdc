//! Starting the program: its data, its database, its keys and its port.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use super::{good, names};
use crate::support::process::{CHEAP, Program, client};

#[tokio::test]
async fn without_any_setting_it_serves_from_an_empty_folder_and_keeps_its_data_to_itself() {
    let mut program = Program::new(&[]);
    good(program.run(&["config", "check"]));
    assert_eq!(names(&program.folder()), Vec::<String>::new(), "a check makes nothing");

    // A careless umask must not matter.
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
async fn a_second_server_on_the_same_data_is_refused_and_the_small_verbs_work_beside_the_first() {
    let mut program = Program::start(&[]).await;
    for database in ["sqlite://data/portcullis.db", "sqlite://data/../data/portcullis.db"] {
        let second = program.run(&["serve", "--port", "0", "--database-url", database]);
        assert_eq!(second.status.code(), Some(1), "{second:?}");
        assert!(second.stderr.contains("another process serves from"), "{}", second.stderr);
        assert!(second.stderr.contains("portcullis.db"), "{}", second.stderr);
        assert_eq!(second.stderr.lines().count(), 1, "{}", second.stderr);
    }

    let migrated = good(program.run(&["migrate"]));
    assert_eq!(migrated.stdout, "The database is up to date.\n");
    let checked = good(program.run(&["config", "check"]));
    assert!(checked.stdout.contains("The configuration is valid for development."), "{}", checked.stdout);
    assert!(good(program.run(&["config", "show"])).stdout.contains("ARGON2_MEMORY_KIB"));
    assert_eq!(client().get(program.url("/readyz")).send().await.unwrap().status(), 200);

    // A lock whose process has died does not block a start.
    program.kill();
    program.spawn();
    program.ready().await;
}

#[test]
fn migrate_makes_the_database_once() {
    let program = Program::new(&[]);
    let made = good(program.run(&["migrate"]));
    assert!(made.stdout.starts_with("applied 0001 "), "{}", made.stdout);
    assert_eq!(mode(&program.data().join("portcullis.db")), 0o600);
    assert_eq!(good(program.run(&["migrate"])).stdout, "The database is up to date.\n");
}

#[tokio::test]
async fn another_encryption_key_opens_nothing_and_says_so() {
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

    // Rotation: the new one first, the old one behind it; then the new one is enough.
    for key in [format!("{wrong},{right}"), wrong.to_owned()] {
        program.set("ENCRYPTION_KEY", &key);
        program.spawn();
        program.ready().await;
        assert!(program.stop().await.success());
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = Program::new(CHEAP).run(&["--port", &port]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{}", refused.stderr);
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
