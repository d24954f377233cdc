//! What production refuses, one by one and all at once; each with where it comes from and the line that mends it.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use portcullis::{cli, config::ConfigProblem};

use super::{Desk, KEY, LONG_SECRET, assert_has};

impl Desk {
    fn problems(&self) -> Vec<ConfigProblem> {
        self.load().unwrap_err().problems().to_vec()
    }

    /// The folder's name, which no test can know before, is left out.
    fn shortened(&self, text: Option<&str>) -> String {
        text.unwrap_or_default().replace(&format!("{}/", self.dir.path().display()), "")
    }
}

/// Production refuses this one thing, at the start and when it is asked; development does not.
#[track_caller]
fn refused(desk: &Desk, name: &str, why: &str, origin: &str, fix: &str) {
    let problems = desk.problems();
    let [problem] = problems.as_slice() else { panic!("{problems:#?}") };
    assert_eq!(desk.shortened(Some(&problem.name)), name);
    assert!(problem.text.contains(why) && problem.text.ends_with("(refused in production)"), "{}", problem.text);
    assert_eq!(desk.shortened(problem.origin.as_deref()), origin);
    assert_eq!(desk.shortened(problem.fix.as_deref()), fix);
    let (code, told) = desk.run(cli::check);
    assert_eq!((code, told.trim_end()), (1, desk.errors().as_str()), "the check says what the start says");
    let sources = portcullis::config::Sources { env: development(&desk.env), ..desk.sources() };
    let loaded = portcullis::config::load(sources, &portcullis_core::random::SeededRandom::new(7));
    loaded.unwrap_or_else(|errors| panic!("development refuses it, too: {errors}"));
}

fn development(env: &[(String, String)]) -> Vec<(String, String)> {
    env.iter().cloned().chain([("ENVIRONMENT".to_owned(), "development".to_owned())]).collect()
}

const DRAW_INTO_ENV: &str = "(umask 077; printf '\\nNAME=%s\\n' \"$(openssl rand -base64 32)\" >> .env)";

#[test]
fn a_missing_jwt_secret_is_refused_where_the_algorithm_needs_one() {
    let desk = Desk::production().env("JWT_SECRET", "");
    let fix = DRAW_INTO_ENV.replace("NAME", "JWT_SECRET");
    let problem = "the default (generated in development)";
    refused(&desk, "JWT_SECRET", "is not set", problem, &fix);
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        Desk::production().env("JWT_SECRET", "").env("JWT_ALGORITHM", algorithm).config();
    }
}

#[test]
fn a_short_jwt_secret_is_refused_wherever_it_stands() {
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
    refused(&by_file, "JWT_SECRET", why, "jwt, named by the environment", "openssl rand -base64 32 > jwt");
    let by_flag = bare().file("jwt", SHORT).flag("--jwt-secret-file", "jwt");
    refused(&by_flag, "JWT_SECRET", why, "jwt, named by the command line", "openssl rand -base64 32 > jwt");
}

#[test]
fn a_published_jwt_secret_is_refused() {
    let desk = Desk::production().env("JWT_SECRET", "").file(".env", "JWT_SECRET=your-super-secret-jwt-key\n");
    let fix = DRAW_INTO_ENV.replace("NAME", "JWT_SECRET");
    refused(&desk, "JWT_SECRET", "is a published example", ".env, line 1", &fix);
}

#[test]
fn an_old_jwt_secret_that_can_be_guessed_is_refused_and_had_better_go() {
    let desk = Desk::production().env("JWT_SECRET_PREVIOUS", "your-super-secret-jwt-key");
    let why = "is a published example";
    refused(&desk, "JWT_SECRET_PREVIOUS", why, "the environment", "unset JWT_SECRET_PREVIOUS");
}

#[test]
fn a_missing_encryption_key_is_refused() {
    let desk = Desk::production().env("ENCRYPTION_KEY", "");
    let fix = DRAW_INTO_ENV.replace("NAME", "ENCRYPTION_KEY");
    refused(&desk, "ENCRYPTION_KEY", "is not set", "the default (generated in development)", &fix);
}

