//! The database file of the running program: a full disk, a lock, another file at its path, missing permissions.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Rlimit, geteuid, prlimit};
use serde_json::Value;

use super::good;
use crate::support::{
    Person, json,
    process::{CHEAP, Ended, Program, client, to_the_end},
};

/// Maximum time until the program notices a change of its database files.
const NOTICED: Duration = Duration::from_secs(5);
/// User and group without privileges.
const OTHER: u32 = 65534;

async fn ready(program: &Program) -> u16 {
    client().get(program.url("/readyz")).send().await.unwrap().status().as_u16()
}

async fn until_ready(program: &Program, status: u16) {
    let begun = Instant::now();
    while ready(program).await != status {
        assert!(begun.elapsed() < NOTICED, "{}", program.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn create(program: &Program, name: &str) -> u16 {
    let form = Person::new(&format!("{name}@example.com")).form();
    client().post(program.url("/User1/create")).json(&form).send().await.unwrap().status().as_u16()
}

/// Logs in with a different address each time, because repeated rejections are only counted and not written
/// immediately.
async fn login(program: &Program) -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let address = format!("unknown-{}@example.com", NEXT.fetch_add(1, Ordering::Relaxed));
    let form = [("username", address.as_str()), ("password", "some good phrase")];
    client().post(program.url("/User1/login")).form(&form).send().await.unwrap().status().as_u16()
}

async fn is_unhealthy(program: &Program) {
    assert_eq!((ready(program).await, login(program).await), (503, 503), "{}", program.log());
    let health: Value = json(client().get(program.url("/health")).send().await.unwrap(), 503).await;
    assert_eq!((health["status"].as_str(), health["database"].as_str()), (Some("unhealthy"), Some("unhealthy")));
    assert_eq!(client().get(program.url("/livez")).send().await.unwrap().status(), 200);
    assert_eq!(program.log().matches("database cannot be written").count(), 1, "{}", program.log());
}

/// Limits the size of the files that the program writes.
fn set_largest_file(program: &Program, size: Option<u64>) {
    let id = Pid::from_raw(i32::try_from(program.id()).unwrap());
    prlimit(id, Resource::Fsize, Rlimit { current: size, maximum: None }).unwrap();
}

#[tokio::test]
async fn a_database_that_cannot_grow_is_unhealthy_until_it_can() {
    let mut program = Program::new(CHEAP);
    let plain = program.command(&[]);
    // The signal would kill the program, unlike a full disk. The log is written to a pipe, to which the limit does
    // not apply.
    let script = "trap '' XFSZ; mkfifo ../pipe; cat ../pipe >&2 & exec \"$0\" 2>../pipe";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_portcullis")]).current_dir(program.folder());
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    program.spawn_by(command);
    program.ready().await;
    set_largest_file(&program, Some(4096));
    assert_eq!((create(&program, "john").await, login(&program).await), (503, 503));
    // The workers constantly commit transactions without changes, which prove nothing about the disk.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        assert_eq!(ready(&program).await, 503, "{}", program.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    is_unhealthy(&program).await;

    set_largest_file(&program, None);
    until_ready(&program, 200).await;
    assert_eq!((create(&program, "later").await, login(&program).await), (200, 401));
    assert!(program.log().contains("database writable again"), "{}", program.log());
}

#[tokio::test]
async fn a_lock_of_another_process_fails_requests_soon_and_is_reported_by_the_probe() {
    let program = Program::start(CHEAP).await;
    let other = rusqlite::Connection::open(program.data().join("portcullis.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!((create(&program, "john").await, login(&program).await), (503, 503));
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    }
    is_unhealthy(&program).await;
    other.execute_batch("ROLLBACK").unwrap();
    until_ready(&program, 200).await;
    assert_eq!((create(&program, "john").await, login(&program).await), (200, 401));
}

#[tokio::test]
async fn a_database_that_was_replaced_or_removed_is_noticed_and_no_account_is_acknowledged() {
    for is_replaced in [true, false] {
        let mut program = Program::start(CHEAP).await;
        let database = program.data().join("portcullis.db");
        let saved = program.data().join("saved");
        let db = rusqlite::Connection::open(&database).unwrap();
        db.execute("VACUUM INTO ?1", [saved.to_str().unwrap()]).unwrap();
        drop(db);
        if is_replaced {
            fs::rename(&saved, &database).unwrap();
        } else {
            fs::remove_file(&database).unwrap();
        }
        assert_eq!(create(&program, "lost").await, 503);
        until_ready(&program, 503).await;
        is_unhealthy(&program).await;
        assert!(program.log().contains("restart the server"), "{}", program.log());
        assert!(program.stop().await.success());
        if is_replaced {
            program.spawn();
            program.ready().await;
            assert_eq!(create(&program, "kept").await, 200);
        }
    }
}

/// Runs the program as an unprivileged user.
fn run_unprivileged(program: &Program, args: &[&str]) -> Ended {
    let mut command = program.command(args);
    if geteuid().is_root() {
        command.uid(OTHER).gid(OTHER);
    }
    to_the_end(command)
}

fn give_away(path: &Path) {
    if geteuid().is_root() {
        chown(path, Some(OTHER), Some(OTHER)).unwrap();
    }
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give_away(&entry.unwrap().path()));
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_rejected_at_the_start() {
    let program = Program::new(&[]);
    give_away(program.folder().parent().unwrap());
    good(run_unprivileged(&program, &["migrate"]));
    for (path, mode, writable) in [(program.data().join("portcullis.db"), 0o400, 0o600), (program.data(), 0o500, 0o700)]
    {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = run_unprivileged(&program, &["serve"]);
        fs::set_permissions(&path, fs::Permissions::from_mode(writable)).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(refused.stderr.contains("writable for the user of the server"), "{}", refused.stderr);
        assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    }
}
