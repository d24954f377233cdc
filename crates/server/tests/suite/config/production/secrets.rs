//! Secrets that are missing, published, or readable by others.

use std::fs;

use super::{
    super::{Desk, KEY, LONG_SECRET, assert_has},
    refused,
};

const DRAW_INTO_ENV: &str = "(umask 077; printf '\\nNAME=%s\\n' \"$(openssl rand -base64 32)\" >> .env)";

#[test]
fn a_missing_jwt_secret_is_rejected_where_the_algorithm_needs_one() {
    let desk = Desk::production().env("JWT_SECRET", "").env("JWT_ALGORITHM", "HS256");
    let problems = desk.problems();
    let [problem] = problems.as_slice() else { panic!("{problems:#?}") };
    assert_eq!(problem.name, "JWT_SECRET");
    assert_has(&problem.text, &["is required with JWT_ALGORITHM=HS256"]);
    assert_eq!(problem.fix.as_deref(), Some(DRAW_INTO_ENV.replace("NAME", "JWT_SECRET").as_str()));
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        Desk::production().env("JWT_SECRET", "").env("JWT_ALGORITHM", algorithm).config();
    }
}

#[test]
fn a_short_jwt_secret_is_rejected_in_every_source() {
    const SHORT: &str = "31-bytes-are-not-enough-for-us.";
    let why = "is shorter than 32 bytes";
    let bare = || Desk::production().env("JWT_SECRET", "");
    let by_env = Desk::production().env("JWT_SECRET", SHORT);
    let export = "export JWT_SECRET=\"$(openssl rand -base64 32)\"";
    refused(&by_env, "JWT_SECRET", why, "the environment", export);
    let by_dotenv = bare().file(".env", &format!("# mine\n\nJWT_SECRET='{SHORT}'\n"));
    refused(&by_dotenv, "JWT_SECRET", why, ".env, line 3", &DRAW_INTO_ENV.replace("NAME", "JWT_SECRET"));
    let by_toml = bare().file("portcullis.toml", &format!("# mine\njwt_secret = '{SHORT}'\n"));
    refused(&by_toml, "JWT_SECRET", why, "portcullis.toml, line 2", &DRAW_INTO_ENV.replace("NAME", "JWT_SECRET"));
    let by_file = bare().file("jwt", SHORT).env("JWT_SECRET_FILE", "jwt");
    let fix = "(umask 077; openssl rand -base64 32 > jwt_secret.new), then set JWT_SECRET_FILE to jwt_secret.new";
    refused(&by_file, "JWT_SECRET", why, "jwt, named by the environment", fix);
    let by_flag = bare().file("jwt", SHORT).flag("--jwt-secret-file", "jwt");
    refused(&by_flag, "JWT_SECRET", why, "jwt, named by the command line", fix);
}

#[test]
fn a_published_jwt_secret_is_rejected() {
    let desk = Desk::production().env("JWT_SECRET", "").file(".env", "JWT_SECRET=your-super-secret-jwt-key\n");
    let fix = DRAW_INTO_ENV.replace("NAME", "JWT_SECRET");
    refused(&desk, "JWT_SECRET", "is a published example", ".env, line 1", &fix);
}

#[test]
fn a_guessable_previous_jwt_secret_is_rejected() {
    let desk = Desk::production().env("JWT_SECRET_PREVIOUS", "your-super-secret-jwt-key");
    let why = "is a published example";
    refused(&desk, "JWT_SECRET_PREVIOUS", why, "the environment", "unset JWT_SECRET_PREVIOUS");
}

#[test]
fn a_missing_encryption_key_is_rejected() {
    let desk = Desk::production().env("ENCRYPTION_KEY", "");
    let fix = DRAW_INTO_ENV.replace("NAME", "ENCRYPTION_KEY");
    refused(&desk, "ENCRYPTION_KEY", "is not set", "the default (generated in development)", &fix);
}