#[test]
fn an_encryption_key_of_less_than_32_bytes_is_refused_everywhere() {
    // 31 bytes, and then 32 of them that are all the same.
    let desk = Desk::production().env("ENCRYPTION_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ==");
    let problems = desk.problems();
    assert_has(&problems[0].to_string(), &["ENCRYPTION_KEY: must be 32 random bytes in base64"]);
    assert_eq!(problems[0].fix.as_deref(), Some("export ENCRYPTION_KEY=\"$(openssl rand -base64 32)\""));
    assert_eq!(problems.len(), 1);
    let desk = Desk::production().env("ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let export = "export ENCRYPTION_KEY=\"$(openssl rand -base64 32)\"";
    refused(&desk, "ENCRYPTION_KEY", "repeats a single byte", "the environment", export);
}

#[test]
fn no_page_of_ours_prints_a_secret_that_production_takes() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = vec![root.join("README.md")];
    for folder in ["docs", "docs/quickstart"] {
        pages.extend(fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    for page in pages.into_iter().filter(|page| page.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(&page).unwrap();
        for name in ["JWT_SECRET", "ENCRYPTION_KEY"] {
            for said in text.split(&format!("{name}=")).skip(1) {
                let value = said.split(['\n', ' ', '"', '\'', '`']).next().unwrap();
                let taken = Desk::production().env(name, value).load().is_ok();
                assert!(!taken, "{}: {name}={value}", page.display());
            }
        }
    }
}

#[test]
fn a_public_url_without_tls_is_refused() {
    let desk = Desk::production().env("PUBLIC_URL", "").flag("--public-url", "http://accounts.example.com/a");
    let fix = "--public-url https://accounts.example.com/a";
    refused(&desk, "PUBLIC_URL", "is http://accounts.example.com/a, not https", "the command line", fix);
    let desk = Desk::production().env("PUBLIC_URL", "").file(".env", "APP_DOMAIN=localhost:8000\n");
    let origin = "PUBLIC_URL: the default (from `APP_DOMAIN`, else `http://127.0.0.1:PORT`); APP_DOMAIN: .env, line 1";
    let fix = "PUBLIC_URL=https://accounts.example.com";
    refused(&desk, "PUBLIC_URL", "is http://localhost:8000, not https", origin, fix);
}

#[test]
fn no_mail_server_is_refused() {
    let desk = Desk::production().env("MAIL_SERVER", "");
    refused(&desk, "MAIL_SERVER", "is not set", "the default (none)", "MAIL_SERVER=smtp.example.com");
}

#[test]
fn mail_without_tls_is_refused_to_all_but_loopback() {
    let desk = Desk::production().file("portcullis.toml", "mail_starttls = false\n");
    let origin = "MAIL_STARTTLS: portcullis.toml, line 1; MAIL_SSL_TLS: the default (off)";
    refused(&desk, "MAIL_STARTTLS", "and MAIL_SSL_TLS are both off", origin, "mail_starttls = \"on\"");
    for server in ["localhost", "127.0.0.1", "::1"] {
        Desk::production().env("MAIL_STARTTLS", "off").env("MAIL_SERVER", server).config();
    }
    Desk::production().env("MAIL_SSL_TLS", "on").config();
}

#[test]
fn mail_to_anybody_who_poses_as_the_server_is_refused_to_all_but_loopback() {
    let desk = Desk::production().file(".env", "VALIDATE_CERTS=false\n");
    refused(&desk, "VALIDATE_CERTS", "anyone could impersonate MAIL_SERVER", ".env, line 1", "VALIDATE_CERTS=on");
    Desk::production().env("VALIDATE_CERTS", "false").env("MAIL_SERVER", "localhost").config();
}

#[test]
fn the_development_mailbox_is_refused() {
    let desk = Desk::production().flag("--dev-mailbox", "on");
    refused(&desk, "DEV_MAILBOX", "is on: emails would be shown", "the command line", "--dev-mailbox off");
}

#[test]
fn limits_that_are_off_are_refused_and_limits_that_only_observe_are_not() {
    let desk = Desk::production().env("RATE_LIMIT_MODE", "off");
    refused(&desk, "RATE_LIMIT_MODE", "is off", "the environment", "RATE_LIMIT_MODE=enforce");
    for mode in ["enforce", "observe"] {
        Desk::production().env("RATE_LIMIT_MODE", mode).config();
    }
}

#[test]
fn an_answer_to_every_page_is_refused() {
    let desk = Desk::production().env("CORS_ALLOWED_ORIGINS", "*");
    let fix = "CORS_ALLOWED_ORIGINS=https://app.example.com";
    refused(&desk, "CORS_ALLOWED_ORIGINS", "allows all origins (`*`)", "the environment", fix);
    let desk = Desk::production().file("portcullis.toml", "cors_allowed_origins = ['https://a.example.com', '*']\n");
    let fix = "cors_allowed_origins = \"https://a.example.com\"";
    refused(&desk, "CORS_ALLOWED_ORIGINS", "allows all origins (`*`)", "portcullis.toml, line 1", fix);
}

#[test]
fn cheap_hashes_are_refused_and_what_mends_them_is_the_floor_for_that_many_iterations() {
    for (iterations, enough) in [(1, 47104), (2, 19456), (3, 12288), (4, 9216), (5, 7168), (9, 7168)] {
        let desk = Desk::production().env("ARGON2_ITERATIONS", &iterations.to_string());
        let desk = desk.file(".env", &format!("\nARGON2_MEMORY_KIB={}\n", enough - 1));
        let origin = "ARGON2_MEMORY_KIB: .env, line 2; ARGON2_ITERATIONS: the environment";
        let fix = format!("ARGON2_MEMORY_KIB={enough}");
        refused(&desk, "ARGON2_MEMORY_KIB", "is below the OWASP minimum", origin, &fix);
        desk.env("ARGON2_MEMORY_KIB", &enough.to_string()).config();
    }
}

#[test]
fn whoever_trusts_everybody_or_lets_everybody_guess_is_refused() {
    for (every, named) in [("0.0.0.0/0", "127.0.0.1"), ("10.0.0.0/8,::/0", "10.0.0.0/8")] {
        let desk = Desk::production().env("TRUSTED_PROXIES", every);
        let fix = format!("TRUSTED_PROXIES={named}");
        refused(&desk, "TRUSTED_PROXIES", "trusts every address", "the environment", &fix);
    }
    Desk::production().env("TRUSTED_PROXIES", "10.0.0.0/8,::1").config();
    let desk = Desk::production().env("LIMIT_PASSWORDS_ACCOUNT", "101/24h");
    refused(&desk, "LIMIT_PASSWORDS_ACCOUNT", "more than 100", "the environment", "LIMIT_PASSWORDS_ACCOUNT=5/24h");
    Desk::production().env("LIMIT_PASSWORDS_ACCOUNT", "100/24h").config();
}

#[test]
fn short_passwords_are_refused() {
    let desk = Desk::production().env("PASSWORD_MIN_LENGTH", "7");
    refused(&desk, "PASSWORD_MIN_LENGTH", "is less than 8", "the environment", "PASSWORD_MIN_LENGTH=8");
    Desk::production().env("PASSWORD_MIN_LENGTH", "8").config();
}

#[test]
fn a_file_with_a_secret_that_others_can_read_is_refused_in_whatever_way_it_is_named() {
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
    // What is no secret may stand where everybody reads it.
    Desk::production().file_with_mode(".env", "APP_NAME=Shop\n", 0o644).config();
}

#[test]
fn a_mongodb_that_anybody_can_write_to_is_refused_and_nothing_of_its_url_is_shown_that_may_be_secret() {
    let url = "mongodb://db.example.com/accounts?tlsCertificateKeyFilePassword=hushhush";
    let desk = Desk::production().env("MONGO_URL", url);
    let fix = "DATABASE_URL=mongodb://USER:PASSWORD@db.example.com/accounts?…";
    let origin =
        "DATABASE_URL: the default (`MONGO_URL`, else `sqlite://DATA_DIR/portcullis.db`); MONGO_URL: the environment";
    refused(&desk, "DATABASE_URL", "has no user", origin, fix);
    assert!(!desk.errors().contains("hushhush"));
}

#[test]
fn secrets_of_development_that_others_can_read_are_refused() {
    let desk = Desk::production();
    fs::create_dir(desk.path("data")).unwrap();
    let desk = desk.file_with_mode("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\n"), 0o644);
    refused(&desk, "data/secrets.env", "is readable by other users", "", "chmod 600 data/secrets.env");
}

#[test]
fn sms_to_every_country_are_refused() {
    let twilio = |sid: &str| {
        let desk = Desk::production().env("TWILIO_SID", sid).env("TWILIO_AUTH_TOKEN", "t");
        desk.env("TWILIO_NUMBER", "+15005550006")
    };
    let desk = twilio("AC123");
    let why = "is required with TWILIO_SID";
    refused(&desk, "SMS_COUNTRIES", why, "the default (none)", "SMS_COUNTRIES=US,CA");
    twilio("AC123").env("SMS_COUNTRIES", "DE").config();
    let placeholder = twilio("your-twilio-sid").env("SMS_COUNTRIES", "DE");
    let fix = "TWILIO_SID=AC0123456789abcdef0123456789abcdef";
    refused(&placeholder, "TWILIO_SID", "is not an account SID", "the environment", fix);
}

/// A folder in which everything is wrong that can be.
fn ruin() -> Desk {
    let dotenv = "JWT_SECRET=your-super-secret-jwt-key\nAPP_DOMAIN=localhost:8000\nVALIDATE_CERTS=false\n\
                  MAIL_STARTTLS=false\nMAIL_SERVER=smtp.example.com\nTWILIO_SID=AC123\nTWILIO_NUMBER=+15005550006\n\
                  DEV_MAILBOX=on\nPORT=many\n";
    let toml = "argon2_memory_kib = 19455\npassword_min_length = 7\nrate_limit_mode = 'off'\n\
                cors_allowed_origins = ['*']\nenvironment = 'production'\n";
    let desk = Desk::new().file_with_mode(".env", dotenv, 0o644).file("portcullis.toml", toml);
    desk.file_with_mode("twilio", "token\n", 0o644).flag("--twilio-auth-token-file", "twilio")
}

#[test]
fn whatever_is_wrong_is_one_list_in_which_each_entry_says_where_it_stands_and_what_mends_it() {
    let desk = ruin();
    let problems = desk.problems();
    let names: Vec<&str> = problems.iter().map(|problem| problem.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "PORT",
            "TWILIO_AUTH_TOKEN_FILE",
            "JWT_SECRET",
            "PUBLIC_URL",
            "CORS_ALLOWED_ORIGINS",
            "ENCRYPTION_KEY",
            "JWT_SECRET",
            "PASSWORD_MIN_LENGTH",
            "ARGON2_MEMORY_KIB",
            "RATE_LIMIT_MODE",
            "DEV_MAILBOX",
            "MAIL_STARTTLS",
            "VALIDATE_CERTS",
            "SMS_COUNTRIES",
        ]
    );
    for problem in &problems {
        assert!(problem.origin.is_some() && problem.fix.is_some(), "{problem:?}");
        assert!(!problem.text.contains("super-secret"));
    }
    assert!(!desk.path("data").exists(), "nothing is made when something is wrong");
}

