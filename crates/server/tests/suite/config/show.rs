//! `config check` and `config show`.

use std::{collections::BTreeMap, fs};

use portcullis::cli;

use super::{Desk, KEY, LONG_SECRET, assert_has};

#[test]
fn checking_makes_nothing() {
    let desk = Desk::new();
    assert_eq!(desk.run(cli::check), (0, "The configuration is valid for development.\n".to_owned()));
    desk.run(cli::show);
    assert_eq!(fs::read_dir(desk.dir.path()).unwrap().count(), 0);
    let (code, text) = Desk::production().env("PORT", "x").run(cli::check);
    assert_eq!(code, 1);
    assert_has(&text, &["The configuration has 1 problem:", "PORT: "]);
}

#[test]
fn config_show_masks_secrets_and_names_sources() {
    let desk =
        Desk::new().env("JWT_SECRET", LONG_SECRET).env("REDIS_URL", "redis://:hushhush@h").flag("--port", "9000");
    let (code, text) = desk.run(cli::show);
    assert_eq!(code, 0);
    assert!(!text.contains(LONG_SECRET) && !text.contains("hushhush"));
    let lines: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_has(lines["PORT"], &["9000", "(the command line)"]);
    assert_has(lines["JWT_SECRET"], &["********", "(the environment)"]);
    assert_has(lines["PUBLIC_URL"], &["http://localhost:9000", "(derived)"]);
    assert_has(lines["REDIS_URL"], &["********", "(the environment)"]);
}

#[test]
fn no_secret_is_ever_printed_with_the_configuration() {
    let desk = Desk::new().env("JWT_SECRET", LONG_SECRET).env("ENCRYPTION_KEY", KEY).env("MAIL_SERVER", "h");
    let desk = desk.env("MAIL_USERNAME", "u").env("MAIL_PASSWORD", "hushhush");
    let printed = format!("{:?} {:?}", desk.load().unwrap(), desk.sources());
    assert!(!printed.contains(LONG_SECRET) && !printed.contains(KEY) && !printed.contains("hushhush"));
}
