//! Settings rejected in production, one by one and together, each with its source and its fix.

mod careless;
mod list;
mod secrets;

use portcullis::{cli, config::ConfigProblem};

use super::{Desk, assert_has};

impl Desk {
    fn problems(&self) -> Vec<ConfigProblem> {
        self.load().unwrap_err().problems().to_vec()
    }

    /// Removes the folder's name, which differs in each run.
    fn shortened(&self, text: Option<&str>) -> String {
        text.unwrap_or_default().replace(&format!("{}/", self.dir.path().display()), "")
    }
}

/// Checks that production rejects this one setting, both at startup and in `config check`, and that development accepts
/// it.
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

#[test]
fn a_public_url_without_tls_is_rejected() {
    let desk = Desk::production().env("PUBLIC_URL", "").flag("--public-url", "http://accounts.example.com/a");
    let fix = "--public-url https://accounts.example.com/a";
    refused(&desk, "PUBLIC_URL", "is http://accounts.example.com/a, not https", "the command line", fix);
    let desk = Desk::production().env("PUBLIC_URL", "").file(".env", "APP_DOMAIN=localhost:8000\n");
    let origin = "PUBLIC_URL: the default (from `APP_DOMAIN`, else `http://localhost:PORT`); APP_DOMAIN: .env, line 1";
    let fix = "PUBLIC_URL=https://accounts.example.com";
    refused(&desk, "PUBLIC_URL", "is http://localhost:8000, not https", origin, fix);
}

#[test]
fn no_mail_server_is_rejected() {
    let desk = Desk::production().env("MAIL_SERVER", "");
    refused(&desk, "MAIL_SERVER", "is not set", "the default (none)", "MAIL_SERVER=smtp.example.com");
}

#[test]
fn mail_without_tls_is_rejected_to_all_but_loopback() {
    let desk = Desk::production().file("portcullis.toml", "mail_starttls = false\n");
    let origin =
        "MAIL_STARTTLS: portcullis.toml, line 1; MAIL_SSL_TLS: the default (`on` if `MAIL_PORT` is 465, else `off`)";
    refused(&desk, "MAIL_STARTTLS", "and MAIL_SSL_TLS are both off", origin, "mail_starttls = \"on\"");
    for server in ["localhost", "127.0.0.1", "::1"] {
        Desk::production().env("MAIL_STARTTLS", "off").env("MAIL_SERVER", server).config();
    }
    Desk::production().env("MAIL_SSL_TLS", "on").config();
}

#[test]
fn mail_without_a_verified_server_is_rejected_except_to_loopback() {
    let desk = Desk::production().file(".env", "VALIDATE_CERTS=false\n");
    refused(&desk, "VALIDATE_CERTS", "anyone could impersonate MAIL_SERVER", ".env, line 1", "VALIDATE_CERTS=on");
    Desk::production().env("VALIDATE_CERTS", "false").env("MAIL_SERVER", "localhost").config();
}

#[test]
fn the_development_mailbox_is_rejected() {
    let desk = Desk::production().flag("--dev-mailbox", "on");
    refused(&desk, "DEV_MAILBOX", "is on: emails would be shown", "the command line", "--dev-mailbox off");
}

#[test]
fn limits_that_are_off_are_rejected_and_limits_that_only_observe_are_not() {
    let desk = Desk::production().env("RATE_LIMIT_MODE", "off");
    refused(&desk, "RATE_LIMIT_MODE", "is off", "the environment", "RATE_LIMIT_MODE=enforce");
    for mode in ["enforce", "observe"] {
        Desk::production().env("RATE_LIMIT_MODE", mode).config();
    }
}

#[test]
fn cors_for_every_origin_is_rejected() {
    let desk = Desk::production().env("CORS_ALLOWED_ORIGINS", "*");
    let fix = "CORS_ALLOWED_ORIGINS=https://app.example.com";
    refused(&desk, "CORS_ALLOWED_ORIGINS", "allows all origins (`*`)", "the environment", fix);
    let desk = Desk::production().file("portcullis.toml", "cors_allowed_origins = ['https://a.example.com', '*']\n");
    let fix = "cors_allowed_origins = \"https://a.example.com\"";
    refused(&desk, "CORS_ALLOWED_ORIGINS", "allows all origins (`*`)", "portcullis.toml, line 1", fix);
}

