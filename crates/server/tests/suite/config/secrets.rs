//! The secrets that are generated in development.

use std::{fs, os::unix::fs::PermissionsExt};

use portcullis::config::load;
use portcullis_core::random::SeededRandom;

use super::{Desk, KEY, LONG_SECRET, assert_has, secret};

#[test]
fn development_makes_its_secrets_once() {
    let desk = Desk::new();
    let first = secret(&desk.config()).to_owned();
    assert!(first.len() >= 32);
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/secrets.env")), (0o700, 0o600));
    assert_eq!(fs::read_dir(desk.path("data")).unwrap().count(), 1, "no temporary file stays behind");
    let again = load(desk.sources(), &SeededRandom::new(8)).unwrap();
    assert_eq!(secret(&again.config), first);
}

#[test]
fn a_secrets_file_is_never_overwritten() {
    let desk = Desk::new();
    fs::create_dir(desk.path("data")).unwrap();
    let desk = desk.file("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\n"));
    assert_has(&desk.errors(), &["1 problem:", "ENCRYPTION_KEY: is missing in", "secrets.env"]);
    let desk = desk.file("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\nENCRYPTION_KEY=short\n"));
    assert_has(&desk.errors(), &["1 problem:", "ENCRYPTION_KEY: in", "must be 32 random bytes"]);
    let desk = desk.file("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\n"));
    let desk = desk.env("ENCRYPTION_KEY", KEY);
    assert_eq!(secret(&desk.config()), LONG_SECRET);
    assert_eq!(fs::read_to_string(desk.path("data/secrets.env")).unwrap(), format!("JWT_SECRET={LONG_SECRET}\n"));
}

#[test]
fn an_open_secrets_file_is_warned_about_in_development_and_refused_in_production() {
    let with_file = |desk: Desk| {
        fs::create_dir(desk.path("data")).unwrap();
        desk.file_with_mode("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\nENCRYPTION_KEY={KEY}\n"), 0o640)
    };
    assert_has(&with_file(Desk::new()).warnings(), &["secrets.env: is readable by other users"]);
    assert_has(
        &with_file(Desk::production()).errors(),
        &["secrets.env: is readable by other users", "refused in production"],
    );
    let unset = Desk::production().env("ENCRYPTION_KEY", "");
    assert_has(&with_file(unset).errors(), &["ENCRYPTION_KEY: is not set", "the one generated for development is in"]);
}