#[test]
fn an_encryption_key_of_less_than_32_bytes_is_rejected_everywhere() {
    // 31 bytes, and then 32 equal ones.
    let desk = Desk::production().env("ENCRYPTION_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ==");
    let problems = desk.problems();
    assert_has(&problems[0].to_string(), &["ENCRYPTION_KEY: must be 32 random bytes in base64"]);
    assert_eq!(
        problems[0].fix.as_deref(),
        Some("write the value of ENCRYPTION_KEY again as it was generated, on one line")
    );
    assert_eq!(problems.len(), 1);
    let desk = Desk::production().env("ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let rotate = "put a new key (`openssl rand -base64 32` prints one) in front of this one, with a comma between them";
    refused(&desk, "ENCRYPTION_KEY", "is a repeated or counting sequence", "the environment", rotate);
}

#[test]
fn secrets_of_services_that_can_be_guessed_are_rejected_and_not_printed() {
    const LONG: &str = "a-long-secret-of-a-service:with-a-colon";
    Desk::production().env("API_CLIENTS", &format!("shop:{LONG}, shop:{LONG}x,mill:{LONG}y")).config();
    for (clients, why) in [
        (format!("shop:{LONG},mill:hushhush"), "has a secret that is shorter than 32 characters"),
        (format!("shop:{},mill:{LONG}", "hush".repeat(10)), "has a secret that is a repeated or counting sequence"),
        ("hushhush".to_owned(), "must be pairs `id:secret`"),
        (format!("shop:{LONG},hushhush:"), "must be pairs `id:secret`"),
        (format!("shop:{LONG},:hushhush"), "must be pairs `id:secret`"),
    ] {
        let errors = Desk::production().env("API_CLIENTS", &clients).errors();
        assert_has(&errors, &["1 problem", "API_CLIENTS", why]);
        assert!(!errors.contains("hush"), "{errors}");
    }
    let desk = Desk::new().env("API_CLIENTS", "shop:short");
    assert_has(&desk.warnings(), &["API_CLIENTS: has a secret that is shorter than 32 characters"]);
}

#[test]
fn no_documentation_page_contains_a_secret_accepted_in_production() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = vec![root.join("README.md")];
    for folder in ["docs", "docs/quickstart"] {
        pages.extend(fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    for page in pages.into_iter().filter(|page| page.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(&page).unwrap();
        for name in ["JWT_SECRET", "ENCRYPTION_KEY", "API_CLIENTS"] {
            for said in text.split(&format!("{name}=")).skip(1) {
                let value = said.split(['\n', ' ', '"', '\'', '`']).next().unwrap();
                let taken = Desk::production().env(name, value).load().is_ok();
                assert!(!taken, "{}: {name}={value}", page.display());
            }
        }
    }
}

#[test]
fn a_readable_secret_file_is_rejected_however_it_is_given() {
    let bare = || Desk::production().env("JWT_SECRET", "").env("ENCRYPTION_KEY", "");
    let with_key = || Desk::production().env("JWT_SECRET", "");
    let named = with_key().file_with_mode("jwt", LONG_SECRET, 0o640).env("JWT_SECRET_FILE", "jwt");
    refused(&named, "JWT_SECRET_FILE", "is readable by other users", "jwt, named by the environment", "chmod 600 jwt");
    let both = format!("JWT_SECRET={LONG_SECRET}\nENCRYPTION_KEY={KEY}\n");
    let dotenv = bare().file_with_mode(".env", &both, 0o604);
    let origin = "ENCRYPTION_KEY: .env, line 2; JWT_SECRET: .env, line 1";
    refused(&dotenv, "ENCRYPTION_KEY, JWT_SECRET", "are in", origin, "chmod 600 .env");
    let toml = format!("# mine\njwt_secret = '{LONG_SECRET}'\n");
    let toml = with_key().file_with_mode("portcullis.toml", &toml, 0o644);
    refused(&toml, "JWT_SECRET", "is in", "portcullis.toml, line 2", "chmod 600 portcullis.toml");
    let url = "mongodb://user:hushhush@db.example.com/accounts";
    let database = Desk::production().file_with_mode("database", url, 0o644).env("DATABASE_URL_FILE", "database");
    refused(
        &database,
        "DATABASE_URL_FILE",
        "is readable by other users",
        "database, named by the environment",
        "chmod 600 database",
    );
    assert!(!database.errors().contains("hushhush"));
    // A file without secrets may be readable by all users.
    Desk::production().file_with_mode(".env", "APP_NAME=Shop\n", 0o644).config();
}

#[test]
fn secrets_of_development_that_others_can_read_are_rejected() {
    let desk = Desk::production();
    fs::create_dir(desk.path("data")).unwrap();
    let desk = desk.file_with_mode("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\n"), 0o644);
    refused(&desk, "data/secrets.env", "is readable by other users", "", "chmod 600 data/secrets.env");
}

#[test]
fn production_rejects_secrets_that_others_know() {
    for (name, value, why) in [
        ("JWT_SECRET", "your-super-secret-jwt-key", "is a published example"),
        ("JWT_SECRET", "31-bytes-are-not-enough-for-us.", "is shorter than 32 bytes"),
        ("JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "is a repeated or counting sequence"),
        ("ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "is a repeated or counting sequence"),
    ] {
        let errors = Desk::production().env(name, value).errors();
        assert_has(&errors, &["1 problem:", name, why]);
        assert!(!errors.contains(value));
        assert_has(&Desk::new().env(name, value).warnings(), &[name, why]);
    }
    // Configured key pairs need no secret.
    Desk::production().env("JWT_SECRET", "").env("JWT_ALGORITHM", "EdDSA").config();
}

#[test]
fn a_secret_file_that_others_can_read_is_rejected_in_production() {
    let with = |desk: Desk, mode| desk.file_with_mode("jwt", LONG_SECRET, mode).env("JWT_SECRET_FILE", "jwt");
    let production = || Desk::production().env("JWT_SECRET", "");
    with(production(), 0o400).config();
    assert_has(&with(production(), 0o644).errors(), &["JWT_SECRET_FILE: ", "is readable by other users", "chmod 600"]);
    assert_has(&with(Desk::new(), 0o644).warnings(), &["JWT_SECRET_FILE: ", "is readable by other users"]);
    let desk = production().file_with_mode(".env", &format!("JWT_SECRET={LONG_SECRET}\n"), 0o644);
    assert_has(&desk.errors(), &["JWT_SECRET: is in", ".env, which is readable by other users", "chmod 600"]);
}