#[test]
fn cheap_hashes_are_rejected_and_the_fix_is_the_minimum_for_the_iterations() {
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
fn trusting_every_proxy_or_allowing_too_many_guesses_is_rejected() {
    for (every, named) in [("0.0.0.0/0", "127.0.0.1"), ("10.0.0.0/8,::/0", "10.0.0.0/8")] {
        let desk = Desk::production().env("TRUSTED_PROXIES", every);
        let fix = format!("TRUSTED_PROXIES={named}");
        refused(&desk, "TRUSTED_PROXIES", "trusts more than half of all addresses", "the environment", &fix);
    }
    Desk::production().env("TRUSTED_PROXIES", "10.0.0.0/8,::1").config();
    let desk = Desk::production().env("LIMIT_PASSWORDS_ACCOUNT", "101/24h");
    refused(&desk, "LIMIT_PASSWORDS_ACCOUNT", "more than 100", "the environment", "LIMIT_PASSWORDS_ACCOUNT=5/24h");
    Desk::production().env("LIMIT_PASSWORDS_ACCOUNT", "100/24h").config();
}

#[test]
fn short_passwords_are_rejected() {
    let desk = Desk::production().env("PASSWORD_MIN_LENGTH", "7");
    refused(&desk, "PASSWORD_MIN_LENGTH", "is less than 8", "the environment", "PASSWORD_MIN_LENGTH=8");
    Desk::production().env("PASSWORD_MIN_LENGTH", "8").config();
}

#[test]
fn a_mongodb_without_credentials_is_rejected_and_no_secret_of_its_url_is_shown() {
    let url = "mongodb://db.example.com/accounts?tlsCertificateKeyFilePassword=hushhush";
    let desk = Desk::production().env("MONGO_URL", url);
    let fix = "DATABASE_URL=mongodb://USER:PASSWORD@db.example.com/accounts?…";
    let origin =
        "DATABASE_URL: the default (`MONGO_URL`, else `sqlite://DATA_DIR/portcullis.db`); MONGO_URL: the environment";
    refused(&desk, "DATABASE_URL", "has no user", origin, fix);
    assert!(!desk.errors().contains("hushhush"));
}

#[test]
fn sms_to_every_country_are_rejected() {
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

#[test]
fn production_rejects_a_mongodb_without_credentials_on_its_network() {
    let open = Desk::production().env("DATABASE_URL", "mongodb://db.example.com/accounts").errors();
    assert_has(&open, &["DATABASE_URL: has no user"]);
    for good in ["mongodb://u:p@db.example.com/accounts", "mongodb://localhost:27017,127.0.0.1:27018/accounts"] {
        Desk::production().env("DATABASE_URL", good).config();
    }
}

#[test]
fn production_rejects_mail_that_others_can_read() {
    for (name, value) in [("MAIL_STARTTLS", "off"), ("VALIDATE_CERTS", "off")] {
        assert_has(&Desk::production().env(name, value).errors(), &["1 problem:", name]);
        Desk::production().env(name, value).env("MAIL_SERVER", "127.0.0.1").config();
    }
}

#[test]
fn the_floor_of_argon2_is_any_of_the_five_pairs() {
    let desk = |memory: &str, iterations: &str| {
        Desk::production().env("ARGON2_MEMORY_KIB", memory).env("ARGON2_ITERATIONS", iterations)
    };
    for (memory, iterations) in [("47104", "1"), ("19456", "2"), ("12288", "3"), ("9216", "4"), ("7168", "5")] {
        desk(memory, iterations).config();
    }
    for (memory, iterations) in [("47103", "1"), ("12288", "2"), ("9216", "3"), ("7168", "4"), ("7167", "50")] {
        assert_has(&desk(memory, iterations).errors(), &["1 problem:", "ARGON2_MEMORY_KIB"]);
    }
    let errors = Desk::new().env("ARGON2_MEMORY_KIB", "31").env("ARGON2_PARALLELISM", "4").errors();
    assert_has(&errors, &["ARGON2_MEMORY_KIB: must be at least 8 per lane"]);
}
