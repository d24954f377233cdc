//! Secrets inside values, which are never shown.

use portcullis::{cli, config::settings_markdown};
use proptest::prelude::*;

use super::{Desk, assert_has};

/// URLs with a placeholder for a secret.
const URLS: &[&str] = &[
    "mongodb://app:SECRET@db.example.com/auth",
    "mongodb://app:SECRET@a.example.com:27017,b.example.com:27017/auth?replicaSet=rs0",
    "mongodb+srv://app:SECRET@db.example.com",
    "mongodb:/app:SECRET@db.example.com/auth",
    "mongodb:app:SECRET@db.example.com/auth",
    "app:SECRET@db.example.com",
    "mongodb://db.example.com/auth?tls=true&tlsCertificateKeyFilePassword=SECRET",
    "mongodb://app@db.example.com/auth?authMechanismProperties=AWS_SESSION_TOKEN:SECRET&w=majority",
    "mongodb://db.example.com/auth?proxyPassword=SECRET",
    "redis://:SECRET@cache.example.com",
    "smtp://mailer:SECRET@smtp.example.com:587",
    "https://admin:SECRET@accounts.example.com/path",
    "sqlite://app:SECRET@data/portcullis.db",
];

/// Characters with a meaning in URLs, inserted between two recognisable parts.
const MARKS: &[&str] = &["", "@", ":", "/", "?", "#", "%", "&", "=", "@/", "/@", "?@", "%40", "+", "[", "]", ";", ","];

fn names() -> Vec<String> {
    let page = settings_markdown();
    let rows =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name.to_owned()));
    rows.filter(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')).collect()
}

#[track_caller]
fn is_hidden(desk: &Desk, what: &str) {
    let outputs =
        [desk.run(cli::show).1, desk.load().err().map(|errors| format!("{errors} {errors:?}")).unwrap_or_default()];
    for output in outputs {
        for part in ["pasSw0rd", "geh3im"] {
            assert!(!output.contains(part), "{what} shows `{part}`:\n{output}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_setting_shows_a_secret_inside_a_url(
        name in proptest::sample::select(names()),
        url in proptest::sample::select(URLS),
        marks in proptest::array::uniform2(proptest::sample::select(MARKS)),
        is_in_a_file in any::<bool>(),
        end in proptest::sample::select(&["", "", "_FILE"][..]),
    ) {
        let name = format!("{name}{end}");
        let url = url.replace("SECRET", &format!("{}pasSw0rd{}geh3im", marks[0], marks[1]));
        let desk = if is_in_a_file { Desk::new().file(".env", &format!("{name}='{url}'\n")) } else { Desk::new().env(&name, &url) };
        is_hidden(&desk, &format!("{name}={url}"));
    }
}

#[test]
fn a_url_inside_another_shows_no_secret() {
    let url = "mongodb://db.example.com/auth?tls=true&tlsCertificateKeyFilePassword=pasSw0rd";
    is_hidden(&Desk::new().env("DATA_DIR", url), url);
}

#[test]
fn a_password_with_spaces_is_masked_completely() {
    for url in ["mongodb://app:pasSw0rd geh3im@db.example.com/auth", "mongodb://app: pasSw0rd / geh3im x@db/auth?a=b"] {
        for name in ["DATABASE_URL", "MONGO_URL", "DATA_DIR", "PUBLIC_URL", "TEMPLATES_DIR"] {
            is_hidden(&Desk::new().env(name, url), &format!("{name}={url}"));
        }
    }
}

#[test]
fn a_database_url_shows_no_secret_wherever_it_is() {
    // The database URL is derived from the folder.
    let mut names = ["DATABASE_URL", "MONGO_URL", "DATA_DIR"].into_iter().cycle();
    for url in URLS {
        for mark in ["", "@", ":", "/", "?", "#", "&"] {
            let url = url.replace("SECRET", &format!("{mark}pasSw0rd{mark}geh3im"));
            let name = names.next().unwrap();
            is_hidden(&Desk::new().env(name, &url), &format!("{name}={url}"));
        }
    }
}

#[test]
fn values_that_are_not_secret_are_shown() {
    let url =
        "mongodb://app:hushhush@a.example.com:27017,b.example.com/auth?replicaSet=rs0&tls=true&proxyPassword=hushhush";
    let desk = Desk::new().env("MONGO_URL", url).env("ENCRYPTION_KEY", super::KEY);
    let desk = desk.env("MAIL_FROM", "no-reply@example.com").env("DATA_DIR", "/srv/a:b/data");
    let (_, shown) = desk.run(cli::show);
    let safe = "mongodb://********@a.example.com:27017,b.example.com/auth?replicaSet=rs0&tls=true&********";
    assert_has(&shown, &[safe, "no-reply@example.com", "/srv/a:b/data", "http://localhost:8000"]);
}

#[test]
fn a_password_that_is_not_encoded_is_rejected_with_the_way_to_write_it() {
    for password in ["pa?ssw0rd", "p@ss/w0rd", "p/assw0rd", "p#assw0rd"] {
        let desk = Desk::new().env("ENCRYPTION_KEY", super::KEY);
        let desk = desk.env("DATABASE_URL", &format!("mongodb://app:{password}@db.example.com/auth"));
        let (code, told) = desk.run(cli::check);
        assert_eq!(code, 1, "{told}");
        assert!(told.contains("%3A") && !told.contains("w0rd"), "{told}");
    }
}