#[test]
fn the_lines_that_mend_it_mend_it() {
    let desk = ruin();
    // Not every machine has OpenSSL.
    fs::create_dir(desk.path("bin")).unwrap();
    let desk = desk.file_with_mode("bin/openssl", "#!/bin/sh\nhead -c 32 /dev/urandom | base64\n", 0o700);
    for problem in desk.problems() {
        let fix = problem.fix.unwrap();
        let is_setting = fix
            .split_once('=')
            .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_uppercase() || b"_0123456789".contains(&b)));
        if is_setting {
            append(&desk, ".env", &fix);
        } else if let Some((name, _)) = fix.split_once(" = ") {
            let text = fs::read_to_string(desk.path("portcullis.toml")).unwrap();
            let lines = text.lines().map(|line| if line.starts_with(name) { fix.as_str() } else { line });
            fs::write(desk.path("portcullis.toml"), lines.collect::<Vec<_>>().join("\n")).unwrap();
        } else {
            let script = format!("PATH=\"$PWD/bin:$PATH\"; {fix}");
            let done = Command::new("sh").args(["-c", &script]).current_dir(desk.dir.path()).status().unwrap();
            assert!(done.success(), "{fix}");
        }
    }
    let (code, told) = desk.run(cli::check);
    assert_eq!((code, told.as_str()), (0, "The configuration is valid for production.\n"));
    let mode = fs::metadata(desk.path(".env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

fn append(desk: &Desk, file: &str, line: &str) {
    let text = fs::read_to_string(desk.path(file)).unwrap();
    fs::write(desk.path(file), format!("{text}\n{line}\n")).unwrap();
}
