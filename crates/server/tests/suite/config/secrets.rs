//! The secrets that are generated in development.

use std::{fs, os::unix::fs::PermissionsExt};

use portcullis::config::{JwtAlgorithm, Signing, load};
use portcullis_core::random::SeededRandom;

use super::{Desk, KEY, LONG_SECRET, assert_has, secret};

/// Reads the key that a start in development has made.
fn key(desk: &Desk) -> String {
    let file = fs::read_to_string(desk.path("data/secrets.env")).unwrap();
    file.lines().find_map(|line| line.strip_prefix("ENCRYPTION_KEY=")).unwrap().to_owned()
}

#[test]
fn development_makes_its_key_once_and_no_secret_of_tokens() {
    let desk = Desk::new();
    assert!(matches!(desk.config().token.signing, Signing::KeyPair(JwtAlgorithm::Es256)));
    let first = key(&desk);
    assert!(first.len() >= 32);
    assert!(!fs::read_to_string(desk.path("data/secrets.env")).unwrap().contains("JWT_SECRET"));
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/secrets.env")), (0o700, 0o600));
    assert_eq!(fs::read_dir(desk.path("data")).unwrap().count(), 1, "no temporary file stays behind");
    load(desk.sources(), &SeededRandom::new(8)).unwrap();
    assert_eq!(key(&desk), first);
}

#[test]
fn a_shared_secret_that_an_earlier_version_made_still_signs() {
    let with_file = |text: String| {
        let desk = Desk::new();
        fs::create_dir(desk.path("data")).unwrap();
        desk.file("data/secrets.env", &text)
    };
    let both = format!("JWT_SECRET={LONG_SECRET}\nENCRYPTION_KEY={KEY}\n");
    assert_eq!(secret(&with_file(both.clone()).config()), LONG_SECRET);
    assert_eq!(secret(&with_file(both.clone()).env("ENCRYPTION_KEY", KEY).config()), LONG_SECRET);
    assert_eq!(secret(&with_file(both.clone()).env("JWT_ALGORITHM", "HS256").config()), LONG_SECRET);
    let config = with_file(both).env("JWT_ALGORITHM", "EdDSA").config();
    assert!(matches!(config.token.signing, Signing::KeyPair(JwtAlgorithm::EdDsa)), "unless key pairs are asked for");
    let config = with_file(format!("ENCRYPTION_KEY={KEY}\n")).config();
    assert!(matches!(config.token.signing, Signing::KeyPair(JwtAlgorithm::Es256)));
}

#[test]
fn a_shared_secret_is_never_generated() {
    for environment in ["development", "production"] {
        let desk = Desk::production().env("JWT_SECRET", "").env("JWT_ALGORITHM", "HS256");
        let desk = desk.env("ENVIRONMENT", environment);
        assert_has(&desk.errors(), &["1 problem:", "JWT_SECRET: is required with JWT_ALGORITHM=HS256"]);
    }
    assert!(matches!(
        Desk::production().env("JWT_SECRET", "").config().token.signing,
        Signing::KeyPair(JwtAlgorithm::Es256)
    ));
    assert_eq!(secret(&Desk::production().config()), LONG_SECRET);
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
